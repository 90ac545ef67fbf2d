"""The mesh as people wrote it: nodes, ways, and the rings that events may go round in."""

import uuid
from typing import Any

from kne.control.compiler import compile_plan
from kne.control.graph import graph_of
from kne.kinds.admission import admit
from kne.kinds.config import Config
from kne.kinds.registry import kinds
from kne.model.manifest import parse
from kne.model.resource import Json

BASE = "http://127.0.0.1:8080"
BROKER = "{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {name: b}}"


def service(name: str) -> str:
    return f"""
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {{name: {name}}}
spec: {{template: {{spec: {{containers: [{{image: example.com/{name}}}]}}}}}}
"""


def ref(kind: str, name: str) -> str:
    groups = {"Broker": "eventing", "Service": "serving", "Sequence": "flows"}
    return f"{{ref: {{apiVersion: {groups[kind]}.knative.dev/v1, kind: {kind}, name: {name}}}}}"


def trigger(name: str, subscriber: str, filters: str = "{}") -> str:
    return f"""
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: {name}}}
spec: {{broker: b, filter: {filters}, subscriber: {subscriber}}}
"""


def sequence(name: str, reply: str, *steps: str) -> str:
    return f"""
apiVersion: flows.knative.dev/v1
kind: Sequence
metadata: {{name: {name}}}
spec: {{steps: [{", ".join(steps)}], reply: {reply}}}
"""


def graph(*manifests: str, services: tuple[Json, ...] = ()) -> Json:
    """The graph of some manifests in namespace default."""
    config = Config()
    given = [admit(it, config, "default") for it in parse("\n---\n".join(manifests), "m.yaml")]
    for it in given:
        it.metadata["uid"] = str(uuid.uuid5(uuid.NAMESPACE_DNS, str(it.key)))
    return graph_of(compile_plan(kinds(), given, config), BASE, services).json()


def ways(found: Json) -> list[tuple[str, str, str]]:
    return [(e["source"], e["way"], e["target"]) for e in found["edges"]]


def mock(name: str, served: str = "mock 202") -> Json:
    made: dict[str, Any] = {"kind": "ksvc", "namespace": "default", "name": name}
    return {**made, "served": served}


def test_a_trigger_is_an_edge_with_its_filter_and_its_subscribers_answer_comes_back() -> None:
    found = graph(BROKER, trigger("t", ref("Service", "s"), "{attributes: {type: x}}"),
                  service("s"))  # fmt: skip
    assert ways(found) == [
        ("broker/default/b", "event", "ksvc/default/s"),
        ("ksvc/default/s", "reply", "broker/default/b"),
    ]
    assert found["edges"][0]["filter"] == "type = x"


def test_a_mock_sends_nothing_back() -> None:
    found = graph(BROKER, trigger("t", ref("Service", "s")), service("s"), services=(mock("s"),))
    assert ways(found) == [("broker/default/b", "event", "ksvc/default/s")]


def test_a_ring_without_a_filter_is_named() -> None:
    found = graph(BROKER, trigger("t", ref("Service", "s")), service("s"))
    (cycle,) = found["cycles"]
    assert set(cycle["nodes"]) == {"broker/default/b", "ksvc/default/s"}
    assert cycle["filters"] == ()


def test_a_ring_with_a_filter_says_which() -> None:
    found = graph(BROKER, trigger("t", ref("Service", "s"), "{attributes: {type: x}}"),
                  service("s"))  # fmt: skip
    assert [cycle["filters"] for cycle in found["cycles"]] == [("type = x",)]


def test_a_sequence_is_its_steps() -> None:
    found = graph(
        BROKER, sequence("q", ref("Broker", "b"), ref("Service", "one"), ref("Service", "two")),
        service("one"), service("two"),
    )  # fmt: skip
    assert ways(found) == [
        ("sequence/default/q", "event", "ksvc/default/one"),
        ("ksvc/default/one", "reply", "ksvc/default/two"),
        ("ksvc/default/two", "reply", "broker/default/b"),
    ]
    assert not found["cycles"]


def test_two_sequences_that_answer_each_other_are_a_ring() -> None:
    found = graph(
        sequence("a", ref("Sequence", "b"), ref("Service", "s")),
        sequence("b", ref("Sequence", "a"), ref("Service", "s")),
        service("s"),
    )
    (cycle,) = found["cycles"]
    assert {"sequence/default/a", "sequence/default/b"} <= set(cycle["nodes"])


def test_one_service_in_two_flows_does_not_make_a_ring_of_them() -> None:
    found = graph(
        sequence("a", ref("Sequence", "b"), ref("Service", "s")),
        sequence("b", ref("Service", "end"), ref("Service", "s")),
        service("s"), service("end"),
    )  # fmt: skip
    assert not found["cycles"]


def test_our_own_url_is_the_broker_it_means() -> None:
    found = graph(BROKER, trigger("t", f"{{uri: '{BASE}/default/b'}}"))
    assert ways(found) == [("broker/default/b", "event", "broker/default/b")]
    assert len(found["cycles"]) == 1


def test_a_place_outside_is_known_by_its_url() -> None:
    found = graph(BROKER, trigger("t", "{uri: 'http://example.com/x'}"))
    assert {"id": "http://example.com/x", "name": "http://example.com/x"} in found["nodes"]


def test_what_kne_made_is_not_drawn() -> None:
    found = graph(BROKER, trigger("t", ref("Service", "s")), service("s"))
    assert {node["id"] for node in found["nodes"]} == {"broker/default/b", "ksvc/default/s"}
