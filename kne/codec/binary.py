"""Binary mode: attributes are header fields, data is the body (spec core A.1, A.3).

Reading is on the path of every event, so what a header name means is worked out once per name
and remembered; a value is only looked at where a rule of the specification asks for it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from kne.codec.values import NAME, Malformed, is_media_type, time, uri_reference
from kne.event import Event

VERSIONS = ("1.0", "0.3")

_PASSED = frozenset({"x-request-id", "retry-after"})
_PASSED_PREFIXES = ("knative-", "x-b3-")
_TRACED = frozenset({"traceparent", "tracestate", "baggage"})
_CONTENT_TYPE: Final = "datacontenttype"
_KEPT_NAMES = 4096


class Meaning(NamedTuple):
    """What a header name means to a broker; all empty means: nothing, it is dropped."""

    attribute: str = ""
    passed: str = ""
    traced: str = ""
    broken: str = ""


class Fields(NamedTuple):
    """The header fields of a message, sorted by what they are for.

    `attributes` are as they came, not judged yet; `passed` go on to the next hop (spec core 3.9);
    `traced` is W3C trace context.
    """

    attributes: dict[str, str]
    passed: tuple[tuple[str, str], ...]
    traced: dict[str, str]


_meanings: dict[bytes, Meaning] = {}  # a cache: what it holds follows from its keys alone


def _meaning(raw: bytes) -> Meaning:
    name = raw.decode("latin-1").lower()
    if name == "content-type":
        found = Meaning(attribute=_CONTENT_TYPE)
    elif name.startswith("ce-"):
        bare = name[3:]
        if not NAME.match(bare) or bare == _CONTENT_TYPE:
            found = Meaning(attribute=bare, broken=f"{bare!r} cannot be an attribute's name here")
        else:
            found = Meaning(attribute=bare)
    elif name in _PASSED or name.startswith(_PASSED_PREFIXES):
        found = Meaning(passed=canonical(name))
    elif name in _TRACED:
        found = Meaning(traced=name)
    else:
        found = Meaning()
    if len(_meanings) < _KEPT_NAMES:
        _meanings[raw] = found
    return found


def canonical(name: str) -> str:
    """A header name as Go writes it: `x-b3-traceid` becomes `X-B3-Traceid`."""
    return "-".join(part[:1].upper() + part[1:] for part in name.lower().split("-"))


def read(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Fields, str]:
    """Sort the header fields; the text says which attribute name is not allowed, if one is.

    The first of repeated attributes wins; all values of repeated passed-on fields are kept.
    """
    attributes: dict[str, str] = {}
    passed: list[tuple[str, str]] = []
    traced: dict[str, str] = {}
    broken = ""
    for raw, value in headers:
        attribute, name, trace, fault = _meanings.get(raw) or _meaning(raw)
        if attribute:
            broken = broken or fault
            if attribute not in attributes:
                attributes[attribute] = value.decode("utf-8", "surrogateescape")
        elif name:
            passed.append((name, value.decode("utf-8", "surrogateescape")))
        elif trace:
            traced.setdefault(trace, value.decode("utf-8", "surrogateescape"))
    return Fields(attributes, tuple(passed), traced), broken


def decode(attributes: dict[str, str], body: bytes, *, broken: str = "") -> Event:
    """Make the event of a binary message; takes the dictionary over.

    Raises:
        Malformed: a name or a value is not allowed.
    """
    if broken:
        raise Malformed(broken)
    version = attributes["specversion"]
    if not attributes.get("id", "x") or not attributes.get("type", "x"):
        raise Malformed("id and type may not be empty")
    if "time" in attributes:
        attributes["time"] = time(attributes["time"])
    schema = "dataschema" if version == "1.0" else "schemaurl"
    for name in ("source", schema):
        if attributes.get(name):
            attributes[name] = uri_reference(name, attributes[name])
    for name in ("subject", schema, _CONTENT_TYPE):
        if name in attributes and not attributes[name].strip():
            del attributes[name]
    return Event(attributes, body or None)


def validate(event: Event) -> None:
    """The rules that an ingress checks and a filter does not (spec core A.2).

    Raises:
        Malformed: one does not hold.
    """
    attributes = event.attributes
    if attributes.get("specversion") not in VERSIONS:
        raise Malformed(f"specversion {attributes.get('specversion', '')!r} is unknown")
    for name in ("id", "source", "type"):
        if not attributes.get(name, "").strip():
            raise Malformed(f"{name} is missing")
    content_type = attributes.get(_CONTENT_TYPE)
    if content_type is not None and not is_media_type(content_type):
        raise Malformed(f"datacontenttype is not a media type: {content_type!r}")
    schema = attributes.get("dataschema")
    if schema and ":" not in schema.partition("/")[0]:
        raise Malformed(f"dataschema is not an absolute URI: {schema!r}")


_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_heads: dict[str, str] = {}  # a cache, as above


def _head(name: str) -> str:
    found = "Content-Type: " if name == _CONTENT_TYPE else f"Ce-{name[:1].upper()}{name[1:]}: "
    if len(_heads) < _KEPT_NAMES:
        _heads[name] = found
    return found


def encode(attributes: Mapping[str, str]) -> bytes:
    """The header lines of an event, without an empty line at the end.

    Raises:
        Malformed: a value holds a control character; no HTTP request can carry it.
    """
    heads = _heads
    text = "\r\n".join([(heads.get(k) or _head(k)) + v for k, v in attributes.items()])
    breaks = len(attributes) - 1  # one more is a value that would start a header line of its own
    if _UNSENDABLE.search(text) or text.count("\r") != breaks or text.count("\n") != breaks:
        raise Malformed("an attribute holds a control character")
    return (text + "\r\n").encode("utf-8", "surrogateescape")


def wire(event: Event) -> bytes:
    """The header lines of an event, rendered once.

    Raises:
        Malformed: see `encode`.
    """
    found = event._wire
    if found is None:
        found = event._wire = encode(event.attributes)
    return found
