"""Sinks in kn's words: where an event goes, and what is said if there is no such place."""

import pytest

from kne.api.discovery import Catalogue
from kne.api.sinks import Sinks
from kne.errors import Conflict, Invalid, KneError, NotFound
from kne.model.resource import Json
from tests.api.small import EVENTING, KINDS, MESSAGING, SERVING, Shop, broker, ready, thing

INGRESS = "http://broker-ingress.knative-eventing.svc.cluster.local"


def things() -> list[Json]:
    url = "http://c1-kn-channel.default.svc.cluster.local"
    channel = ready(address={"url": url})
    cart = ready(address={"url": "http://cart.default.svc.cluster.local"})
    return [
        broker(),
        broker("orders", "billing"),
        thing(f"{MESSAGING}/v1", "Channel", "c1", status=channel),
        thing(f"{MESSAGING}/v1", "InMemoryChannel", "c2", status=channel),
        thing(f"{SERVING}/v1", "Service", "cart", status=cart),
        thing("v1", "Service", "plain"),
        thing(f"{EVENTING}/v1", "Trigger", "t1"),
    ]


def address(to: str, namespace: str = "default") -> str:
    return Sinks(Shop(things()).store, Catalogue(KINDS)).address(to, namespace)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("broker:default", f"{INGRESS}/default/default"),
        ("broker:orders:billing", f"{INGRESS}/billing/orders"),
        ("channel:c1", "http://c1-kn-channel.default.svc.cluster.local"),
        ("imc:c2", "http://c1-kn-channel.default.svc.cluster.local"),
        ("inmemorychannels:c2", "http://c1-kn-channel.default.svc.cluster.local"),
        ("ksvc:cart", "http://cart.default.svc.cluster.local"),
        ("cart", "http://cart.default.svc.cluster.local"),
        ("svc:plain", "http://plain.default.svc.cluster.local"),
        ("eventing.knative.dev/v1/brokers:default", f"{INGRESS}/default/default"),
        ("brokers.eventing.knative.dev:orders:billing", f"{INGRESS}/billing/orders"),
        ("http://sink.example.com/a?b=c", "http://sink.example.com/a?b=c"),
        ("https://sink.example.com", "https://sink.example.com"),
        ("", f"{INGRESS}/default/default"),
    ],
)
def test_a_sink_has_an_address(to: str, expected: str) -> None:
    assert address(to) == expected


def test_a_name_is_looked_up_in_the_namespace_of_the_request() -> None:
    assert address("broker:orders", "billing") == f"{INGRESS}/billing/orders"


def test_the_only_broker_is_meant_if_nothing_is_said() -> None:
    store = Shop([broker("orders", "billing")]).store
    assert Sinks(store, Catalogue(KINDS)).address("", "default") == f"{INGRESS}/billing/orders"


def refused(to: str, expected: type[KneError]) -> KneError:
    with pytest.raises(expected) as error:
        address(to)
    return error.value


def test_a_missing_object_is_named_with_what_there_is() -> None:
    error = refused("broker:defualt", NotFound)
    assert error.message == 'brokers.eventing.knative.dev "defualt" not found'
    assert error.why == 'namespace "default" has 1 of them: default'
    assert error.hint == "did you mean broker:default?"


@pytest.mark.parametrize(
    ("to", "hint"),
    [
        ("default", "did you mean broker:default?"),
        ("broker:orders", "did you mean broker:orders:billing?"),
        ("svc:cart", "did you mean ksvc:cart?"),
        ("channel:c2", "did you mean imc:c2?"),
        ("plan", "did you mean svc:plain?"),
    ],
)
def test_the_nearest_name_is_offered(to: str, hint: str) -> None:
    assert refused(to, NotFound).hint == hint


def test_nothing_near_means_that_the_forms_are_told() -> None:
    error = refused("channel:zzz", NotFound)
    assert error.why == 'namespace "default" has 1 of them: c1'
    assert error.hint.startswith("a sink is broker:NAME")


@pytest.mark.parametrize("to", ["broker:", ":x", "broker:a:b:c", "broker::b"])
def test_what_is_no_sink_is_refused(to: str) -> None:
    assert refused(to, Invalid).message == f'"{to}" names no sink'


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    error = refused("brokr:default", Invalid)
    assert error.message == '"brokr" is no kind of sink'
    assert error.hint == 'did you mean "broker"?'


def test_an_object_without_an_address_says_why() -> None:
    assert refused("trigger:t1", Conflict).message == "trigger:t1 has no address"
    condition = {"type": "Ready", "status": "False", "reason": "Gone", "message": "no channel"}
    store = Shop([broker(status={"conditions": [condition]})]).store
    with pytest.raises(Conflict) as error:
        Sinks(store, Catalogue(KINDS)).address("broker:default", "default")
    assert error.value.why == "Gone: no channel"
