"""kne's own log: what kne does, not what happens to events (the journal knows that).

Modules log through the standard library (`logging.getLogger(__name__)`); `start` says where it
goes and in which form.  Secrets are struck out of every line, whoever wrote it.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

_STRUCK_OUT = "[hidden]"
_SECRETS = (
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}"),
    re.compile(
        r"(?i)([\w-]*(?:password|passwd|secret|token|api[_-]?key)[\"']?\s*[=:]\s*)"
        r"(\"[^\"]*\"|'[^']*'|[^\s,;&}\"']+)"
    ),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
)
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest was given as `extra`."""


def start(
    form: Literal["text", "json"] = "text",
    level: int = logging.WARNING,
    *,
    to: TextIO | None = None,
) -> None:
    """Log from `level` on, to standard error unless another stream is given; replaces a former."""
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    logger = logging.getLogger("kne")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


def without_secrets(text: str) -> str:
    """The text with what looks like a password or a token struck out."""
    for secret in _SECRETS:
        text = secret.sub(rf"\1{_STRUCK_OUT}", text)
    return text


class _Text(logging.Formatter):
    """`14:02:11 warning control.processes: billing ended  code=1`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone()
        name = record.name.removeprefix("kne.")
        extra = "".join(f"  {key}={value}" for key, value in _extra(record).items())
        line = f"{at:%H:%M:%S} {record.levelname.lower()} {name}: {record.getMessage()}{extra}"
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        return without_secrets(line)


class _Json(logging.Formatter):
    """One JSON object a line; every text in it is free of secrets."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        clean = {key: without_secrets(f"{key}={it}")[len(key) + 1 :] if isinstance(it, str) else it
                 for key, it in fields.items()}  # fmt: skip
        return json.dumps(clean, ensure_ascii=False, default=str)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}
