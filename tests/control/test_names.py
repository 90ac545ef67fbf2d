"""Addresses and what people call them."""

import pytest

from kne import addresses
from kne.control.compiler import Plan
from kne.control.names import cluster_url, destination, known_as, nickname, shown_as
from kne.kinds.base import Mock, Serving
from kne.model.resource import Key
from kne.plane.table import Entrance, Gate, Hub, Table

BASE = "http://127.0.0.1:8080"
SERVICE = Key("serving.knative.dev", "Service", "shop", "billing")
CHANNEL = addresses.channel("shop", "c")
GATE = addresses.trigger("shop", "t", "u-1")
PLAN = Plan(
    Table(
        entrances={"shop/orders": Entrance("shop", "orders", None)},
        hubs={CHANNEL: Hub(CHANNEL, "shop", "c")},
        gates={"shop/t": Gate(GATE, "shop", "t", "u-1", "shop/orders", None)},
    ),
    servings={SERVICE: Serving(SERVICE, addresses.service("shop", "billing"), Mock())},
)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (addresses.broker("shop", "orders"), "broker/orders"),
        (addresses.broker("shop", "nothing"), ""),
        (CHANNEL, "channel/c"),
        (f"{CHANNEL}/", "channel/c"),
        (GATE, "trigger/t"),
        (addresses.service("shop", "billing"), "ksvc/billing"),
        (addresses.service("shop", "billing") + "/events", "ksvc/billing/events"),
        (addresses.service("shop", "nothing"), ""),
        ("http://localhost:3000/x", ""),
    ],
)
def test_what_is_ours_is_called_by_its_name(url: str, name: str) -> None:
    assert known_as(url, PLAN) == name


def test_what_is_not_ours_is_shown_as_its_url() -> None:
    assert shown_as("http://localhost:3000/x", PLAN, BASE) == "http://localhost:3000/x"
    gone = addresses.service("shop", "gone")
    assert shown_as(gone, PLAN, BASE) == f"{BASE}/services/shop/gone"


@pytest.mark.parametrize(
    "url",
    [
        addresses.broker("shop", "orders"),
        CHANNEL,
        GATE,
        addresses.service("shop", "billing"),
        addresses.service("shop", "billing") + "/a/b",
    ],
)
def test_a_local_url_means_the_cluster_address_it_was_made_from(url: str) -> None:
    assert cluster_url(addresses.localize(url, BASE), BASE) == url


def test_only_urls_below_our_own_base_are_ours() -> None:
    url = f"{BASE}/shop/orders"
    assert cluster_url(url, "http://127.0.0.1:8082") == url
    assert cluster_url("http://localhost:8080/shop/orders", BASE) == addresses.broker(
        "shop", "orders"
    )
    assert cluster_url("http://example.com:8080/shop/orders", BASE).startswith("http://example")


def test_destinations_are_named_as_they_stand_in_a_spec() -> None:
    ref = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "s"}
    assert destination({"ref": ref}) == "ksvc/s"
    assert destination({"ref": ref, "uri": "/path"}) == "ksvc/s/path"
    assert destination({"uri": "http://x/"}) == "http://x/"
    assert destination({"ref": {**ref, "apiVersion": "v1"}}) == "svc/s"
    assert destination(None) == ""
    assert nickname(Key("eventing.knative.dev", "Broker", "n", "b")) == "broker/b"
