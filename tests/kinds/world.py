"""A world of objects for tests: YAML in, what kne makes of it out."""

import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import yaml

from kne.errors import Where
from kne.kinds.base import Bench, Kind, Problem
from kne.kinds.config import Config, read_config
from kne.kinds.core import (
    ConfigMap,
    Deployment,
    Event,
    Job,
    Namespace,
    Pod,
    Secret,
    Service,
    ServiceAccount,
)
from kne.kinds.eventing import Broker, Trigger
from kne.kinds.flows import Parallel, Sequence
from kne.kinds.messaging import Channel, InMemoryChannel, Subscription
from kne.kinds.serving import KnativeService
from kne.model.resource import Json, Key, Path, Resource
from kne.plane.table import Link

SHARED = File(__file__).parents[2] / os.environ.get("KNE_SHARED", "../shared")
"""The shared material, for names of tests; tests themselves take the fixture `shared`."""

KINDS: Mapping[tuple[str, str], Kind[Any]] = {
    (kind.group, kind.kind): kind
    for kind in (
        Broker(),
        Trigger(),
        Channel(),
        InMemoryChannel(),
        Subscription(),
        Sequence(),
        Parallel(),
        KnativeService(),
        Namespace(),
        ConfigMap(),
        Secret(),
        Service(),
        ServiceAccount(),
        Pod(),
        Event(),
        Deployment(),
        Job(),
    )
}
"""The emulated kinds alone: all others are as unknown as in the recordings."""

GROUPS = {
    "broker": ("eventing.knative.dev", "Broker"),
    "trigger": ("eventing.knative.dev", "Trigger"),
    "channel": ("messaging.knative.dev", "Channel"),
    "imc": ("messaging.knative.dev", "InMemoryChannel"),
    "subscription": ("messaging.knative.dev", "Subscription"),
    "sequence": ("flows.knative.dev", "Sequence"),
    "parallel": ("flows.knative.dev", "Parallel"),
    "ksvc": ("serving.knative.dev", "Service"),
    "svc": ("", "Service"),
    "deployment": ("apps", "Deployment"),
    "pod": ("", "Pod"),
    "secret": ("", "Secret"),
    "ns": ("", "Namespace"),
}


@dataclass(frozen=True)
class Paths:
    """Places that tell the path instead of a line, so that a test can ask for it."""

    def place(self, path: Path) -> Where:
        return Where("/".join(str(part) for part in path))


@dataclass(frozen=True)
class World:
    bench: Bench
    objects: Mapping[Key, Json]

    def __getitem__(self, name: str) -> Json:
        """An object by `broker/NAME` or `broker/NAMESPACE/NAME`."""
        return self.objects[key(name)]

    def status(self, name: str) -> Json:
        found: Json = self[name]["status"]
        return found

    def condition(self, name: str, type_: str = "Ready") -> tuple[str, str, str]:
        """Status, reason, message."""
        found = next(c for c in self.status(name)["conditions"] if c["type"] == type_)
        return found["status"], found.get("reason", ""), found.get("message", "")

    def children(self, kind: str) -> list[str]:
        return sorted(k.name for k in self.objects if (k.group, k.kind) == GROUPS[kind])

    def links(self, channel: str) -> list[Link]:
        return [link for _, link in self.bench.parts.links.get(key(f"imc/{channel}"), [])]

    @property
    def problems(self) -> list[Problem]:
        return self.bench.problems


def key(name: str) -> Key:
    kind, *rest = name.split("/")
    namespace = rest[0] if len(rest) == 2 else "" if kind == "ns" else "default"
    return Key(*GROUPS[kind], namespace, rest[-1])


def documents(text: str) -> list[Json]:
    return [document for document in yaml.safe_load_all(text) if document]


def configuration(objects: Iterable[Json], features: Mapping[str, str] | None = None) -> Config:
    """What the ConfigMaps among these make, and these features."""
    maps = {
        (it["metadata"].get("namespace", "default"), it["metadata"]["name"]): it.get("data") or {}
        for it in objects
        if it["kind"] == "ConfigMap"
    }
    if features:
        maps["knative-eventing", "config-features"] = features
    return read_config(maps)


def admitted(
    it: Json, config: Config, kinds: Mapping[tuple[str, str], Kind[Any]] = KINDS
) -> Resource[Any]:
    """An object as admission makes it of one without faults, with a uid of its own."""
    kind = kinds[it["apiVersion"].rpartition("/")[0], it["kind"]]
    metadata = {k: v for k, v in it["metadata"].items() if k not in ("uid", "creationTimestamp")}
    if kind.namespaced:
        metadata.setdefault("namespace", "default")
    made = {k: v for k, v in it.items() if k != "status"}
    at = kind.key(metadata.get("namespace", ""), metadata["name"])
    made["metadata"] = {**metadata, "uid": str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(at)))}
    kind.default(made, config)
    spec = kind.Spec.model_validate(made.get("spec") or {})
    return Resource(at, made, spec, "f.yaml", Paths())


def world(
    *texts: str | Json,
    features: Mapping[str, str] | None = None,
    kinds: Mapping[tuple[str, str], Kind[Any]] = KINDS,
) -> World:
    """Compile these manifests."""
    objects: list[Json] = []
    for text in texts:
        objects += documents(text) if isinstance(text, str) else [text]
    config = configuration(objects, features)
    bench = Bench(kinds, [admitted(it, config, kinds) for it in objects], config)
    bench.compile_all()
    return World(bench, {it.key: finished(it, bench) for it in bench})


def finished(it: Resource[Any], bench: Bench) -> Json:
    status = bench.status(it.key)
    kind = bench.kinds[it.key.group, it.key.kind]
    shown = kind.finish(it, bench, status)
    if shown is not None:
        return shown
    return it.object if status is None else {**it.object, "status": status}
