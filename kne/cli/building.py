"""An event from the flags of `kne send event`: attributes, and data from fields, text or a file.

Field paths are those of `kn event`: dots go down, `\\.` is a dot in a name.  A value is JSON-typed
if it reads as a number, true or false; `path:=json` gives anything else; --raw-field is a text.
"""

import json
import math
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

NAME = re.compile(r"[a-z0-9]+")
JSON_TYPE = "application/json"
SUFFIXES = {
    ".json": JSON_TYPE,
    ".xml": "application/xml",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".html": "text/html",
}


def random_id() -> str:
    """An id for an event that was given none."""
    import uuid

    return str(uuid.uuid4())


def body(data: str | None, typed: Sequence[str], raw: Sequence[str]) -> tuple[bytes | None, str]:
    """The event's data, None if it has none, and its content type."""
    if data is None and not typed and not raw:
        return None, ""
    if data is None:
        return json.dumps(fields(typed, raw), ensure_ascii=False).encode(), JSON_TYPE
    if typed or raw:
        raise typer.BadParameter("--data and fields cannot be given together")
    return content(data)


def fields(typed: Sequence[str], raw: Sequence[str]) -> dict[str, Any]:
    """The JSON object that `--field` and `--raw-field` describe."""
    found: dict[str, Any] = {}
    for text in typed:
        path, equals, value = text.partition("=")
        if not equals or not path.rstrip(":"):
            raise typer.BadParameter(f'"{text}" is not path=value or path:=json', param_hint="-f")
        if path.endswith(":"):
            _put(found, path[:-1], _json(value, text))
        else:
            _put(found, path, typed_value(value))
    for text in raw:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise typer.BadParameter(f'"{text}" is not path=value', param_hint="--raw-field")
        _put(found, path, value)
    return found


def typed_value(text: str) -> Any:
    """A number, true or false if the text is one in JSON, else the text."""
    try:
        value = json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return text  # 1e999 would be written as Infinity, which is not JSON
    return value if isinstance(value, bool | int | float) else text


def _json(value: str, text: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise typer.BadParameter(f'what stands after := in "{text}" is not JSON: {error}') from None


def _put(found: dict[str, Any], path: str, value: Any) -> None:
    *above, last = (part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", path))
    for name in above:
        found = found.setdefault(name, {})
        if not isinstance(found, dict):
            raise typer.BadParameter(f'"{path}": "{name}" is given a value of its own too')
    if isinstance(found.get(last), dict) and not isinstance(value, dict):
        raise typer.BadParameter(f'"{path}" is given a value, and fields of its own too')
    found[last] = value


def content(data: str) -> tuple[bytes, str]:
    """The bytes that `--data` means, and their likely content type.

    `@file` is that file, `-` is stdin, anything else the text itself.
    """
    if data == "-":
        read = sys.stdin.buffer.read()
        return read, _likely(read)
    if not data.startswith("@"):
        return data.encode(), _likely(data.encode())
    file = Path(data[1:])
    try:
        read = file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="--data") from error
    return read, SUFFIXES.get(file.suffix.lower()) or _likely(read)


def _likely(data: bytes) -> str:
    try:
        json.loads(data)
    except ValueError:
        pass
    else:
        return JSON_TYPE
    try:
        data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"


def extensions(given: Sequence[str]) -> dict[str, str]:
    """The attributes that `--ext name=value` names."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not NAME.fullmatch(name):
            raise typer.BadParameter(
                f'"{text}" is not name=value; a name has small letters and digits only',
                param_hint="--ext",
            )
        found[name] = value
    return found


def curl(url: str, attributes: Mapping[str, str], data: bytes | None) -> str:
    """A line for a shell that sends the event in binary mode."""
    words = ["curl", "-v", url]
    for name, value in attributes.items():
        header = "Content-Type" if name == "datacontenttype" else f"Ce-{name.capitalize()}"
        words += ["-H", f"{header}: {value}" if value else f"{header};"]
    if data is None:
        return shlex.join([*words, "-X", "POST"])
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return shlex.join([*words, "--data-raw", text])
    import base64

    encoded = base64.b64encode(data).decode()
    return f"printf %s {encoded} | base64 -d | {shlex.join([*words, '--data-binary', '@-'])}"
