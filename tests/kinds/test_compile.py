"""Compiling: the same whatever the order, pure, and without what lost its owner."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kne.kinds.base import Bench, Refused
from kne.model.resource import Json, Resource
from tests.kinds import test_eventing, test_flows, test_messaging
from tests.kinds.world import KINDS, World, admitted, configuration, documents, finished, key, world

REFERRER = """
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: aaa}
spec:
  broker: orders
  subscriber: {ref: {apiVersion: messaging.knative.dev/v1, kind: InMemoryChannel, name: NAME}}
"""
DEADLOCK = """
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: ONE}
spec:
  delivery:
    deadLetterSink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: OTHER}}
"""


def deadlock(one: str, other: str) -> str:
    return DEADLOCK.replace("ONE", one).replace("OTHER", other)


MANY = [
    test_eventing.BROKER,
    test_eventing.TRIGGER,
    test_eventing.SERVICE,
    test_flows.SEQUENCE,
    test_flows.PARALLEL,
    test_flows.circle("a", "b"),
    test_flows.circle("b", "a"),
    test_messaging.CHANNEL,
    test_messaging.TO_CHANNEL,
    REFERRER.replace("NAME", "line-kn-sequence-0"),
    REFERRER.replace("aaa", "zzz").replace("NAME", "nowhere"),
    deadlock("x", "y"),
    deadlock("y", "x"),
]


def outcome(objects: list[Json]) -> tuple[Any, ...]:
    config = configuration(objects)
    bench = Bench(KINDS, [admitted(it, config) for it in objects], config)
    bench.compile_all()
    shown = {it.key: finished(it, bench) for it in bench}
    parts = bench.parts
    gates = {name: (gate.address, gate.subscriber) for name, gate in parts.gates.items()}
    return shown, parts.entrances, parts.hubs, parts.links, gates, parts.servings, bench.problems


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_matter(chance: random.Random) -> None:
    objects = [it for text in MANY for it in documents(text)]
    shuffled = copy.deepcopy(objects)
    chance.shuffle(shuffled)
    assert outcome(shuffled) == outcome(objects)


def test_compiling_changes_nothing_that_was_given() -> None:
    objects = [it for text in MANY for it in documents(text)]
    config = configuration(objects)
    given_ = [admitted(it, config) for it in objects]
    before = copy.deepcopy([it.object for it in given_])
    Bench(KINDS, given_, config).compile_all()
    assert [it.object for it in given_] == before


def test_a_reference_to_a_child_does_not_depend_on_who_is_compiled_first() -> None:
    """Triggers come before Sequences, whose channel this one refers to."""
    text = REFERRER.replace("NAME", "line-kn-sequence-0")
    it = world(test_eventing.BROKER, test_flows.SEQUENCE, text)
    assert it.condition("trigger/aaa")[0] == "True"


def test_brokers_that_wait_for_each_other_both_wait() -> None:
    it = world(deadlock("x", "y"), deadlock("y", "x"))
    for name in ("broker/x", "broker/y"):
        assert it.condition(name)[:2] == ("False", "NoAddress")


def test_children_have_the_same_uids_again() -> None:
    first, second = world(*MANY), world(*MANY)
    uids = [{k: it["metadata"]["uid"] for k, it in w.objects.items()} for w in (first, second)]
    assert uids[0] == uids[1]


EXPORTED = """
apiVersion: messaging.knative.dev/v1
kind: InMemoryChannel
metadata:
  name: orders-kne-trigger
  ownerReferences:
    - {apiVersion: eventing.knative.dev/v1, kind: Broker, name: orders, controller: true, uid: UID}
spec:
  subscribers: [{subscriberUri: "http://broker-filter/old"}]
"""


def exported(uid: str) -> World:
    return world(test_eventing.BROKER, test_eventing.TRIGGER, EXPORTED.replace("UID", uid))


def test_an_exported_child_gives_way_to_the_one_that_is_made() -> None:
    it = exported("cb148e43-6e6c-45b0-a7b9-c5b1d81eeeb6")
    assert [link.name for link in it.links("orders-kne-trigger")] == ["trigger/default/bill"]
    [problem] = it.problems
    assert str(problem.where) == "metadata/ownerReferences"
    assert problem.message == (
        'inmemorychannel "orders-kne-trigger" is left out: its owner is not here'
    )


def test_what_has_an_owner_that_is_here_stays() -> None:
    uid = world(test_eventing.BROKER)["broker/orders"]["metadata"]["uid"]
    it = exported(uid)
    assert it.problems == []
    assert len(it.links("orders-kne-trigger")) == 2


def test_what_is_owned_by_a_child_stays() -> None:
    uid = world(test_eventing.BROKER)["imc/orders-kne-trigger"]["metadata"]["uid"]
    note = f"""
apiVersion: v1
kind: ConfigMap
metadata:
  name: note
  ownerReferences: [{{apiVersion: v1, kind: InMemoryChannel, name: x, uid: {uid}}}]
"""
    assert world(test_eventing.BROKER, note).problems == []


def test_a_child_of_the_wrong_type_is_refused() -> None:
    it = world(test_eventing.BROKER)
    owner: Resource[Any] = it.bench.objects[key("broker/orders")]
    made = {
        "apiVersion": "messaging.knative.dev/v1",
        "kind": "InMemoryChannel",
        "metadata": {"name": "x", "namespace": "default"},
        "spec": {"delivery": {"retry": "many"}},
    }
    with pytest.raises(Refused, match=r'InMemoryChannel "x" is invalid: spec\.delivery\.retry'):
        it.bench.make(owner, made)


def test_the_articles_objects_compile() -> None:
    """As its cluster printed them: with status, generated fields and a channel that was made."""
    mesh = (Path(__file__).parents[1] / "data/article/mesh.yaml").read_text()
    it = world(mesh)
    assert it.problems == []
    [link] = it.links("default-kne-trigger")
    assert link.name == "trigger/default/my-service-trigger"
    status = it.status("trigger/my-service-trigger")
    assert status["subscriberUri"] == "http://event-display.default.svc.cluster.local"
