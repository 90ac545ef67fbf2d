"""A small emulator with a shop in it, served over real HTTP."""

import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from kne.api.server import serve
from kne.control.store import Store
from kne.event import Event
from kne.kinds.base import AGE, READY, REASON, URL, Column, Kind
from kne.model.resource import Json, Key, Model
from kne.plane.journal import Journal

TOKEN = "open-sesame"
EVENTING, MESSAGING, SERVING = (
    "eventing.knative.dev",
    "messaging.knative.dev",
    "serving.knative.dev",
)
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Nothing(Model):
    """A spec nobody reads here."""


def kind(group: str, version: str, name: str, **words: Any) -> Kind[Any]:
    about = {
        "group": group,
        "version": version,
        "kind": name,
        "plural": f"{name.lower()}s",
        "Spec": Nothing,
        "__doc__": name,
    }
    made: Kind[Any] = type(name, (Kind,), about | words)()
    return made


def knative(*more: str) -> tuple[str, ...]:
    return ("all", "knative", *more)


BROKER_COLUMNS = (
    URL,
    AGE,
    READY,
    REASON,
    Column("Class", r".metadata.annotations.eventing\.knative\.dev/broker\.class", 1),
)
TRIGGER_COLUMNS = (
    Column("Broker", ".spec.broker"),
    Column("Subscriber_URI", ".status.subscriberUri"),
    AGE,
    READY,
    REASON,
)
CHANNEL = {"categories": knative("messaging", "channel"), "columns": (URL, AGE, READY, REASON)}
KINDS: tuple[Kind[Any], ...] = (
    kind(EVENTING, "v1", "Trigger", categories=knative("eventing"), columns=TRIGGER_COLUMNS),
    kind(EVENTING, "v1", "Broker", categories=knative("eventing"), columns=BROKER_COLUMNS),
    kind(EVENTING, "v1beta2", "EventType", categories=knative("eventing")),
    kind(MESSAGING, "v1", "Channel", short_names=("ch",), **CHANNEL),
    kind(MESSAGING, "v1", "InMemoryChannel", short_names=("imc",), **CHANNEL),
    kind(SERVING, "v1", "Service", short_names=("kservice", "ksvc"), columns=(URL, READY)),
    kind("apps", "v1", "Deployment", short_names=("deploy",), categories=("all",)),
    kind("", "v1", "Namespace", short_names=("ns",), namespaced=False),
    kind("", "v1", "ConfigMap", short_names=("cm",)),
    kind("", "v1", "Secret"),
    kind("", "v1", "Pod", short_names=("po",), categories=("all",)),
    kind("", "v1", "Service", short_names=("svc",), categories=("all",)),
    kind("", "v1", "Event", short_names=("ev",)),
)


class Shop:
    """An emulator that has a store and a journal, and remembers what it was asked to send."""

    def __init__(self, objects: Iterable[Json] = ()) -> None:
        self.store = Store()
        self.journal = Journal()
        self.ready = True
        self.ingress_url = "http://127.0.0.1:8080"
        self.sent: list[tuple[Event, str]] = []
        self.stopped = False
        self.links: dict[str, Json] = {}
        self.objects: dict[Key, Json] = {}
        self.put(*objects)

    def put(self, *objects: Json) -> None:
        """Objects come, or come again changed."""
        self.objects |= {key_of(it): it for it in objects}
        self.store.publish(self.objects)

    def drop(self, it: Json) -> None:
        """An object goes."""
        del self.objects[key_of(it)]
        self.store.publish(self.objects)

    async def send(self, event: Event, to: str) -> Json:
        self.sent.append((event, to))
        return {"id": event.id, "type": event.type, "to": to, "status": 202}

    def where(self, key: Key) -> str:
        return "shop.yaml:3:1" if key.kind == "Trigger" else ""

    def traffic(self, link: str) -> Json:
        return self.links.get(link, {})

    def graph(self) -> Json:
        return {"nodes": [], "edges": [], "cycles": []}

    def status(self) -> Json:
        return {"name": "kne", "ready": self.ready, "problems": self.problems()}

    def problems(self) -> list[Json]:
        return []

    def request_stop(self) -> None:
        self.stopped = True


def key_of(it: Json) -> Key:
    group, _, _ = it["apiVersion"].rpartition("/")
    metadata = it["metadata"]
    return Key(group, it["kind"], metadata.get("namespace", ""), metadata["name"])


def thing(api_version: str, kind: str, name: str, namespace: str = "default", **more: Any) -> Json:
    """An object; labels, annotations and creation time go to the metadata."""
    metadata: Json = {"name": name, "uid": f"uid-of-{name}"}
    if namespace:
        metadata["namespace"] = namespace
    for field in ("labels", "annotations", "creationTimestamp"):
        if field in more:
            metadata[field] = more.pop(field)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


def ready(**more: Any) -> Json:
    return {"conditions": [{"type": "Ready", "status": "True"}], **more}


def broker(name: str = "default", namespace: str = "default", **more: Any) -> Json:
    url = f"http://broker-ingress.knative-eventing.svc.cluster.local/{namespace}/{name}"
    found: Json = {
        "annotations": {"eventing.knative.dev/broker.class": "MTChannelBasedBroker"},
        "status": ready(address={"name": "http", "url": url}),
    }
    return thing(f"{EVENTING}/v1", "Broker", name, namespace, **found | more)


def trigger(name: str, namespace: str = "default", **more: Any) -> Json:
    spec = {"broker": "default", "subscriber": {"uri": "http://sink.example.com/"}}
    status = ready(subscriberUri="http://sink.example.com/")
    return thing(f"{EVENTING}/v1", "Trigger", name, namespace, spec=spec, status=status, **more)


def shop() -> Shop:
    """Two namespaces, a broker in each, triggers, channels and Kubernetes' own things."""
    channel = {"url": "http://c1-kn-channel.default.svc.cluster.local"}
    return Shop(
        [
            thing("v1", "Namespace", "default", "", status={"phase": "Active"}),
            thing("v1", "Namespace", "billing", "", status={"phase": "Active"}),
            broker(),
            broker("orders", "billing"),
            trigger("t1", labels={"app": "shop"}),
            trigger("t2", labels={"app": "billing"}),
            trigger("t3", "billing"),
            thing(f"{MESSAGING}/v1", "InMemoryChannel", "c1", status=ready(address=channel)),
            thing(f"{SERVING}/v1", "Service", "cart", status=ready()),
            thing("v1", "ConfigMap", "c1", data={"a": "1", "b": "2"}),
        ]
    )


@asynccontextmanager
async def served(
    emulator: Shop, *, kinds: Iterable[Kind[Any]] | None = KINDS
) -> AsyncIterator[aiohttp.ClientSession]:
    """The API of that emulator on a free port; requests go to paths."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        async with serve(emulator, sock, TOKEN, kinds=kinds), aiohttp.ClientSession(url) as session:
            yield session
