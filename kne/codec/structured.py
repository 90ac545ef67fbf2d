"""Structured mode: the whole event is a JSON object (spec core A.1, A.4).

Python's `json` would parse `data` and write it anew; a broker may not.  So the members are walked
one by one, their values measured by the standard library's scanner, and `data` is cut out of the
text as it stands, white space included.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from kne.codec.binary import VERSIONS
from kne.codec.values import NAME, Malformed, time, uri_reference
from kne.event import CORE_0_3, CORE_1_0, Event

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"
JSON_TYPES = ("", "application/json", "text/json")

_SET_IF_EMPTY = ("id", "type", "datacontenttype")
"""Attributes whose empty value is refused later, rather than taken for unset."""

_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LIMIT_32 = 2**31


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class _Number(str):
    """A number with a fraction or an exponent, as it was written."""

    __slots__ = ()


_scan = json.JSONDecoder(parse_constant=_no_constant, parse_float=_Number).raw_decode


def decode(body: bytes) -> Event:
    """Read an event in JSON.

    Raises:
        Malformed: it is not JSON, or not an event.
    """
    text = body.decode("utf-8", "surrogateescape")
    members: dict[str, tuple[Any, str]] = {}
    try:
        for name, value, raw in _members(text):
            if name in members and name == "specversion":
                raise Malformed("specversion stands twice")
            members[name] = (value, raw)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not a JSON event: {error}") from None
    version = members.pop("specversion", (None, ""))[0]
    if version not in VERSIONS:
        raise Malformed(f"specversion {version!r} is unknown")
    data = members.pop("data", None)
    in_base64 = members.pop("data_base64", None) if version == "1.0" else None
    encoding = members.pop("datacontentencoding", None) if version == "0.3" else None
    attributes = {"specversion": version}
    core = CORE_1_0 if version == "1.0" else CORE_0_3
    for name, (value, _) in members.items():
        _set(attributes, name, value, name in core)
    payload = _data(data, in_base64, encoding, attributes.get("datacontenttype", ""))
    return Event(attributes, payload or None)


def encode(event: Event) -> bytes:
    """Write an event in JSON, as the broker does for `format: json` (spec core A.4).

    Raises:
        Malformed: the content type says JSON and the data is none.
    """
    attributes = dict(event.attributes)
    order = ("specversion", "id", "source", "type", "subject", "datacontenttype", "dataschema",
             "schemaurl", "time")  # fmt: skip
    parts = [_member(name, attributes.pop(name)) for name in order if name in attributes]
    if event.data:
        parts.append('"data":' + _data_text(event))
    parts += [_member(name, attributes[name]) for name in sorted(attributes)]
    return ("{" + ",".join(parts) + "}").encode("utf-8", "surrogateescape")


def _members(text: str) -> Iterator[tuple[str, Any, str]]:
    """Name, value and raw text (with the white space before it) of each member."""
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("it is not an object")
    at = _skip(text, at + 1)
    more = text[at : at + 1] != "}"
    while more:
        if text[at : at + 1] != '"':
            raise ValueError(f"a name is expected at character {at}")
        name, at = _scan(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError(f"a colon is expected at character {at}")
        start = at + 1
        value, at = _scan(text, _skip(text, start))
        yield name, value, text[start:at]
        at = _skip(text, at)
        more = text[at : at + 1] == ","
        if not more and text[at : at + 1] != "}":
            raise ValueError(f"a comma or }} is expected at character {at}")
        at = _skip(text, at + 1) if more else at
    if _skip(text, at + 1) != len(text):
        raise ValueError("something follows the object")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _set(attributes: dict[str, str], name: str, value: Any, core: bool) -> None:
    if core:
        _set_core(attributes, name, value)
        return
    if not NAME.match(name):
        raise Malformed(f"{name!r} cannot be an attribute's name")
    if value is None:
        return
    attributes[name.lower()] = _extension(name, value)


def _set_core(attributes: dict[str, str], name: str, value: Any) -> None:
    if value is None:
        value = ""
    if not isinstance(value, str) or isinstance(value, _Number):
        raise Malformed(f"{name} is not a string")
    if not value and name not in _SET_IF_EMPTY:
        return  # empty means unset
    if name == "time":
        value = time(value)
    elif name in ("source", "dataschema", "schemaurl"):
        value = uri_reference(name, value)
    attributes[name] = _well_formed(value)


def _extension(name: str, value: Any) -> str:
    """The text of an extension: numbers become 32-bit integers (spec core A.1)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | _Number):
        try:
            number = int(float(value)) if isinstance(value, str) else value
        except OverflowError:
            number = _LIMIT_32
        if not -_LIMIT_32 <= number < _LIMIT_32:
            raise Malformed(f"{name} does not fit into 32 bits")
        return str(number)
    if isinstance(value, str):
        return _well_formed(value)
    raise Malformed(f"{name} is neither text, number nor boolean")


def _data(data: Any, in_base64: Any, encoding: Any, content_type: str) -> bytes | None:
    """The bytes that `data` or `data_base64` stand for."""
    if in_base64 is not None:
        if data is not None:
            raise Malformed("data and data_base64 exclude each other")
        return _from_base64(in_base64[0])
    if data is None:
        return None
    value, raw = data
    if encoding and encoding[0] == "base64":
        return _from_base64(value)
    if content_type.partition(";")[0].strip() in JSON_TYPES:
        return str(raw).encode("utf-8", "surrogateescape")
    if not isinstance(value, str) or isinstance(value, _Number):
        raise Malformed(f"data of type {content_type} is not a string")
    return _well_formed(value).encode("utf-8", "surrogateescape")


def _from_base64(value: Any) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str) or isinstance(value, _Number):
        raise Malformed("base64 data is not a string")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"data is not base64: {error}") from None


def _well_formed(text: str) -> str:
    r"""Text without the lone surrogates of `\ud800` escapes; bytes that are not UTF-8 stay."""
    if _SURROGATE.search(text):
        return "".join(c if not _SURROGATE.match(c) or "\udc80" <= c <= "\udcff" else "\ufffd"
                       for c in text)  # fmt: skip
    return text


def _member(name: str, value: str) -> str:
    return f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}"


def _data_text(event: Event) -> str:
    text = (event.data or b"").decode("utf-8", "surrogateescape")
    if event.get("datacontenttype").partition(";")[0].strip() not in JSON_TYPES:
        return json.dumps(text, ensure_ascii=False)
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"data is not JSON: {error}") from None
    return _compact(text)


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+', re.DOTALL)


def _compact(text: str) -> str:
    """JSON text without the white space between its tokens."""
    return "".join(_TOKEN.findall(text))
