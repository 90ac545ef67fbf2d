"""Kubernetes' own kinds, as far as events touch them (spec extensions 1.18).

A Service is an address, and somebody answers there.  All else is kept as it is written: Services
find their image in a Deployment or a Pod, configuration comes from ConfigMaps.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import yaml

from kne import addresses
from kne.kinds import pods, served
from kne.kinds.base import AGE, Bench, Column, Kind, Mock, Serving, Url
from kne.kinds.config import STRUCTURED, Config
from kne.kinds.defaults import label, parts, spec_of
from kne.kinds.faults import generic
from kne.kinds.kept import Anything
from kne.kinds.statuses import is_child
from kne.model.resource import Fault, Json, Key, Path, Resource

WORKLOADS = (
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("", "Pod"),
)
"""Where a Service's pods come from, in the order in which they are asked."""


class Core(Kind[Anything]):
    """A kind of Kubernetes itself; its spec is not checked."""

    group = ""
    version = "v1"
    loose = True
    Spec = Anything


class Namespace(Core):
    """A scope for names."""

    kind = "Namespace"
    plural = "namespaces"
    short_names = ("ns",)
    namespaced = False
    columns = (Column("Status", ".status.phase"), AGE)

    def default(self, it: Json, config: Config) -> None:
        label(it, "kubernetes.io/metadata.name", it["metadata"].get("name", ""))
        spec_of(it).setdefault("finalizers", ["kubernetes"])

    def compile(self, it: Resource[Anything], bench: Bench) -> Json:
        return {"phase": "Active"}


class ConfigMap(Core):
    """Configuration as text; those of namespace knative-eventing configure kne, too."""

    kind = "ConfigMap"
    plural = "configmaps"
    short_names = ("cm",)

    def validate(self, it: Resource[Anything], config: Config) -> Iterator[Fault]:
        """Of those that configure Knative: whether they can be read (spec core 10)."""
        key = STRUCTURED.get(it.name)
        if key is None or it.namespace != addresses.SYSTEM_NAMESPACE:
            return
        data = it.object.get("data") or {}
        text, at = data.get(key), ("data", key)
        if not text:
            yield generic(f'ConfigMap is missing (or empty) key: "{key}"', key, at=at)
            return
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            yield generic("Failed to parse the entry", key, at=at, details=str(error))
            return
        if not isinstance(found, dict):
            yield generic("Failed to parse the entry", key, at=at, details="it is no mapping")


class Secret(Core):
    """Configuration that others should not see."""

    kind = "Secret"
    plural = "secrets"
    columns = (Column("Type", ".type"), AGE)

    def default(self, it: Json, config: Config) -> None:
        it.setdefault("type", "Opaque")
        plain = it.pop("stringData", None)
        if isinstance(plain, dict) and plain:
            encoded = {k: base64.b64encode(str(v).encode()).decode() for k, v in plain.items()}
            it["data"] = {**(it.get("data") or {}), **encoded}


class ServiceAccount(Core):
    """An identity; nothing asks for one here."""

    kind = "ServiceAccount"
    plural = "serviceaccounts"
    short_names = ("sa",)


class Event(Core):
    """Something that happened to an object, not to be taken for a CloudEvent."""

    kind = "Event"
    plural = "events"
    short_names = ("ev",)
    columns = (
        Column("Last Seen", ".lastTimestamp", type="date"),
        Column("Type", ".type"),
        Column("Reason", ".reason"),
        Column("Object", ".involvedObject.name"),
        Column("Message", ".message"),
    )


class Pod(Core):
    """Containers; kne starts none, but a Service may find its image here."""

    kind = "Pod"
    plural = "pods"
    short_names = ("po",)
    categories = ("all",)
    columns = (Column("Status", ".status.phase"), AGE)

    def validate(self, it: Resource[Anything], config: Config) -> Iterator[Fault]:
        yield from served.faults(it.annotations, ("metadata", "annotations"))

    def compile(self, it: Resource[Anything], bench: Bench) -> Json:
        if not _is_served(it, bench):
            return {"phase": "Pending"}
        containers = (it.object.get("spec") or {}).get("containers") or ()
        states = [
            {"name": one.get("name", ""), "image": one.get("image", ""), "ready": True}
            for one in containers
        ]
        ready = [{"type": "Ready", "status": "True"}]
        return {"phase": "Running", "conditions": ready, "containerStatuses": states}


class Workload(Core):
    """A kind that makes pods from a template."""

    def validate(self, it: Resource[Anything], config: Config) -> Iterator[Fault]:
        yield from served.faults(it.annotations, ("metadata", "annotations"))
        path: Path = ("spec", "template", "metadata", "annotations")
        yield from served.faults(pods.annotations_of(pods.template_of(it)), path)


class Deployment(Workload):
    """Pods from a template; kne starts none, but a Service may find its image here.

    It counts as available while a Service stands for it.
    """

    group = "apps"
    kind = "Deployment"
    plural = "deployments"
    short_names = ("deploy",)
    categories = ("all",)
    columns = (Column("Available", ".status.availableReplicas", type="integer"), AGE)

    def default(self, it: Json, config: Config) -> None:
        spec_of(it).setdefault("replicas", 1)

    def compile(self, it: Resource[Anything], bench: Bench) -> Json:
        replicas = it.object["spec"].get("replicas")
        if not _is_served(it, bench) or not replicas:
            return {"observedGeneration": it.generation}
        counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        available = {
            "type": "Available",
            "status": "True",
            "reason": "MinimumReplicasAvailable",
            "message": "Deployment has minimum availability.",
        }
        return {
            "observedGeneration": it.generation,
            **dict.fromkeys(counts, replicas),
            "conditions": [available],
        }


class Job(Workload):
    """Something to be done once; kne does not."""

    group = "batch"
    kind = "Job"
    plural = "jobs"
    categories = ("all",)


class Service(Core):
    """An address in the cluster.

    Who answers there: the annotations of the Service, or of the Deployment or Pod that its
    selector matches; else the image there.
    """

    kind = "Service"
    plural = "services"
    short_names = ("svc",)
    categories = ("all",)
    columns = (Column("Type", ".spec.type"), Column("Cluster-IP", ".spec.clusterIP"), AGE)

    def default(self, it: Json, config: Config) -> None:
        """Source: kubernetes pkg/apis/core/v1/defaults.go, as far as it shows."""
        spec = spec_of(it)
        spec.setdefault("type", "ClusterIP")
        spec.setdefault("sessionAffinity", "None")
        for port in parts(spec, "ports"):
            port.setdefault("protocol", "TCP")
            port.setdefault("targetPort", port.get("port"))
        if spec["type"] != "ExternalName":
            spec.setdefault("internalTrafficPolicy", "Cluster")
            spec.setdefault("ipFamilies", ["IPv4"])
            spec.setdefault("ipFamilyPolicy", "SingleStack")
            spec.setdefault("clusterIP", _cluster_ip(it["metadata"]))
            spec.setdefault("clusterIPs", [spec["clusterIP"]])

    def validate(self, it: Resource[Anything], config: Config) -> Iterator[Fault]:
        yield from served.faults(it.annotations, ("metadata", "annotations"))

    def address(self, it: Resource[Anything], bench: Bench) -> str:
        return addresses.service(it.namespace, it.name)

    def compile(self, it: Resource[Anything], bench: Bench) -> Json:
        front = Key("serving.knative.dev", "Service", it.namespace, it.name)
        if not is_child(it) and bench.find(front) is None:
            address = addresses.service(it.namespace, it.name)
            bench.parts.servings[it.key] = Serving(it.key, address, _by(it, bench))
        return {"loadBalancer": {}}


def _by(it: Resource[Anything], bench: Bench) -> Any:
    workload = _workload(it, bench)
    owner = workload or it
    template = pods.template_of(workload) if workload else {}
    annotations = (it.annotations, owner.annotations, pods.annotations_of(template))
    found = served.served(annotations, pods.container_of(template), owner, bench)
    outside = it.object["spec"].get("externalName")
    if found == Mock() and it.object["spec"]["type"] == "ExternalName" and outside:
        return Url(f"http://{outside}")
    return found


def _workload(it: Resource[Anything], bench: Bench) -> Resource[Any] | None:
    """The first object whose pods the Service's selector matches."""
    selector = it.object["spec"].get("selector")
    if not isinstance(selector, dict) or not selector:
        return None
    for group, kind in WORKLOADS:
        there = bench.among(group, kind, it.namespace)
        found = [other for other in there if _matches(selector, other)]
        if found:
            return min(found, key=lambda other: other.name)
    return None


def _matches(selector: Json, it: Resource[Any]) -> bool:
    return bool(selector) and selector.items() <= pods.labels_of(pods.template_of(it)).items()


def _is_served(it: Resource[Any], bench: Bench) -> bool:
    """Whether a Service stands for its pods."""
    for other in bench.among("", "Service", it.namespace):
        selector = other.object["spec"].get("selector")
        if isinstance(selector, dict) and _matches(selector, it):
            return True
    return False


def _cluster_ip(metadata: Json) -> str:
    """An address like those of a cluster, always the same for one name; nothing listens there."""
    name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return f"10.96.{digest[0]}.{digest[1]}"
