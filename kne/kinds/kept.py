"""Kinds that kne knows and does not run (yet): their objects are kept as they are, and said so.

A folder of manifests holds more than what is emulated.  An object of one of these kinds can be
read, listed and referred to; its spec is not checked and it does nothing.  What a user would miss,
a source above all, is told kind by kind; what has no meaning on a laptop, permissions for
example, is counted in one line.

Versions, names and columns of Knative Eventing's kinds: spec core 9.5.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict

from kne.errors import ManifestError
from kne.kinds.base import AGE, READY, REASON, URL, Column, Kind
from kne.model.resource import Json, Model, Resource


class Anything(Model):
    """A spec that nobody looks into."""

    model_config = ConfigDict(extra="allow")


class Kept(Kind[Anything]):
    """A kind whose objects are kept, and nothing more.

    `idle` is what kne does not do with them; empty if nobody would expect anything.
    """

    loose = True
    Spec = Anything
    idle: ClassVar[str] = ""
    versions: ClassVar[tuple[str, ...]] = ()
    """Versions in which the kind may be written; the first is the one that counts."""


def plural_of(kind: str) -> str:
    """`EventPolicies` of `EventPolicy`."""
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _kept(
    group: str, versions: str, kind: str, idle: str = "", **attributes: Any
) -> tuple[tuple[str, str], type[Kept]]:
    names = tuple(versions.split())
    plural = plural_of(kind).lower()
    about = {"group": group, "version": names[0], "versions": names, "kind": kind, "idle": idle}
    return (group, kind), type(kind, (Kept,), {**about, "plural": plural, **attributes})


_EVENTING = "eventing.knative.dev"
_MESSAGING = "messaging.knative.dev"
_SOURCES = "sources.knative.dev"
_SINKS = "sinks.knative.dev"
_SINK = Column("Sink", ".status.sinkUri")
_EVENT: Json = {"categories": ("all", "knative", "eventing")}
_SOURCE: Json = {
    "categories": ("all", "knative", "sources"),
    "columns": (_SINK, AGE, READY, REASON),
}
_BINDING: Json = {**_SOURCE, "categories": ("all", "knative", "sources", "bindings")}
_CHANNEL: Json = {
    "categories": ("all", "knative", "messaging", "channel"),
    "columns": (URL, AGE, READY, REASON),
}
_TARGET: Json = {
    "categories": ("all", "knative", "eventing", "sink"),
    "columns": (URL, AGE, READY, REASON),
}
_TYPE: Json = {
    **_EVENT,
    "columns": (
        Column("Type", ".spec.type"),
        Column("Source", ".spec.source"),
        Column("Schema", ".spec.schema"),
        Column("Reference Name", ".spec.reference.name"),
        Column("Reference Kind", ".spec.reference.kind"),
        Column("Description", ".spec.description"),
        READY,
        REASON,
    ),
}
_PING: Json = {
    **_SOURCE,
    "columns": (_SINK, Column("Schedule", ".spec.schedule"), AGE, READY, REASON),
}
_REQUEST: Json = {**_EVENT, "columns": (URL, READY, REASON), "short_names": ("rr",)}
_CLUSTER: Json = {"namespaced": False}

_KNATIVE = (
    _kept(_EVENTING, "v1beta2 v1beta3 v1beta1", "EventType", "use", **_TYPE),
    _kept(_EVENTING, "v1alpha1", "EventPolicy", "enforce", **_EVENT, columns=(READY, REASON)),
    _kept(
        _EVENTING,
        "v1alpha1",
        "EventTransform",
        "run",
        **_EVENT,
        columns=(URL, _SINK, READY, REASON),
    ),
    _kept(_EVENTING, "v1alpha1", "RequestReply", "run", **_REQUEST),
    _kept(_EVENTING, "v1alpha1", "KafkaSink", "run", **_TARGET),
    _kept(_EVENTING, "v1alpha1", "RabbitmqBrokerConfig", "use"),
    _kept(_MESSAGING, "v1 v1beta1", "KafkaChannel", "run", **_CHANNEL),
    _kept(_MESSAGING, "v1alpha1", "NatsJetStreamChannel", "run", **_CHANNEL),
    _kept(_SOURCES, "v1 v1beta2", "PingSource", "run", **_PING),
    *(
        _kept(_SOURCES, "v1", kind, "run", **_SOURCE)
        for kind in ("ApiServerSource", "ContainerSource")
    ),
    _kept(_SOURCES, "v1", "SinkBinding", "run", **_BINDING),
    _kept(_SOURCES, "v1 v1beta1", "KafkaSource", "run", **_SOURCE),
    *(
        _kept(_SOURCES, "v1alpha1", kind, "run", **_SOURCE)
        for kind in (
            "IntegrationSource",
            "AwsSqsSource",
            "CamelSource",
            "CouchDbSource",
            "GitHubSource",
            "GitLabSource",
            "PrometheusSource",
            "RabbitmqSource",
            "RedisStreamSource",
        )
    ),
    *(
        _kept(_SINKS, "v1alpha1", kind, "run", **_TARGET)
        for kind in ("IntegrationSink", "JobSink", "RedisStreamSink")
    ),
    _kept("bindings.knative.dev", "v1beta1", "KafkaBinding", "run", **_BINDING),
    _kept("bindings.knative.dev", "v1alpha1", "GitHubBinding", "run", **_BINDING),
    _kept("serving.knative.dev", "v1", "Route", "run"),
    _kept("serving.knative.dev", "v1", "Configuration", "run"),
    _kept("serving.knative.dev", "v1", "Revision", "run"),
    _kept("serving.knative.dev", "v1beta1", "DomainMapping", "run"),
    _kept("operator.knative.dev", "v1beta1", "KnativeEventing"),
    _kept("operator.knative.dev", "v1beta1", "KnativeServing"),
)

_PROGRAMS = (
    _kept("apps", "v1", "StatefulSet", "start pods for", short_names=("sts",), categories=("all",)),
    _kept("apps", "v1", "DaemonSet", "start pods for", short_names=("ds",), categories=("all",)),
    _kept("apps", "v1", "ReplicaSet", "start pods for", short_names=("rs",), categories=("all",)),
    _kept("batch", "v1", "CronJob", "run", short_names=("cj",), categories=("all",)),
    _kept("kafka.strimzi.io", "v1beta2 v1", "Kafka", "run"),
    _kept("kafka.strimzi.io", "v1beta2 v1", "KafkaNodePool"),
    _kept("kafka.strimzi.io", "v1beta2 v1", "KafkaTopic"),
    _kept("kafka.strimzi.io", "v1beta2 v1", "KafkaUser"),
    _kept("rabbitmq.com", "v1beta1", "RabbitmqCluster", "run"),
)

_RBAC = "rbac.authorization.k8s.io"
_MONITORING = "monitoring.coreos.com"

_PLAIN = (
    _kept(_RBAC, "v1", "Role"),
    _kept(_RBAC, "v1", "RoleBinding"),
    _kept(_RBAC, "v1", "ClusterRole", **_CLUSTER),
    _kept(_RBAC, "v1", "ClusterRoleBinding", **_CLUSTER),
    _kept(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        **_CLUSTER,
        short_names=("crd", "crds"),
        columns=(Column("Created At", ".metadata.creationTimestamp", type="date"),),
    ),
    _kept("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", **_CLUSTER),
    _kept("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", **_CLUSTER),
    _kept("autoscaling", "v2 v1", "HorizontalPodAutoscaler", short_names=("hpa",)),
    _kept("policy", "v1", "PodDisruptionBudget", short_names=("pdb",)),
    _kept("networking.k8s.io", "v1", "Ingress", short_names=("ing",)),
    _kept("networking.k8s.io", "v1", "NetworkPolicy", short_names=("netpol",)),
    _kept("scheduling.k8s.io", "v1", "PriorityClass", **_CLUSTER, short_names=("pc",)),
    _kept("storage.k8s.io", "v1", "StorageClass", **_CLUSTER, short_names=("sc",)),
    _kept("", "v1", "PersistentVolume", **_CLUSTER, short_names=("pv",)),
    _kept("", "v1", "PersistentVolumeClaim", short_names=("pvc",)),
    _kept("", "v1", "LimitRange", short_names=("limits",)),
    _kept("", "v1", "ResourceQuota", short_names=("quota",)),
    _kept(_MONITORING, "v1", "ServiceMonitor", short_names=("smon",)),
    _kept(_MONITORING, "v1", "PodMonitor", short_names=("pmon",)),
    _kept(_MONITORING, "v1", "PrometheusRule", short_names=("promrule",)),
    _kept("cert-manager.io", "v1", "Certificate", short_names=("cert", "certs")),
    _kept("cert-manager.io", "v1", "Issuer"),
    _kept("cert-manager.io", "v1", "ClusterIssuer", **_CLUSTER),
)

KEPT: Mapping[tuple[str, str], type[Kept]] = dict((*_KNATIVE, *_PROGRAMS, *_PLAIN))
"""Every kept kind by group and name."""

_MIGRATE = "is deprecated; see https://knative.dev/docs/eventing"
DEPRECATED: Mapping[tuple[str, str], str] = {
    ("sources.knative.dev/v1beta2", "PingSource"): (
        f"sources.knative.dev/v1beta2 PingSource {_MIGRATE}/sources/ping-source/ for instructions "
        "to migrate to sources.knative.dev/v1 PingSource"
    ),
    ("eventing.knative.dev/v1beta1", "EventType"): (
        f"eventing.knative.dev/v1beta1 EventType {_MIGRATE}/event-registry/ for instructions to "
        "migrate to eventing.knative.dev/v1beta2 EventType"
    ),
}
"""What the API server warns of, by apiVersion and kind (spec core 9.5)."""


def notices(resources: Iterable[Resource[Any]]) -> list[ManifestError]:
    """Warnings about objects that do nothing: one for each kind, one for all plain ones together.

    They are not raised: the objects are there, and everything else works.
    """
    found: dict[tuple[str, str], list[Resource[Any]]] = defaultdict(list)
    for it in resources:
        if (it.key.group, it.key.kind) in KEPT:
            found[it.key.group, it.key.kind].append(it)
    plain = [it for key, items in found.items() if not KEPT[key].idle for it in items]
    told = [_idle(KEPT[key], items) for key, items in found.items() if KEPT[key].idle]
    old = _deprecated(it for items in found.values() for it in items)
    return [*told, *([_counted(plain)] if plain else []), *old]


def _idle(kind: type[Kept], items: list[Resource[Any]]) -> ManifestError:
    names = ", ".join(str(it.key) for it in items[:3])
    names += f" and {len(items) - 3} more" if len(items) > 3 else ""
    plural = plural_of(kind.kind)
    message = f"{names}: kept, but kne does not {kind.idle} {plural} yet"
    return ManifestError(message, where=items[0].where())


def _counted(items: list[Resource[Any]]) -> ManifestError:
    counts = Counter(it.key.kind for it in items)
    kinds = [f"{n} {plural_of(kind) if n > 1 else kind}" for kind, n in counts.items()]
    listed = ", ".join(kinds)
    return ManifestError(f"{listed}: kept, but kne has no use for them", where=items[0].where())


def _deprecated(items: Iterable[Resource[Any]]) -> Iterator[ManifestError]:
    for it in items:
        text = DEPRECATED.get((it.api_version, it.key.kind))
        if text:
            yield ManifestError(text, where=it.where(("apiVersion",)))
