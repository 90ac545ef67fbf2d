"""The mesh as a graph: who sends to whom, by which way, and where events may go round.

Made from the objects as people wrote them, not from the channels and subscriptions they become:
a Sequence is its steps, a Trigger is an edge with a filter.  A node's id is `kind/NS/NAME`, or
the URL of a place outside.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Literal
from urllib.parse import urlsplit

from kne.addresses import INGRESS_HOST
from kne.control.compiler import Plan
from kne.control.names import cluster_url, known_as, nickname
from kne.control.status import EVERYTHING, filter_text
from kne.model.resource import Json, Key

Way = Literal["event", "reply", "dead letter"]
_EVENT: Way = "event"
_REPLY: Way = "reply"

HUBS = ("broker", "channel", "imc", "sequence", "parallel")
"""Nodes that pass on whatever comes, from wherever, and never answer with an event."""


SILENT = ("built in event-display", "built in print", "built in viewer")
"""How services are served that only look at events."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Events go from `source` to `target`; `by` is the object that says so, `filter` which.

    `leaves` and `reaches` are stops: a service is another stop for each trigger or step that
    calls it, since its answer goes where that one says.
    """

    source: str
    target: str
    way: Way
    by: str
    filter: str
    leaves: str
    reaches: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """A ring; `filters` are those that an event has to pass to go round, none is bad news."""

    nodes: tuple[str, ...]
    filters: tuple[str, ...]


@dataclass(slots=True)
class Graph:
    """`nodes` maps ids to the names people use; those in `silent` never answer with an event."""

    silent: frozenset[str] = frozenset()
    nodes: dict[str, str] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def json(self) -> Json:
        """As the API hands it out."""
        return {
            "nodes": [{"id": node, "name": name} for node, name in self.nodes.items()],
            "edges": [asdict(edge) for edge in self.edges],
            "cycles": [asdict(cycle) for cycle in cycles(self)],
        }


def graph_of(plan: Plan, base: str, services: Iterable[Json]) -> Graph:
    """The graph of everything that was compiled; `base` is our own address.

    `services` are the states of the services: displays and mocks never answer with an event.
    """
    silent = frozenset(
        f"{it['kind']}/{it['namespace']}/{it['name']}"
        for it in services
        if it["served"] in SILENT
        or (it["served"].startswith("mock") and "reply" not in it["served"])
    )
    return _Drawing(plan, base, silent).draw()


class _Drawing:
    def __init__(self, plan: Plan, base: str, silent: frozenset[str]) -> None:
        self._plan = plan
        self._base = base
        self._graph = Graph(silent)

    def draw(self) -> Graph:
        for key, it in sorted(self._plan.objects.items()):
            if it["metadata"].get("ownerReferences"):
                continue  # what kne made stands in the graph as what it was made for
            spec = it.get("spec")
            if isinstance(spec, dict):
                self._object(key, spec)
        return self._graph

    def _object(self, key: Key, spec: Json) -> None:
        match key.group.partition(".")[0], key.kind:
            case ("eventing", "Broker") | ("messaging", "Channel" | "InMemoryChannel"):
                self._dead_letter(spec, key, self._node(key), nickname(key))
            case "eventing", "Trigger":
                self._trigger(key, spec)
            case "messaging", "Subscription":
                self._subscription(key, spec)
            case "flows", "Sequence":
                self._sequence(key, spec)
            case "flows", "Parallel":
                self._parallel(key, spec)
            case "sources", _ if isinstance(spec.get("sink"), dict):
                self._edge(self._node(key), self._place(spec["sink"], key), "event")

    def _trigger(self, key: Key, spec: Json) -> None:
        ref = spec.get("brokerRef") or {}
        name = ref.get("name") or spec.get("broker") or ""
        namespace = ref.get("namespace") or key.namespace
        broker = self._node(Key(key.group, "Broker", namespace, name))
        by, text = nickname(key), filter_text(spec)
        sink = self._place(spec.get("subscriber"), key)
        self._edge(broker, sink, "event", by, "" if text == EVERYTHING else text)
        if sink not in self._graph.silent:
            self._edge(sink, broker, "reply", by)
        self._dead_letter(spec, key, broker, by)

    def _subscription(self, key: Key, spec: Json) -> None:
        channel = self._place({"ref": spec.get("channel")}, key)
        by = nickname(key)
        sink = self._place(spec.get("subscriber"), key)
        self._edge(channel, sink, "event", by)
        self._edge(sink, self._place(spec.get("reply"), key), "reply", by)
        self._dead_letter(spec, key, channel, by)

    def _sequence(self, key: Key, spec: Json) -> None:
        at, by = self._node(key), nickname(key)
        way: Way = "event"
        stop = ""
        for number, step in enumerate(spec.get("steps") or (), 1):
            target = self._place(step, key)
            after = f"{by} step {number}"
            self._edge(at, target, way, by, at=stop, to=after)
            self._dead_letter(step, key, target, by, after)
            at, way, stop = target, "reply", after
        self._edge(at, self._place(spec.get("reply"), key), "reply", by, at=stop)

    def _parallel(self, key: Key, spec: Json) -> None:
        start, by = self._node(key), nickname(key)
        for number, branch in enumerate(spec.get("branches") or (), 1):
            at, way, stop = start, _EVENT, f"{by} branch {number}"
            if branch.get("filter"):
                at, way = self._place(branch["filter"], key), _REPLY
                self._edge(start, at, "event", by, to=f"{stop} filter")
            target = self._place(branch.get("subscriber"), key)
            self._edge(at, target, way, by, at=f"{stop} filter", to=stop)
            self._dead_letter(branch, key, target, by, stop)
            reply = self._place(branch.get("reply") or spec.get("reply"), key)
            self._edge(target, reply, "reply", by, at=stop)

    def _dead_letter(self, spec: Json, key: Key, source: str, by: str, at: str = "") -> None:
        sink = (spec.get("delivery") or {}).get("deadLetterSink")
        if sink:
            self._edge(source, self._place(sink, key), "dead letter", by, at=at)

    def _node(self, key: Key) -> str:
        node = f"{nickname(key).partition('/')[0]}/{key.namespace}/{key.name}"
        self._graph.nodes.setdefault(node, nickname(key))
        return node

    def _place(self, it: Mapping[str, Any] | None, near: Key) -> str:
        """The id of a destination; empty if there is none."""
        ref = (it or {}).get("ref") or {}
        uri = str((it or {}).get("uri") or "")
        if ref.get("kind"):
            group = str(ref.get("apiVersion") or "").rpartition("/")[0]
            namespace = str(ref.get("namespace") or near.namespace)
            return self._node(Key(group, str(ref["kind"]), namespace, str(ref.get("name") or "")))
        if not uri:
            return ""
        url = cluster_url(uri, self._base)
        name = known_as(url, self._plan)
        if not name:
            self._graph.nodes.setdefault(uri, uri)
            return uri
        node = f"{name.partition('/')[0]}/{_namespace(url)}/{name.partition('/')[2]}"
        self._graph.nodes.setdefault(node, name)
        return node

    def _edge(
        self, source: str, target: str, way: Way, by: str = "", passing: str = "", *,
        at: str = "", to: str = "",
    ) -> None:  # fmt: skip
        """An edge that `by` makes; `at` and `to` name its stops where `by` would not do."""
        if not source or not target or (way == "reply" and _is_hub(source)):
            return
        leaves, reaches = _stop(source, at or by), _stop(target, to or by)
        self._graph.edges.append(Edge(source, target, way, by, passing, leaves, reaches))


def _is_hub(node: str) -> bool:
    return node.partition("/")[0] in HUBS


def _stop(node: str, by: str) -> str:
    return node if _is_hub(node) or not by else f"{node} for {by}"


def _namespace(url: str) -> str:
    """The namespace of whatever of ours a cluster address means."""
    parts = urlsplit(url)
    if parts.netloc == INGRESS_HOST:
        return parts.path.strip("/").partition("/")[0]
    return parts.netloc.split(".")[1]


def cycles(graph: Graph) -> Iterator[Cycle]:
    """Every ring that events can go round in, each once; a dead letter ends its way."""
    going = [
        edge
        for edge in graph.edges
        if edge.way == "event" or (edge.way == "reply" and edge.source not in graph.silent)
    ]
    before: dict[str, set[str]] = {}
    for edge in going:
        before.setdefault(edge.reaches, set()).add(edge.leaves)
    while True:
        try:
            TopologicalSorter(before).prepare()
            return
        except CycleError as error:
            ring: list[str] = error.args[1]
        steps = set(pairwise(ring))
        filters = [e.filter for e in going if (e.leaves, e.reaches) in steps and e.filter]
        yield Cycle(tuple(stop.partition(" for ")[0] for stop in ring), tuple(filters))
        before[ring[1]].discard(ring[0])
