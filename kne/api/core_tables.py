"""The tables of Kubernetes' own kinds, cell by cell as its API server prints them.

Source: kubernetes pkg/printers/internalversion/printers.go.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from kne.model.resource import Json

GROUPS = ("", "apps")

Age: TypeAlias = Callable[[str | None], str]
Cells: TypeAlias = Callable[[Json, Age], Sequence[Any]]


class Head(NamedTuple):
    """A heading; `wide` 1 is for `-o wide` only.  The description of Name is Kubernetes'."""

    name: str
    description: str = ""
    wide: int = 0


@dataclass(frozen=True, slots=True)
class Computed:
    """Headings, and the function that fills a row."""

    heads: tuple[Head, ...]
    cells: Cells


NAME = Head("Name")
AGE = Head("Age", "How long ago the object was created.")
NONE = "<none>"


def _created(it: Json) -> str | None:
    found = it["metadata"].get("creationTimestamp")
    return str(found) if found else None


def _name(it: Json) -> str:
    return str(it["metadata"]["name"])


def _namespace(it: Json, age: Age) -> Sequence[Any]:
    return (_name(it), (it.get("status") or {}).get("phase", "Active"), age(_created(it)))


def _config_map(it: Json, age: Age) -> Sequence[Any]:
    count = len(it.get("data") or {}) + len(it.get("binaryData") or {})
    return (_name(it), count, age(_created(it)))


def _secret(it: Json, age: Age) -> Sequence[Any]:
    return (_name(it), it.get("type", "Opaque"), len(it.get("data") or {}), age(_created(it)))


def _named(it: Json, age: Age) -> Sequence[Any]:
    return (_name(it), age(_created(it)))


def _service(it: Json, age: Age) -> Sequence[Any]:
    spec = it.get("spec") or {}
    type_ = spec.get("type") or "ClusterIP"
    ports = ",".join(_port(port) for port in spec.get("ports") or ())
    return (
        _name(it),
        type_,
        spec.get("clusterIP") or NONE,
        _outside(type_, it),
        ports or NONE,
        age(_created(it)),
        _pairs(spec.get("selector") or {}),
    )


def _port(port: Json) -> str:
    protocol = port.get("protocol", "TCP")
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port', 0)}{node}/{protocol}"


def _outside(type_: str, it: Json) -> str:
    spec = it.get("spec") or {}
    if type_ == "ExternalName":
        return str(spec.get("externalName", ""))
    addresses = list(spec.get("externalIPs") or ())
    if type_ == "LoadBalancer":
        balancer = ((it.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        addresses = [one.get("ip") or one.get("hostname", "") for one in balancer] + addresses
        return ",".join(addresses) or "<pending>"
    return ",".join(addresses) or NONE


def _pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items())) or NONE


def _deployment(it: Json, age: Age) -> Sequence[Any]:
    spec, status = it.get("spec") or {}, it.get("status") or {}
    pod = (spec.get("template") or {}).get("spec") or {}
    containers = pod.get("containers") or ()
    wanted = spec.get("replicas", 1)
    return (
        _name(it),
        f"{status.get('readyReplicas', 0)}/{wanted}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(_created(it)),
        ",".join(str(one.get("name", "")) for one in containers),
        ",".join(str(one.get("image", "")) for one in containers),
        _pairs((spec.get("selector") or {}).get("matchLabels") or {}),
    )


def _pod(it: Json, age: Age) -> Sequence[Any]:
    spec, status = it.get("spec") or {}, it.get("status") or {}
    containers = status.get("containerStatuses") or ()
    total = len(spec.get("containers") or ())
    ready = sum(bool(one.get("ready")) for one in containers)
    return (
        _name(it),
        f"{ready}/{total}",
        _pod_state(it, containers),
        str(sum(one.get("restartCount", 0) for one in containers)),
        age(_created(it)),
        status.get("podIP") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        NONE,
    )


def _pod_state(it: Json, containers: Iterable[Json]) -> str:
    """What a container says that is not running, else the pod's own reason or phase."""
    status = it.get("status") or {}
    found = str(status.get("reason") or status.get("phase") or "Unknown")
    for one in containers:
        state = one.get("state") or {}
        for kind in ("waiting", "terminated"):
            found = (state.get(kind) or {}).get("reason") or found
    return "Terminating" if it["metadata"].get("deletionTimestamp") else found


def _event(it: Json, age: Age) -> Sequence[Any]:
    about, series = it.get("involvedObject") or {}, it.get("series") or {}
    first = age(it.get("firstTimestamp") or it.get("eventTime"))
    last = age(it["lastTimestamp"]) if it.get("lastTimestamp") else first
    if series:
        last = age(series.get("lastObservedTime"))
    source = it.get("source") or {}
    component = source.get("component") or it.get("reportingComponent") or ""
    host = source.get("host") or it.get("reportingInstance") or ""
    kind = str(about.get("kind", "")).lower()
    return (
        last,
        it.get("type", ""),
        it.get("reason", ""),
        f"{kind}/{about['name']}" if about.get("name") else kind,
        about.get("fieldPath", ""),
        f"{component}, {host}" if host else component,
        str(it.get("message", "")).strip(),
        first,
        series.get("count") or it.get("count") or 1,
        _name(it),
    )


TABLES: Mapping[str, Computed] = {
    "Namespace": Computed((NAME, Head("Status", "The status of the namespace"), AGE), _namespace),
    "ConfigMap": Computed((NAME, Head("Data", "How many entries it has."), AGE), _config_map),
    "Secret": Computed(
        (NAME, Head("Type", "What the secret is for."), Head("Data", "How many entries it has."),
         AGE),
        _secret,
    ),
    "ServiceAccount": Computed((NAME, AGE), _named),
    "Service": Computed(
        (
            NAME,
            Head("Type", "How the Service is exposed."),
            Head("Cluster-IP", "The address inside the cluster."),
            Head("External-IP", "Addresses outside, or the name it stands for."),
            Head("Port(s)", "The list of ports that are exposed by this service."),
            AGE,
            Head("Selector", "Which pods serve it.", 1),
        ),
        _service,
    ),
    "Deployment": Computed(
        (
            NAME,
            Head("Ready", "Number of the pod with ready state"),
            Head("Up-to-date", "Number of pods of the newest template."),
            Head("Available", "Number of pods that are available."),
            AGE,
            Head("Containers", "Names of each container in the template.", 1),
            Head("Images", "Images referenced by each container in the template.", 1),
            Head("Selector", "Label selector for pods.", 1),
        ),
        _deployment,
    ),
    "Pod": Computed(
        (
            NAME,
            Head("Ready", "The aggregate readiness state of this pod for accepting traffic."),
            Head("Status", "The aggregate status of the containers in this pod."),
            Head("Restarts", "How often the containers in this pod have been restarted."),
            AGE,
            Head("IP", "The address of the pod.", 1),
            Head("Node", "Where the pod runs.", 1),
            Head("Nominated Node", "Where the pod is to run.", 1),
            Head("Readiness Gates", "What else has to be ready.", 1),
        ),
        _pod,
    ),
    "Event": Computed(
        (
            Head("Last Seen", "When it was last recorded."),
            Head("Type", "Type of this event (Normal, Warning)."),
            Head("Reason", "Why, in one word."),
            Head("Object", "The object that this event is about."),
            Head("Subobject", "The part of the object.", 1),
            Head("Source", "The component reporting this event.", 1),
            Head("Message", "A human-readable description of the status of this operation."),
            Head("First Seen", "When it was first recorded.", 1),
            Head("Count", "The number of times this event has occurred.", 1),
            Head("Name", wide=1),
        ),
        _event,
    ),
}  # fmt: skip
"""By kind."""
