"""A mock: stands in for a service that nobody serves, shows each event, and answers as told.

    status      the answer to every event; after `drop_first`, the answer to the dropped ones
    drop_first  so many events are refused first, with 503 unless `status` says otherwise
    delay       seconds to wait before each answer
    reply       the event to answer with

The words are those of upstream's test receiver (knative.dev/reconciler-test pkg/eventshub), whose
own refusal is 409; 503 is what a service that is down answers.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kne import clock
from kne.control.say import Say, printable
from kne.errors import KneError
from kne.event import ARRIVAL, TTL, Event
from kne.plane.table import Answer, Handle, Headers
from kne.settings.services import mock as judge
from kne.settings.values import Misfit

REFUSED = 503
_SHOWN = 200
"""Characters of data that are shown."""

_QUIET = frozenset({"specversion", "id", "type", "source", "subject", "time", "datacontenttype",
                    TTL, ARRIVAL})  # fmt: skip
"""Attributes that are not shown, or have a place of their own in the line."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a mock does.  `reply` holds the words of `kne.yaml`, None means no reply."""

    status: int = 202
    drop_first: int = 0
    refusal: int = REFUSED
    delay: float = 0.0
    reply: Mapping[str, Any] | None = None


def script(words: Mapping[str, Any] | None) -> Script:
    """Read what a mock is told.

    Raises:
        KneError: a word is unknown, or a value cannot be used.
    """
    try:
        found = judge(dict(words or {}))
    except Misfit as misfit:
        path = ".".join(map(str, ("mock", *misfit.at)))
        raise KneError(f"{path}: {misfit.message}", hint=misfit.hint) from None
    reply = found.get("reply")
    status = found.get("status")
    drops = found.get("drop_first", 0)
    answer = 200 if reply else 202
    return Script(
        status=answer if drops or status is None else status,
        drop_first=drops,
        refusal=status if drops and status is not None else REFUSED,
        delay=found.get("delay", 0.0),
        reply=reply,
    )


def mock(name: str, script: Script, say: Say) -> Handle:
    """A new mock, which has seen nothing yet."""
    seen = 0

    async def handle(event: Event, headers: Headers, path: str) -> Answer:
        nonlocal seen
        seen += 1
        dropped = seen <= script.drop_first
        status = script.refusal if dropped else script.status
        for line in _lines(event, status):
            say(name, line)
        if script.delay:
            await clock.sleep(script.delay)
        if dropped or script.reply is None:
            return Answer(status)
        return Answer(status, event=_reply(event, script.reply, name))

    return handle


def _reply(event: Event, words: Mapping[str, Any], name: str) -> Event:
    attributes = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": words.get("source", f"kne/mock/{name}"),
        "type": words["type"],
        "time": clock.rfc3339(clock.now_ns()),
    }
    data: bytes | None = None
    for attribute in words.get("copy", ()):
        if attribute == "data":
            data = event.data
            attribute = "datacontenttype"
        if attribute in event.attributes:
            attributes[attribute] = event[attribute]
    if "data" in words:
        data = json.dumps(words["data"], ensure_ascii=False, separators=(",", ":")).encode()
        attributes["datacontenttype"] = "application/json"
    return Event(attributes, data)


def _lines(event: Event, status: int) -> list[str]:
    """The event in one line, its data in a second one if it has any."""
    parts = [f"mock {status}", event.type, event.id, f"from {event.source}"]
    if subject := event.get("subject"):
        parts.append(f"subject {subject}")
    parts += [f"{name}={it}" for name, it in sorted(event.attributes.items()) if name not in _QUIET]
    lines = [printable("  ".join(parts))]
    if event.data:
        text = " ".join(event.data[: 4 * _SHOWN].decode("utf-8", "replace").split())
        cut = len(text) > _SHOWN or len(event.data) > 4 * _SHOWN
        lines.append(f"  {text[:_SHOWN]}{f' ... {len(event.data)} bytes' if cut else ''}")
    return lines
