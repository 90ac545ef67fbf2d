"""What every place that takes events has in common, and what a sender adds to a request."""

from typing import NamedTuple, Protocol

from kne.event import Event
from kne.plane.journal import Flow
from kne.plane.table import Answer, Headers


class Stamp(NamedTuple):
    """The header fields a sender adds to every request, and the same as lines for the wire."""

    headers: Headers
    lines: bytes


def stamp(namespace: str, *, prefer_reply: bool) -> Stamp:
    """`Kn-Namespace`, and `Prefer: reply` where an answer may be an event (spec core 3.2)."""
    headers: Headers = (("Kn-Namespace", namespace),)
    if prefer_reply:
        headers += (("Prefer", "reply"),)
    return Stamp(headers, render(headers))


def render(headers: Headers) -> bytes:
    """Header fields as lines, each with its end."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers]).encode(
        "utf-8", "surrogateescape"
    )


class Receiver(Protocol):
    """Takes an event and answers: a broker, a channel, a trigger's filter, a service, a server."""

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        """Handle one event; `passed` are the header fields that go on with it (core 3.9).

        Never raises but for cancellation: what goes wrong is an answer, too.
        """
        ...  # a protocol has no body


ACCEPTED = Answer(202)
DONE = Answer(200)
BAD_REQUEST = Answer(400)
NOT_FOUND = Answer(404)
FAILED = Answer(500)
UNSENDABLE = Answer(-1, error="the event cannot be written as an HTTP request")
