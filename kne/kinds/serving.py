"""Knative Service: a service that is addressed and served (spec extensions 1.17).

There are no revisions to route between: the newest one is served at once.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import Field

from kne import addresses
from kne.kinds import pods, served
from kne.kinds.base import READY, REASON, Bench, Column, Kind, Refused, Serving
from kne.kinds.config import Config
from kne.kinds.faults import missing
from kne.kinds.statuses import is_child, observed
from kne.model.resource import Conditions, Fault, Json, Key, Model, Resource

GATEWAY = "kourier-internal.kourier-system.svc.cluster.local"
"""Where a cluster sends requests for Knative Services first."""


class KnativeServiceSpec(Model):
    """A container that answers requests."""

    template: dict[str, Any] = Field(default_factory=dict)
    """The pod to run: its image tells kne what to play, its annotations what to run."""

    traffic: tuple[dict[str, Any], ...] = ()
    """How requests are split between revisions; kne has only the newest."""


class KnativeService(Kind[KnativeServiceSpec]):
    """A service at `http://NAME.NAMESPACE.svc.cluster.local`."""

    group = "serving.knative.dev"
    version = "v1"
    kind = "Service"
    plural = "services"
    short_names = ("kservice", "ksvc")
    categories = ("all", "knative", "serving")
    columns = (
        Column("URL", ".status.url"),
        Column("LatestCreated", ".status.latestCreatedRevisionName"),
        Column("LatestReady", ".status.latestReadyRevisionName"),
        READY,
        REASON,
    )
    Spec = KnativeServiceSpec
    webhook = "validation.webhook.serving.knative.dev"

    def validate(self, it: Resource[KnativeServiceSpec], config: Config) -> Iterator[Fault]:
        template = pods.template_of(it)
        if not pods.container_of(template):
            yield missing("spec", "template", "spec", "containers")
        elif not pods.container_of(template).get("image"):
            yield missing("spec", "template", "spec", "containers", 0, "image")
        yield from served.faults(it.annotations, ("metadata", "annotations"))
        path = ("spec", "template", "metadata", "annotations")
        yield from served.faults(pods.annotations_of(template), path)

    def expand(self, it: Resource[KnativeServiceSpec], bench: Bench) -> None:
        """The Kubernetes Service of the same name, so that references to that lead here, too."""
        with suppress(Refused):
            bench.make(it, _front(it))

    def compile(self, it: Resource[KnativeServiceSpec], bench: Bench) -> Json:
        conditions = Conditions("ConfigurationsReady", "RoutesReady")
        for name in ("ConfigurationsReady", "RoutesReady"):
            conditions.true(name)
        template = pods.template_of(it)
        address = addresses.service(it.namespace, it.name)
        annotations = (it.annotations, pods.annotations_of(template))
        by = served.served(annotations, pods.container_of(template), it, bench)
        bench.parts.servings[it.key] = Serving(it.key, address, by)
        front = bench.find(Key("", "Service", it.namespace, it.name))
        if front is not None and not is_child(front):
            _tell_twice(it, bench)
        revision = _revision(it)
        return observed(
            it,
            conditions,
            address={"url": address},
            url=address,
            latestCreatedRevisionName=revision,
            latestReadyRevisionName=revision,
            traffic=[{"latestRevision": True, "percent": 100, "revisionName": revision}],
        )


def _revision(it: Resource[KnativeServiceSpec]) -> str:
    metadata = pods.template_of(it).get("metadata") or {}
    return str(metadata.get("name") or f"{it.name}-{it.generation:05d}")


def _front(it: Resource[KnativeServiceSpec]) -> Json:
    labels = {"serving.knative.dev/route": it.name, "serving.knative.dev/service": it.name}
    port = {"name": "http2", "port": 80, "protocol": "TCP", "targetPort": 80}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": it.name, "namespace": it.namespace, "labels": labels},
        "spec": {"type": "ExternalName", "externalName": GATEWAY, "ports": [port]},
    }


def _tell_twice(it: Resource[KnativeServiceSpec], bench: Bench) -> None:
    bench.problem(
        it,
        ("metadata", "name"),
        f'Knative service "{it.name}" has the address of a service of the same name',
        f"both are {addresses.service(it.namespace, it.name)}; the Knative service answers there",
        "rename one of them",
    )
