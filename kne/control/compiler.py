"""From resources to a plan: a pure function of what was given, and the whole of the control.

Nothing is converged: every change compiles everything anew.  A plan has all that follows: the
routing table, who serves which service, each object as it is to be shown, and what is amiss.
Addresses in it are cluster addresses; `shown` puts them into the form people can use.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kne import addresses
from kne.control.shipped import shipped
from kne.kinds.base import Bench, Kind, Problem, Serving
from kne.kinds.config import Config
from kne.model.resource import Json, Key, Resource
from kne.plane.table import Hub, Table

HUB = ("messaging.knative.dev", "InMemoryChannel")
"""The kind whose objects are hubs."""

ORDER = ("apiVersion", "kind", "metadata", "spec")
"""How the fields of an object are ordered; all others follow, the status last."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome of one compile.

    `objects` holds everything there is, as JSON with status; `specs` is what of them stood there
    before kne filled anything in, for the objects that somebody wrote.  `table` has no handlers.
    """

    table: Table = field(default_factory=Table)
    servings: Mapping[Key, Serving] = field(default_factory=dict)
    objects: Mapping[Key, Json] = field(default_factory=dict)
    specs: Mapping[Key, Json] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def compile_plan(
    kinds: Mapping[tuple[str, str], Kind[Any]], resources: Iterable[Resource[Any]], config: Config
) -> Plan:
    """What follows from these resources; the order in which they come does not matter."""
    given = tuple(resources)
    bench = Bench(kinds, (*given, *shipped(kinds, given, config)), config)
    bench.compile_all()
    objects = {it.key: _finished(it, bench) for it in bench}
    return Plan(
        table=_table(bench),
        servings=dict(bench.parts.servings),
        objects=objects,
        specs={it.key: it.object.get("spec") or {} for it in given},
        problems=tuple(sorted(bench.problems, key=lambda it: (str(it.where or ""), it.message))),
    )


def _finished(it: Resource[Any], bench: Bench) -> Json:
    status = bench.status(it.key)
    kind = bench.kinds.get((it.key.group, it.key.kind))
    made = (kind.finish(it, bench, status) if kind else None) or it.object
    if status is not None and "status" not in made:
        made = {**made, "status": status}
    first = {name: made[name] for name in ORDER if name in made}
    rest = {name: value for name, value in made.items() if name not in first and name != "status"}
    last = {"status": made["status"]} if "status" in made else {}
    return {**first, **rest, **last}


def _table(bench: Bench) -> Table:
    parts = bench.parts
    return Table(
        entrances=dict(parts.entrances),
        hubs={address: _with_links(hub, bench) for address, hub in parts.hubs.items()},
        gates=dict(parts.gates),
        features=dict(bench.config.features),
    )


def _with_links(hub: Hub, bench: Bench) -> Hub:
    entries = bench.parts.links.get(Key(*HUB, hub.namespace, hub.name), ())
    return replace(hub, links=tuple(link for _, link in entries))


def shown(plan: Plan, base: str) -> dict[Key, Json]:
    """The plan's objects with addresses that work below `base`.

    What a user wrote stays as it is; made local are statuses, the specs of children, and what
    kne has filled into a spec (the subscribers of a channel).
    """
    return {key: _localized(made, plan.specs.get(key), base) for key, made in plan.objects.items()}


def _localized(made: Json, written: Json | None, base: str) -> Json:
    found = dict(made)
    if "status" in made:
        found["status"] = _local(made["status"], base)
    if isinstance(made.get("spec"), dict):
        found["spec"] = {
            name: value if written and written.get(name) == value else _local(value, base)
            for name, value in made["spec"].items()
        }
    return found


def _local(it: Any, base: str) -> Any:
    if type(it) is str:
        return addresses.localize(it, base)
    if type(it) is dict:
        return {name: _local(value, base) for name, value in it.items()}
    if type(it) is list:
        return [_local(value, base) for value in it]
    return it
