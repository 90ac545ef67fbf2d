"""Circles of events are found and told."""

from kne.kinds.base import Problem
from tests.kinds.test_eventing import BROKER, TRIGGER
from tests.kinds.test_flows import circle
from tests.kinds.world import world

TO_ITSELF = "{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: orders}}"
LOOP = TRIGGER.replace("{uri: http://127.0.0.1:3000/bill}", TO_ITSELF)
ALL = LOOP.replace("  filter: {attributes: {type: order.created}}\n", "")
SEQUENCE = f"""
apiVersion: flows.knative.dev/v1
kind: Sequence
metadata: {{name: line}}
spec:
  steps: [{{uri: "http://127.0.0.1:1"}}, {{uri: "http://127.0.0.1:2"}}]
  reply: {TO_ITSELF}
"""


def one(*texts: str) -> Problem:
    [problem] = world(*texts).problems
    return problem


def test_sequences_in_a_circle_are_told_once() -> None:
    problem = one(circle("a", "b"), circle("b", "c"), circle("c", "a"))
    assert problem.message == (
        "events may run in circles: sequence/a -> sequence/b -> sequence/c -> sequence/a"
    )
    assert "channels count no rounds" in problem.why


def test_a_sequence_may_reply_to_itself() -> None:
    problem = one(circle("a", "a"))
    assert problem.message == "events may run in circles: sequence/a -> sequence/a"


def test_a_trigger_without_a_filter_to_its_own_broker_is_told() -> None:
    problem = one(BROKER, ALL)
    assert problem.message == (
        "events may run in circles: broker/orders -> trigger/bill -> broker/orders"
    )
    assert problem.why == "the broker refuses an event after 255 rounds"


def test_a_filter_is_taken_to_end_the_circle() -> None:
    assert world(BROKER, LOOP).problems == []


def test_a_sequence_between_a_filter_and_its_broker_is_no_circle() -> None:
    through = LOOP.replace("eventing.knative.dev/v1, kind: Broker, name: orders",
                           "flows.knative.dev/v1, kind: Sequence, name: line")  # fmt: skip
    assert world(BROKER, through, SEQUENCE).problems == []


def test_two_circles_are_two_problems() -> None:
    circles = [circle("a", "b"), circle("b", "a"), circle("x", "y"), circle("y", "x")]
    assert len(world(*circles).problems) == 2
