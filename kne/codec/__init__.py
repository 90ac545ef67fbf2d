"""CloudEvents over HTTP: what a message is, and the event in it (spec core, appendix A)."""

from collections.abc import Iterable
from typing import NamedTuple

from kne.codec import binary, structured
from kne.codec.values import Malformed, NotAnEvent, media_type
from kne.event import Event

__all__ = ["Malformed", "Message", "NotAnEvent", "decode"]


class Message(NamedTuple):
    """A message that holds an event, and the header fields that travel with it.

    `passed` go on to the next hop as they are, `traced` is W3C trace context.
    """

    event: Event
    passed: tuple[tuple[str, str], ...]
    traced: dict[str, str]


def decode(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Message:
    """The event of a request or an answer, its values not judged yet (`binary.validate`).

    Raises:
        NotAnEvent: nothing says that this is one.
        Malformed: it says so, and cannot be read; batches too (spec core A.1).
    """
    fields, broken = binary.read(headers)
    content_type = fields.attributes.get("datacontenttype", "")
    if "cloudevents" in content_type.lower():
        kind = media_type(content_type)
        if kind == structured.CONTENT_TYPE:
            return Message(structured.decode(body), fields.passed, fields.traced)
        if kind == structured.BATCH_CONTENT_TYPE:
            raise Malformed("batches are not accepted here")
    if fields.attributes.get("specversion") not in binary.VERSIONS:
        raise NotAnEvent("no specversion 1.0 or 0.3")
    event = binary.decode(fields.attributes, body, broken=broken)
    return Message(event, fields.passed, fields.traced)
