"""Which defaults apply to whom."""

import pytest
import yaml

from kne.kinds.config import Config, read_config
from kne.kinds.eventing import Broker
from kne.model.resource import Json
from tests.kinds.world import admitted

ENTRY = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "ns"}


def config(broker: Json) -> Config:
    text = yaml.safe_dump(broker)
    return read_config({("knative-eventing", "config-br-defaults"): {"default-br-config": text}})


DEFAULTS: Json = {
    "clusterDefault": {
        "brokerClass": "A",
        **ENTRY,
        "name": "cluster",
        "brokerClasses": {"B": {**ENTRY, "name": "cluster-b"}},
    },
    "namespaceDefaults": {
        "inline": {"brokerClass": "C", **ENTRY, "name": "inline-c"},
        "classes": {"brokerClass": "C", "brokerClasses": {"B": {**ENTRY, "name": "classes-b"}}},
        "bare": {"brokerClass": "B"},
    },
}


@pytest.mark.parametrize(
    ("namespace", "class_", "name"),
    [
        ("other", "", "cluster"),
        ("other", "A", "cluster"),
        ("other", "B", "cluster-b"),
        ("other", "Kafka", "cluster"),
        ("inline", "", "inline-c"),
        ("inline", "C", "inline-c"),
        ("inline", "B", "cluster-b"),
        ("classes", "B", "classes-b"),
        ("classes", "", "cluster"),
        ("bare", "", "cluster-b"),
    ],
)
def test_the_nearest_broker_defaults_apply(namespace: str, class_: str, name: str) -> None:
    found = config(DEFAULTS).broker_defaults(namespace, class_)
    assert found is not None
    assert found["name"] == name


def test_without_a_cluster_default_there_are_none() -> None:
    only = config({"clusterDefault": {"brokerClass": "A"}})
    assert only.broker_defaults("x", "A") is None
    assert only.broker_class("x") == "A"


def test_the_class_of_a_namespace_comes_first() -> None:
    assert config(DEFAULTS).broker_class("inline") == "C"
    assert config(DEFAULTS).broker_class("other") == "A"


def test_of_the_default_delivery_only_four_fields_are_taken() -> None:
    delivery = {"retry": 1, "timeout": "PT1S", "deadLetterSink": {"ref": {"name": "d"}}}
    made = config({"clusterDefault": {"brokerClass": "A", **ENTRY, "delivery": delivery}})
    it = admitted({"apiVersion": Broker().api_version, "kind": "Broker",
                   "metadata": {"name": "b"}}, made)  # fmt: skip
    assert it.object["spec"]["delivery"] == {
        "retry": 1,
        "deadLetterSink": {"ref": {"name": "d", "namespace": "default"}},
    }


def test_with_a_config_of_its_own_a_broker_is_looked_up_by_that_ones_kind() -> None:
    """Upstream's quirk: of a namespace entry the delivery is passed over (spec core 9.2.1)."""
    defaults: Json = {
        "clusterDefault": {"brokerClass": "A", **ENTRY, "delivery": {"retry": 1}},
        "namespaceDefaults": {"default": {"brokerClass": "A", **ENTRY, "delivery": {"retry": 2}}},
    }
    own = {"apiVersion": "v1", "kind": "ConfigMap", "name": "mine"}
    for spec, retry in (({}, 2), ({"config": own}, 1)):
        it = admitted({"apiVersion": Broker().api_version, "kind": "Broker",
                       "metadata": {"name": "b"}, "spec": spec}, config(defaults))  # fmt: skip
        assert it.object["spec"]["delivery"] == {"retry": retry}


def test_what_cannot_be_read_counts_as_shipped() -> None:
    broken = {("knative-eventing", "config-br-defaults"): {"default-br-config": "{"}}
    assert read_config(broken).broker == Config().broker


def test_keys_that_begin_with_an_underscore_are_ignored() -> None:
    found = read_config({("knative-eventing", "config-features"): {"_example": "x: y"}})
    assert "_example" not in found.features


def test_the_shipped_maps_are_there_although_nobody_wrote_them() -> None:
    assert ("knative-eventing", "config-br-default-channel") in Config().maps
    assert ("knative-eventing", "config-br-default-channel") in read_config({}).maps
