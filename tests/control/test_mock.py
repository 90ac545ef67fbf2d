"""Mocks, in virtual time."""

import json
from typing import Any

import pytest

from kne import clock
from kne.control.mock import Script, mock, script
from kne.errors import KneError
from kne.event import Event
from kne.plane.table import Answer

ORDER = Event(
    {
        "specversion": "1.0",
        "id": "o-1",
        "type": "com.shop.order.created",
        "source": "/orders",
        "subject": "order/1",
        "region": "eu",
        "datacontenttype": "application/json",
        "knativearrivaltime": "2026-01-01T00:00:00Z",
    },
    b'{"amount":\n 25.50}',
)


class Screen:
    """Remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, source: str, line: str) -> None:
        self.lines.append((source, line))


def play(words: dict[str, Any], times: int = 1, event: Event = ORDER) -> tuple[Answer, ...]:
    """The answers of one mock to an event that comes several times."""
    handle = mock("crm", script(words), Screen())

    async def send() -> tuple[Answer, ...]:
        return tuple([await handle(event, (), "/") for _ in range(times)])

    return clock.run_virtual(send())


def test_an_event_is_shown_in_two_lines_and_answered_202() -> None:
    screen = Screen()
    answer = clock.run_virtual(_once(screen, ORDER))
    assert answer == Answer(202)
    assert screen.lines == [
        ("crm", "mock 202  com.shop.order.created  o-1  from /orders  subject order/1  region=eu"),
        ("crm", '  {"amount": 25.50}'),
    ]


def test_an_event_without_data_takes_one_line_and_long_data_is_cut() -> None:
    screen = Screen()
    clock.run_virtual(_once(screen, Event(ORDER.attributes)))
    assert len(screen.lines) == 1
    clock.run_virtual(_once(screen, Event(ORDER.attributes, b"\xff" + b"x" * 5000)))
    assert screen.lines[-1][1] == "  \ufffd" + "x" * 199 + " ... 5001 bytes"


async def _once(screen: Screen, event: Event) -> Answer:
    answer = await mock("crm", Script(), screen)(event, (), "/")
    assert isinstance(answer, Answer)
    return answer


def test_status_is_the_answer_to_every_event() -> None:
    assert [answer.status for answer in play({"status": 500}, 3)] == [500, 500, 500]


def test_the_first_events_are_dropped_with_503_and_later_ones_accepted() -> None:
    assert [answer.status for answer in play({"drop_first": 2}, 4)] == [503, 503, 202, 202]


def test_status_is_that_of_dropped_events_if_there_are_any() -> None:
    words = {"drop_first": 1, "status": 429, "reply": {"type": "t"}}
    first, second = play(words, 2)
    assert (first.status, first.event) == (429, None)
    assert second.status == 200
    assert second.event is not None


def test_each_mock_counts_for_itself() -> None:
    assert play({"drop_first": 1})[0].status == 503
    assert play({"drop_first": 1})[0].status == 503


def test_delay_is_waited_for_before_each_answer() -> None:
    async def timed() -> float:
        handle = mock("crm", script({"delay": "1500ms"}), Screen())
        await handle(ORDER, (), "/")
        await handle(ORDER, (), "/")
        return clock.monotonic()

    assert clock.run_virtual(timed()) == 3.0


def test_a_reply_is_a_new_event_with_what_it_is_told_to_copy() -> None:
    words = {"type": "synced", "copy": ["subject", "region", "nothing"], "data": {"ok": True}}
    reply = play({"reply": words})[0].event
    assert reply is not None
    assert len(reply.id) == 36
    assert dict(reply.attributes) == {
        "specversion": "1.0",
        "id": reply.id,
        "source": "kne/mock/crm",
        "type": "synced",
        "time": "2026-01-01T00:00:00Z",
        "subject": "order/1",
        "region": "eu",
        "datacontenttype": "application/json",
    }
    assert reply.data == b'{"ok":true}'


def test_a_reply_can_carry_the_data_that_came() -> None:
    reply = play({"reply": {"type": "t", "source": "/crm", "copy": ["data"]}})[0].event
    assert reply is not None
    assert reply.source == "/crm"
    assert reply.data == ORDER.data
    assert reply["datacontenttype"] == "application/json"


def test_replies_have_different_ids() -> None:
    first, second = play({"reply": {"type": "t"}}, 2)
    assert first.event is not None
    assert second.event is not None
    assert first.event.id != second.event.id


@pytest.mark.parametrize("data", ["text", 7, None, [1, {"a": "é"}]])
def test_data_of_a_reply_is_sent_as_json(data: Any) -> None:
    reply = play({"reply": {"type": "t", "data": data}})[0].event
    assert reply is not None
    assert json.loads(reply.data or b"") == data


def test_a_word_that_a_mock_does_not_know_is_refused() -> None:
    with pytest.raises(KneError) as caught:
        script({"reply": {"type": "t", "sauce": "/x"}})
    assert str(caught.value) == ("mock.reply.sauce: no such setting\n  hint  did you mean source?")
