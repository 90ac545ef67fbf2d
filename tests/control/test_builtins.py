"""The images that kne plays: what they print and answer."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from kne import clock
from kne.control.builtins import play
from kne.errors import KneError
from kne.event import Event
from kne.kinds.base import Builtin
from kne.plane.table import Answer, Handler, Headers, Request

NOON = datetime(2026, 6, 17, 12, 0, 1, tzinfo=UTC)
REQUIRED = {"specversion": "1.0", "id": "1", "type": "t", "source": "/s"}


class Image:
    """One image as it is played, and what it has printed."""

    def __init__(self, name: str, env: Mapping[str, str] | None = None) -> None:
        self.printed: list[str] = []
        builtin = Builtin(name, tuple((env or {}).items()))
        self.handler: Handler = play(
            builtin, "it", "http://it.default.svc.cluster.local", self._say
        )

    def _say(self, source: str, line: str) -> None:
        assert source == "it"
        self.printed.append(line)

    def take(
        self,
        data: bytes | None = None,
        *,
        headers: Headers = (),
        path: str = "",
        **attributes: str,
    ) -> Answer:
        async def send() -> Answer:
            return await self.handler.handle(event, headers, path)

        event = Event({**REQUIRED, **attributes}, data)
        return clock.run_virtual(send(), start=NOON)

    def ask(self, method: str, target: str = "/", headers: Headers = ()) -> Answer:
        async def send() -> Answer:
            assert self.handler.other is not None
            return await self.handler.other(Request(method, target, headers, b""))

        return clock.run_virtual(send())


def test_event_display_prints_what_the_image_prints() -> None:
    image = Image("event-display")
    answer = image.take(
        b'{"id":2,"label":"","list":[],"n":1.50}',
        subject="heart",
        time="2019-10-18T15:23:20.809775386Z",
        dataschema="http://schema.example/x",
        datacontenttype="application/json; charset=utf-8",
        the="42",
        beats="true",
    )
    assert answer == Answer(200)
    assert (
        "\n".join(image.printed)
        == """\
☁️  cloudevents.Event
Context Attributes,
  specversion: 1.0
  type: t
  source: /s
  subject: heart
  id: 1
  time: 2019-10-18T15:23:20.809775386Z
  dataschema: http://schema.example/x
  datacontenttype: application/json; charset=utf-8
Extensions,
  beats: true
  the: 42
Data,
  {
    "id": 2,
    "label": "",
    "list": [],
    "n": 1.50
  }"""
    )


def test_event_display_prints_no_more_than_there_is() -> None:
    image = Image("event_display")
    image.take()
    assert image.printed[1:] == [
        "Context Attributes,",
        "  specversion: 1.0",
        "  type: t",
        "  source: /s",
        "  id: 1",
    ]


@pytest.mark.parametrize(
    ("content_type", "data", "printed"),
    [
        ("application/json", b'{"a":1,', ['  {"a":1,']),
        ("text/json", b'{"a":1}', ['  {"a":1}']),
        ("application/xml", b"<a>\n</a>\n", ["  <a>", "</a>", ""]),
        ("text/plain", b"caf\xc3\xa9 \xff", ["  café \ufffd"]),
    ],
)
def test_event_display_prints_other_data_as_it_is(
    content_type: str, data: bytes, printed: list[str]
) -> None:
    image = Image("event-display")
    image.take(data, datacontenttype=content_type)
    assert image.printed[image.printed.index("Data,") + 1 :] == printed


def test_event_display_does_not_indent_data_without_a_content_type() -> None:
    image = Image("event-display")
    image.take(b'{"a":1}')
    assert image.printed[-1] == '  {"a":1}'


def test_event_display_prints_the_attributes_of_old_events() -> None:
    image = Image("event-display")
    image.take(specversion="0.3", schemaurl="/schema", dataschema="urn:x")
    assert "  schemaurl: /schema" in image.printed
    assert image.printed[-2:] == ["Extensions,", "  dataschema: urn:x"]


def test_event_display_refuses_an_invalid_event_and_does_not_print_it() -> None:
    image = Image("event-display")
    assert image.take(id="").status == 400
    assert image.printed == []


def test_event_display_answers_what_is_no_event_as_the_sdk_does() -> None:
    image = Image("event-display")
    json_type: Headers = (("content-type", "application/json"),)
    broken: Headers = (("content-type", "application/cloudevents+json; charset=utf-8"),)
    assert image.ask("GET", "/healthz").status == 204
    assert image.ask("GET", "/").status == 405
    assert image.ask("OPTIONS").status == 405
    assert image.ask("DELETE").status == 405
    assert image.ask("POST", headers=json_type).status == 415
    assert image.ask("POST", headers=broken).status == 500
    assert image.ask("POST", headers=(("ce-specversion", "1.0"),)).status == 500


def test_an_event_sent_to_the_health_check_is_not_printed() -> None:
    image = Image("event-display")
    assert image.take(path="/healthz").status == 204
    assert image.printed == []


def test_the_variant_of_the_article_prints_its_action_and_nothing_else() -> None:
    image = Image("event-display", {"ACTION": "drink water"})
    assert image.take(b"{}").status == 200
    assert image.printed == ["ACTION: drink water"]


def test_event_display_logs_requests_if_it_is_told_to() -> None:
    image = Image("event-display", {"REQUEST_LOGGING_ENABLED": "true"})
    image.take(b"<1>", headers=(("Prefer", "reply"),), path="/x?y=1", datacontenttype="text/plain")
    block = image.printed[: image.printed.index("}") + 1]
    assert block[0] == "2026/06/17 12:00:01 {"
    assert '  "method": "POST",' in block
    assert '    "Path": "/x",' in block
    assert '    "RawQuery": "y=1",' in block
    assert '    "Ce-Id": [' in block
    assert block.index('    "Content-Type": [') < block.index('    "Prefer": [')
    assert '  "body": "\\u003c1\\u003e",' in block
    assert '  "contentLength": 3,' in block
    assert image.printed[len(block)] == "☁️  cloudevents.Event"


@pytest.mark.parametrize("value", ["", "no", "TRue", "0"])
def test_event_display_does_not_log_requests_otherwise(value: str) -> None:
    image = Image("event-display", {"REQUEST_LOGGING_ENABLED": value})
    image.take()
    assert image.printed[0] == "☁️  cloudevents.Event"


def test_bytes_that_are_no_text_can_be_printed() -> None:
    image = Image("event-display")
    image.take(subject=b"\xff".decode("utf-8", "surrogateescape"))
    assert "  subject: \ufffd" in image.printed
    "\n".join(image.printed).encode()


def test_appender_answers_with_a_longer_message_and_another_type() -> None:
    image = Image("appender", {"MESSAGE": " - and <more>", "TYPE": "longer"})
    answer = image.take(
        b'{"ID": 7, "message": "hello", "other": {}}',
        datacontenttype="text/json",
        region="eu",
        time="2026-01-02T03:04:05.5Z",
    )
    assert answer.status == 200
    assert answer.event is not None
    assert dict(answer.event.attributes) == {
        **REQUIRED,
        "type": "longer",
        "datacontenttype": "application/json",
        "region": "eu",
        "time": "2026-01-02T03:04:05.5Z",
    }
    assert answer.event.data == b'{"id":7,"message":"hello - and \\u003cmore\\u003e"}'
    assert image.printed == [
        "2026/06/17 12:00:01 Received a new event: ",
        "2026/06/17 12:00:01 [2026-01-02 03:04:05.5 +0000 UTC] /s t: &{Sequence:7 Message:hello}",
        "2026/06/17 12:00:01 Transform the event to: ",
        "2026/06/17 12:00:01 [2026-01-02 03:04:05.5 +0000 UTC] /s longer: "
        "&{Sequence:7 Message:hello - and <more>}",
    ]


def test_appender_needs_neither_data_nor_variables() -> None:
    answer = Image("appender").take()
    assert answer.event is not None
    assert answer.event.type == "t"
    assert answer.event.data == (
        b'{"id":0,"message":"boring default msg, change me with env[MESSAGE]"}'
    )


@pytest.mark.parametrize("data", [b"null", b"{}", b'{"id":null,"message":null}'])
def test_appender_takes_null_for_nothing(data: bytes) -> None:
    answer = Image("appender", {"MESSAGE": "x"}).take(data)
    assert answer.event is not None
    assert answer.event.data == b'{"id":0,"message":"x"}'


@pytest.mark.parametrize(
    "data",
    [b"x", b"[]", b'"a"', b'{"id":1.0}', b'{"id":"1"}', b'{"id":true}', b'{"message":1}',
     b'{"id":9223372036854775808}', b'{"id":NaN}', b'{"message":"a"', b"[" * 100_000],
)  # fmt: skip
def test_appender_refuses_data_it_cannot_read(data: bytes) -> None:
    answer = Image("appender").take(data)
    assert answer.status == 400
    assert answer.event is None
    assert answer.body.startswith(b"got error while unmarshalling data: ")


def test_appender_refuses_data_of_another_type_and_invalid_events() -> None:
    image = Image("appender")
    assert image.take(b"{}", datacontenttype="text/plain").status == 400
    assert image.take(b"{}", id=" ").status == 400
    assert image.ask("GET", "/healthz").status == 405
    assert image.ask("POST").status == 415


def test_an_image_that_kne_does_not_play_is_refused() -> None:
    with pytest.raises(KneError) as caught:
        Image("sockeye")
    assert str(caught.value) == (
        "kne does not play sockeye\n  hint  it plays appender, event-display"
    )
