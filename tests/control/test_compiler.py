"""From resources to a plan, with kinds made for the purpose."""

from typing import Any

from kne import addresses
from kne.control.compiler import compile_plan, shown
from kne.control.shipped import configuration_of
from kne.kinds.base import Bench, Builtin, Kind, Serving
from kne.model.resource import Json, Key, Model, Resource, ready_of
from kne.plane.table import Entrance, Hub, Link
from tests.control.objects import Anything, key, resource

BASE = "http://127.0.0.1:8080"


class Loose(Model, extra="allow"):
    """A spec that may hold anything."""


class Plain(Kind[Any]):
    """A kind of the core group."""

    group, version = "", "v1"
    Spec = Loose

    def __init__(self, kind: str, *, namespaced: bool) -> None:
        self.kind, self.plural, self.namespaced = kind, f"{kind.lower()}s", namespaced  # type: ignore[misc]


class Broker(Kind[Any]):
    """A broker: an entrance, a channel of its own, an address."""

    group, version, kind, plural = "eventing.knative.dev", "v1", "Broker", "brokers"
    Spec = Loose

    def compile(self, it: Resource[Any], bench: Bench) -> Json:
        metadata = {"namespace": it.namespace, "name": f"{it.name}-kne-trigger"}
        made = {
            "apiVersion": "messaging.knative.dev/v1",
            "kind": "InMemoryChannel",
            "metadata": metadata,
            "spec": {"from": addresses.broker(it.namespace, it.name)},
        }
        channel = bench.child(it, made)
        url = addresses.broker(it.namespace, it.name)
        hub = addresses.channel(it.namespace, channel.name)
        bench.parts.entrances[f"{it.namespace}/{it.name}"] = Entrance(it.namespace, it.name, hub)
        bench.parts.servings[it.key] = Serving(it.key, url, Builtin("event-display"))
        bench.problem(it, ("spec",), f"{it.name} is a broker")
        return {"address": {"url": url}, "conditions": [{"type": "Ready", "status": "True"}]}


class Channel(Kind[Any]):
    """A channel: a hub that shows who links to it."""

    group, version, kind = "messaging.knative.dev", "v1", "InMemoryChannel"
    plural = "inmemorychannels"
    Spec = Loose

    def compile(self, it: Resource[Any], bench: Bench) -> Json:
        url = addresses.channel(it.namespace, it.name)
        bench.parts.hubs[url] = Hub(url, it.namespace, it.name)
        return {"address": {"url": url}}

    def finish(self, it: Resource[Any], bench: Bench, status: Json | None) -> Json:
        entries = [entry for entry, _ in bench.parts.links.get(it.key, ())]
        return {**it.object, "spec": {**it.object.get("spec", {}), "subscribers": entries}}


class Trigger(Kind[Any]):
    """A trigger: a link to wherever its spec says."""

    group, version, kind, plural = "eventing.knative.dev", "v1", "Trigger", "triggers"
    Spec = Loose

    def compile(self, it: Resource[Any], bench: Bench) -> Json | None:
        channel = Key("messaging.knative.dev", "InMemoryChannel", it.namespace, "b-kne-trigger")
        to = addresses.service(it.namespace, "s")
        entry = {"subscriberUri": to}
        bench.parts.links.setdefault(channel, []).append((entry, Link(str(it.key), to)))
        return None


KINDS: dict[tuple[str, str], Kind[Any]] = {
    (kind.group, kind.kind): kind
    for kind in (
        Plain("ConfigMap", namespaced=True),
        Plain("Namespace", namespaced=False),
        Broker(),
        Channel(),
        Trigger(),
    )
}
CHANNEL = key("InMemoryChannel", "b-kne-trigger")


def given(kind: str, name: str, **content: Any) -> Resource[Any]:
    it = resource(kind, name, **content)
    it.object["metadata"]["uid"] = "6b6e6500-0000-5000-8000-00000000000a"
    return it


def test_an_empty_plan_has_what_every_cluster_has() -> None:
    plan = compile_plan(KINDS, [], configuration_of([]))
    names = {(it.kind, it.namespace, it.name) for it in plan.objects}
    system = "knative-eventing"
    assert names == {
        ("Namespace", "", "default"),
        ("Namespace", "", system),
        ("ConfigMap", system, "config-br-default-channel"),
        ("ConfigMap", system, "config-br-defaults"),
        ("ConfigMap", system, "config-features"),
        ("ConfigMap", system, "config-ping-defaults"),
        ("ConfigMap", system, "default-ch-webhook"),
    }
    assert plan.objects == compile_plan(KINDS, [], configuration_of([])).objects


def test_each_namespace_that_is_used_is_there() -> None:
    it = resource("ConfigMap", "m")
    at = Key(*it.key[:2], "shop", "m")
    elsewhere = Resource(at, {**it.object, "metadata": {"name": "m", "namespace": "shop"}}, it.spec)
    plan = compile_plan(KINDS, [elsewhere], configuration_of([]))
    shop = plan.objects[Key("", "Namespace", "", "shop")]
    assert shop["metadata"]["name"] == "shop"


def test_what_the_user_gives_replaces_what_is_shipped_and_configures() -> None:
    at = Key("", "ConfigMap", "knative-eventing", "config-features")
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": at.name, "namespace": at.namespace},
        "data": {"delivery-timeout": "disabled", "my-flag": "enabled"},
    }
    own = Resource(at, made, Anything(), "a.yaml")
    config = configuration_of([own])
    plan = compile_plan(KINDS, [own], config)
    assert plan.objects[at]["data"] == made["data"]
    assert (config.enabled("delivery-timeout"), config.enabled("my-flag")) == (False, True)
    assert plan.table.features["delivery-timeout"] == "disabled"


def test_children_links_and_statuses_come_together() -> None:
    objects = [given("Trigger", "t"), given("Broker", "b", spec={})]
    plan = compile_plan(KINDS, objects, configuration_of([]))
    hub = plan.table.hubs[addresses.channel("default", "b-kne-trigger")]
    assert [link.name for link in hub.links] == ["trigger/t"]
    assert plan.table.entrances["default/b"].hub == hub.address
    assert plan.table.handlers == {}
    assert [*plan.servings] == [key("Broker", "b")]
    assert ready_of(plan.objects[key("Broker", "b")]["status"]) is not None
    assert "status" not in plan.objects[key("Trigger", "t")]
    assert plan.objects[CHANNEL]["metadata"]["ownerReferences"][0]["name"] == "b"
    assert [it.message for it in plan.problems] == ["b is a broker"]


def test_the_order_of_the_resources_does_not_matter() -> None:
    objects = [given("Trigger", "t"), given("Trigger", "u"), given("Broker", "b", spec={})]
    config = configuration_of([])
    assert compile_plan(KINDS, objects, config) == compile_plan(KINDS, objects[::-1], config)


def test_the_fields_of_an_object_come_in_the_usual_order() -> None:
    it = given("Broker", "b", data={"x": "y"}, spec={})
    plan = compile_plan(KINDS, [it], configuration_of([]))
    order = ["apiVersion", "kind", "metadata", "spec", "data", "status"]
    assert [*plan.objects[it.key]] == order


def test_addresses_are_shown_local_but_for_what_the_user_wrote() -> None:
    written = {"sink": addresses.service("default", "mine")}
    own = given("InMemoryChannel", "b-kne-trigger", spec=written)
    plan = compile_plan(KINDS, [own, given("Trigger", "t")], configuration_of([]))
    seen = shown(plan, BASE)[CHANNEL]
    assert seen["spec"]["sink"] == addresses.service("default", "mine")
    assert seen["spec"]["subscribers"] == [{"subscriberUri": f"{BASE}/services/default/s"}]
    assert seen["status"]["address"]["url"] == f"{BASE}/channels/default/b-kne-trigger"


def test_the_specs_of_children_are_shown_local_and_the_table_is_not() -> None:
    plan = compile_plan(KINDS, [given("Broker", "b", spec={})], configuration_of([]))
    assert shown(plan, BASE)[CHANNEL]["spec"]["from"] == f"{BASE}/default/b"
    assert plan.objects[CHANNEL]["spec"]["from"] == addresses.broker("default", "b")
    assert plan.table.entrances["default/b"].hub == addresses.channel("default", "b-kne-trigger")
