"""Events that would run in circles: found in what was compiled, and told.

Knative admits a Sequence that replies to itself, and a Trigger whose subscriber is its Broker.  A
broker refuses an event after 255 rounds, a channel never does.  A Trigger with a filter is taken
not to be part of a circle, for filters are how people end them.
"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from kne import addresses
from kne.model.resource import Key, Path, Resource

if TYPE_CHECKING:
    from kne.kinds.base import Bench  # which calls this module

Edges = dict[str, list[str]]
"""Where events go from an address."""


def tell_circles(bench: "Bench") -> None:
    """Tell the user about each circle, once, at one of the objects that make it."""
    owners = _owners(bench)
    for circle in _circles(_edges(bench)):
        names = [str(owners[node].key) for node in circle]
        way = [name for at, name in enumerate(names) if name != names[at - 1]] or names[:1]
        start = min(range(len(way)), key=lambda at: way[at])
        way = [*way[start:], *way[:start]]
        first = next(owners[node] for node in circle if str(owners[node].key) == way[0])
        brokers = any(owners[node].key.kind == "Broker" for node in circle)
        bench.problem(
            first,
            _path(first),
            f"events may run in circles: {' -> '.join([*way, way[0]])}",
            "the broker refuses an event after 255 rounds"
            if brokers
            else "it ends only when a step answers with nothing: channels count no rounds",
            "break the circle, or filter what goes round",
        )


def _path(it: Resource[Any]) -> Path:
    return ("spec", "subscriber") if it.key.kind in ("Trigger", "Subscription") else ("spec",)


def _edges(bench: "Bench") -> Edges:
    """From entrances to hubs, along links and their replies, through gates without a filter."""
    parts = bench.parts
    found: Edges = {}
    for entrance in parts.entrances.values():
        if entrance.hub:
            found[addresses.broker(entrance.namespace, entrance.name)] = [entrance.hub]
    for gate in parts.gates.values():
        if gate.subscriber and gate.accepts is None:
            found[gate.address] = [gate.subscriber]
    for channel, links in parts.links.items():
        ends = [link.to for _, link in links]
        # what a Trigger's subscriber answers goes back to the broker by design
        replies = [link.reply for _, link in links if not link.name.startswith("trigger/")]
        found[addresses.channel(channel.namespace, channel.name)] = [
            end for end in (*ends, *replies) if end
        ]
    return {node: [end for end in ends if end in found] for node, ends in sorted(found.items())}


def _circles(edges: Edges) -> Iterator[list[str]]:
    while True:
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][:-1]
        else:
            return
        yield circle[::-1]  # the sorter goes from effect to cause
        edges = {
            node: [end for end in ends if end not in circle]
            for node, ends in edges.items()
            if node not in circle
        }


def _owners(bench: "Bench") -> Mapping[str, Resource[Any]]:
    """The object that a person wrote, for the address of each part."""
    found: dict[str, Resource[Any]] = {}
    for entrance in bench.parts.entrances.values():
        key = Key("eventing.knative.dev", "Broker", entrance.namespace, entrance.name)
        found[addresses.broker(entrance.namespace, entrance.name)] = bench.objects[key]
    for gate in bench.parts.gates.values():
        key = Key("eventing.knative.dev", "Trigger", gate.namespace, gate.name)
        found[gate.address] = bench.objects[key]
    for channel in bench.parts.links:
        address = addresses.channel(channel.namespace, channel.name)
        found[address] = _written(bench.objects[channel], bench)
    return found


def _written(it: Resource[Any], bench: "Bench") -> Resource[Any]:
    """The object at the end of the owners."""
    for owner in it.metadata.get("ownerReferences") or ():
        group = owner["apiVersion"].rpartition("/")[0]
        above = bench.find(Key(group, owner["kind"], it.namespace, owner["name"]))
        if above is not None:
            return _written(above, bench)
    return it
