"""Delivery follows upstream's dispatcher: attempts, pauses, replies, dead letters (core 3)."""

import asyncio
import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kne import addresses, clock
from kne.event import Event
from kne.plane.deliver import Delivery, dead_letter
from kne.plane.journal import Flow, Journal
from kne.plane.table import Answer, Retry
from kne.plane.traffic import Traffic
from tests.plane.doors import ORDER, REPLY, Door, delivery, steps

EXPONENTIAL = Retry(10, delay=0.2, growth="exponential")


def run(sent: Delivery, passed: tuple[tuple[str, str], ...] = ()) -> bool:
    return clock.run_virtual(sent.deliver(ORDER, passed, Flow()))


def test_an_event_that_is_taken_is_sent_once() -> None:
    door = Door()
    assert run(delivery(door, retry=EXPONENTIAL))
    assert door.seen == [ORDER]


def test_the_default_broker_tries_eleven_times_over_204_seconds() -> None:
    door = Door(Answer(500))
    assert not run(delivery(door, retry=EXPONENTIAL))
    assert len(door.seen) == 11
    assert sum(door.pauses) == pytest.approx(204.6)
    assert door.pauses[:3] == [0.2, 0.4, 0.8]


def test_linear_pauses_begin_with_none() -> None:
    door = Door(Answer(503))
    run(delivery(door, retry=Retry(3, delay=1.0, growth="linear")))
    assert door.pauses == [0.0, 1.0, 2.0]


def test_without_a_policy_there_are_no_pauses() -> None:
    door = Door(Answer(500))
    run(delivery(door, retry=Retry(3, delay=1.0)))
    assert door.pauses == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 503, 599])
def test_these_answers_are_tried_again(status: int) -> None:
    door = Door(Answer(status), Answer(200))
    assert run(delivery(door, retry=Retry(1)))
    assert len(door.seen) == 2


@pytest.mark.parametrize("status", [100, 304, 400, 401, 403, 405, 410, 413, 415, 422, 425])
def test_these_answers_are_final(status: int) -> None:
    door = Door(Answer(status))
    assert not run(delivery(door, retry=Retry(5)))
    assert len(door.seen) == 1


def test_an_attempt_longer_than_the_timeout_is_cut_off_and_repeated() -> None:
    door = Door(takes=5.0)
    assert not run(delivery(door, retry=Retry(1, timeout=1.0)))
    assert door.pauses == [1.0]


def test_retry_after_lengthens_the_pause_up_to_its_maximum() -> None:
    answers = [Answer(429, (("Retry-After", "30"),)), Answer(503, (("Retry-After", "3"),))]
    door = Door(*answers, Answer(200))
    retry = Retry(3, delay=1.0, growth="exponential", longest_retry_after=10.0)
    assert run(delivery(door, retry=retry))
    assert door.pauses == [10.0, 3.0]


def test_retry_after_means_nothing_without_a_maximum() -> None:
    door = Door(Answer(429, (("Retry-After", "30"),)), Answer(200))
    assert run(delivery(door, retry=Retry(1, delay=1.0, growth="exponential")))
    assert door.pauses == [1.0]


def test_a_reply_goes_on_with_the_header_fields_of_the_answer() -> None:
    subscriber = Door(Answer(200, (("Knative-Foo", "1"),), event=REPLY))
    reply = Door()
    assert run(delivery(subscriber, reply=reply), (("X-Request-Id", "r"),))
    assert reply.seen == [REPLY]
    assert reply.headers == [(("Knative-Foo", "1"), ("Kn-Namespace", "default"))]


def test_only_the_destination_is_asked_for_a_reply() -> None:
    door = Door()
    run(delivery(door))
    assert ("Prefer", "reply") in door.headers[0]


def test_a_reply_without_a_place_to_go_is_dropped() -> None:
    assert run(delivery(Door(Answer(200, event=REPLY))))


def test_a_failed_reply_is_repeated_and_the_subscriber_is_not() -> None:
    subscriber, reply, dls = Door(Answer(200, event=REPLY)), Door(Answer(503)), Door()
    assert run(delivery(subscriber, reply=reply, dead_letter=dls, retry=Retry(2)))
    assert (len(subscriber.seen), len(reply.seen), len(dls.seen)) == (1, 3, 1)
    assert dls.seen[0]["id"] == ORDER.id
    assert dls.seen[0]["knativeerrordest"] == "http://reply.example/"


def test_a_reply_that_cannot_be_read_is_a_failed_reply_without_retries() -> None:
    reply, dls = Door(), Door()
    subscriber = Door(Answer(200, broken="batch"))
    assert run(delivery(subscriber, reply=reply, dead_letter=dls, retry=Retry(2)))
    assert not reply.seen
    assert dls.seen[0]["knativeerrorcode"] == "-1"


def test_a_dead_letter_says_what_failed_and_how() -> None:
    dls = Door()
    assert run(delivery(Door(Answer(422, body=b"no such order")), dead_letter=dls))
    dead = dls.seen[0]
    assert dead["knativeerrordest"] == "http://s.example/"
    assert dead["knativeerrorcode"] == "422"
    assert base64.b64decode(dead["knativeerrordata"]) == b"no such order"
    assert dls.headers == [(("Kn-Namespace", "default"),)]


def test_the_dead_letter_sink_is_tried_as_often_as_the_subscriber() -> None:
    subscriber, dls = Door(Answer(500)), Door(Answer(500), Answer(500), Answer(200))
    assert run(delivery(subscriber, dead_letter=dls, retry=Retry(2)))
    assert (len(subscriber.seen), len(dls.seen)) == (3, 3)


def test_an_event_without_a_dead_letter_sink_is_lost_and_the_journal_says_so() -> None:
    journal = Journal()
    assert not run(delivery(Door(Answer(400)), journal=journal))
    assert steps(journal) == ["attempt", "lost"]


def test_traffic_counts_attempts_and_remembers_the_last_error() -> None:
    traffic = Traffic()
    answers = [Answer(500), Answer(500, error="connection refused"), Answer(200)]
    run(delivery(Door(*answers), retry=Retry(2, delay=1.0, growth="linear"), traffic=traffic))
    found = traffic.json()
    assert (found["attempts"], found["failed"], found["delivered"]) == (3, 2, 1)
    assert found["lastError"] == "connection refused"
    assert "nextAttemptAt" not in found


def test_traffic_says_when_the_next_attempt_is_while_it_waits() -> None:
    traffic = Traffic()
    sent = delivery(Door(Answer(503)), retry=Retry(1, delay=60.0, growth="exponential"),
                    traffic=traffic)  # fmt: skip

    async def look() -> dict[str, object]:
        async with asyncio.TaskGroup() as group:
            group.create_task(sent.deliver(ORDER, (), Flow()))
            await clock.sleep(30)
            return traffic.json()

    found = clock.run_virtual(look())
    assert found["retrying"] == 1
    assert found["nextAttemptAt"] == "2026-01-01T00:01:00Z"


def gate_url() -> str:
    return addresses.trigger("default", "t", "uid")


def document(body: bytes) -> bytes:
    found = {"errdestination": "http://s/", "errresponsebody": base64.b64encode(body).decode()}
    return json.dumps(found).encode()


def test_behind_a_filter_the_dead_letter_names_the_subscriber() -> None:
    dead = dead_letter(ORDER, gate_url(), Answer(500, body=document(b"boom")))
    assert dead["knativeerrordest"] == "http://s/"
    assert base64.b64decode(dead["knativeerrordata"]) == b"boom"


def test_behind_a_filter_a_timeout_leaves_no_trace_on_the_event() -> None:
    assert dead_letter(ORDER, gate_url(), Answer(500, body=b"dispatch error: EOF")) is ORDER


def test_what_an_event_carries_already_is_kept() -> None:
    once = dead_letter(ORDER, "http://a/", Answer(500))
    twice = dead_letter(once, "http://b/", Answer(400, body=b"x"))
    assert twice["knativeerrordest"] == "http://a/"
    assert twice["knativeerrorcode"] == "500"
    assert twice["knativeerrordata"] == "eA=="  # an empty value may be filled in


@given(st.binary(max_size=3000))
def test_error_data_is_the_start_of_the_body_in_at_most_1024_characters(body: bytes) -> None:
    data = dead_letter(ORDER, "http://a/", Answer(500, body=body))["knativeerrordata"]
    assert len(data) <= 1024
    assert body.startswith(base64.b64decode(data))


@given(st.integers(0, 20), st.floats(0, 3600), st.sampled_from(["linear", "exponential"]))
def test_no_pause_is_shorter_than_the_one_before(number: int, delay: float, growth: str) -> None:
    retry = Retry(20, delay=delay, growth="linear" if growth == "linear" else "exponential")
    assert retry.pause(number) <= retry.pause(number + 1)


def test_pauses_count_from_nought() -> None:
    with pytest.raises(ValueError, match="from 0"):
        Retry(1).pause(-1)


def test_events_in_flight_are_not_changed_by_their_dead_letter() -> None:
    event = Event(dict(ORDER.attributes), b"x")
    dead_letter(event, "http://a/", Answer(500))
    assert event.attributes == ORDER.attributes
