"""Whatever an event holds survives both modes, byte for byte; the SDK agrees where it is right."""

import contextlib
import json
import string

from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from kne.codec import binary, decode, structured
from kne.event import Event

VISIBLE = st.characters(blacklist_categories=("Cc", "Cs"))
TEXT = st.text(VISIBLE, min_size=1, max_size=30).map(str.strip).filter(bool)
NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
TAKEN = {"data", "specversion", "id", "source", "type", "subject", "time", "dataschema",
         "datacontenttype", "data_base64"}  # fmt: skip
SOURCES = st.text(string.ascii_letters + string.digits + "-._~/", min_size=1).map(
    lambda path: "/" + path.lstrip("/")
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    attributes = {
        "specversion": "1.0",
        "id": draw(TEXT),
        "source": draw(SOURCES),
        "type": draw(TEXT),
    }
    if draw(st.booleans()):
        attributes["subject"] = draw(TEXT)
    if draw(st.booleans()):
        attributes["datacontenttype"] = draw(
            st.sampled_from(["application/json", "text/plain", "application/octet-stream"])
        )
    for name in draw(st.lists(NAMES, max_size=4)):
        if name not in TAKEN:
            attributes[name] = draw(TEXT)
    return Event(attributes, draw(st.binary(max_size=200)) or None)


def headers_of(event: Event) -> list[tuple[bytes, bytes]]:
    lines = binary.encode(event.attributes).split(b"\r\n")
    return [(k, v.strip(b" \t")) for k, _, v in (line.partition(b": ") for line in lines) if k]


@given(events())
def test_binary_mode_loses_nothing(event: Event) -> None:
    assert decode(headers_of(event), event.data or b"").event == event


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(VISIBLE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(VISIBLE), inner),
)


@given(events(), JSON_VALUES)
def test_json_data_survives_structured_mode(event: Event, value: object) -> None:
    attributes = {**event.attributes, "datacontenttype": "application/json"}
    data = json.dumps(value, separators=(",", ":")).encode()
    sent = Event(attributes, data)
    assert structured.decode(structured.encode(sent)) == sent


@given(events().filter(lambda e: e.get("datacontenttype") == "text/plain"), st.text(VISIBLE))
def test_text_survives_structured_mode(event: Event, text: str) -> None:
    sent = Event(event.attributes, text.encode() or None)
    assert structured.decode(structured.encode(sent)) == sent


@given(events())
def test_the_sdk_reads_the_same_attributes_from_what_we_write(event: Event) -> None:
    attributes = {**event.attributes, "datacontenttype": "text/plain"}
    body = structured.encode(Event(attributes, b"text"))
    message = HTTPMessage({"content-type": "application/cloudevents+json"}, body)
    found = from_structured(message, JSONFormat())
    for name in ("id", "source", "type"):
        assert getattr(found, f"get_{name}")() == attributes[name]
    extensions = Event(attributes).extensions
    assert {k: found.get_extension(k) for k in extensions} == extensions
    assert found.get_data() in ("text", b"text")


@given(st.binary(max_size=300))
def test_no_body_makes_the_structured_reader_fall_over(body: bytes) -> None:
    headers = [(b"Content-Type", b"application/cloudevents+json")]
    with contextlib.suppress(ValueError):
        decode(headers, body)


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=8))
def test_no_header_makes_the_reader_fall_over(headers: list[tuple[bytes, bytes]]) -> None:
    with contextlib.suppress(ValueError):
        decode([(b"Ce-Specversion", b"1.0"), *headers], b"")
