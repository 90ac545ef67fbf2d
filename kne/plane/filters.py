"""The filter of a Trigger: from `spec.filters` or `spec.filter` to a yes or no for each event.

    accepts(event)   the answer, from closures made once
    explain(event)   the same answer with its reasons
    describe()       the filter as a person reads it
    warnings         what Knative leaves out or what will surprise

`filters` wins over `filter` unless it is empty; without either everything passes (spec core 2.4).
Raw JSON comes in: what admission would refuse is built as well as it can be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from kne.event import Event
from kne.plane.clauses import EVERYTHING, FAIL, Clause, Group, Judge, Match, Not, Skipped
from kne.plane.filter_faults import FilterFault, filter_faults, hint
from kne.plane.keys import Keys
from kne.plane.panic import CesqlPanic
from kne.plane.proof import NO_FILTER, Proof
from kne.plane.table import Filter

__all__ = [
    "EVERYTHING",
    "Caution",
    "CesqlPanic",
    "EventFilter",
    "FilterFault",
    "build_filter",
    "describe",
    "explain",
    "filter_faults",
    "hint",
]

Json: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]


class Caution(NamedTuple):
    """Something odd about a filter that Knative accepts: the field, and what happens."""

    at: Path
    text: str

    def __str__(self) -> str:
        path = "".join(f"[{it}]" if isinstance(it, int) else f".{it}" for it in self.at)
        return f"{path.removeprefix('.')}: {self.text}"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """A filter ready for use; satisfies `kne.plane.table.Filter`.

    `reads` names the attributes the answer depends on, `keys` the values an event needs: both are
    for `kne.plane.index`.  `spec` is what it was built from, so that it can be built again.
    """

    clauses: tuple[Clause, ...]
    warnings: tuple[Caution, ...]
    judge: Judge
    keys: Keys
    reads: frozenset[str]
    spec: Mapping[str, Json] = field(default_factory=dict, compare=False)

    def accepts(self, event: Event) -> bool:
        """Whether the event passes.

        Raises:
            CesqlPanic: Knative's filter would panic, so its answer is a dropped connection.
        """
        return self.judge(event.attributes) is not FAIL

    def explain(self, event: Event) -> Proof:
        """Why the event passes or not; never raises."""
        proof = Group("all", self.clauses).prove(event.attributes)
        proof = proof.parts[0] if len(proof.parts) == 1 else replace(proof, dialect="")
        try:
            self.judge(event.attributes)
        except CesqlPanic as panic:
            return replace(proof, verdict=FAIL, outcome="panic", found=str(panic))
        return proof

    def describe(self) -> str:
        """The filter as a person reads it: `type = com.x`, `cesql: ...`, `(everything)`."""
        said = [it.describe() for it in self.clauses if not isinstance(it, Skipped)]
        return " and ".join(said) or EVERYTHING


def build_filter(
    filters: list[Json] | None, attributes: Mapping[str, str] | None
) -> EventFilter | None:
    """The filter of `spec.filters` and `spec.filter.attributes`; None lets everything pass."""
    warnings: list[Caution] = []
    if filters:
        at: Path = ("spec", "filters")
        clauses = tuple(_clause(it, (*at, i), warnings) for i, it in enumerate(filters))
        if attributes:
            warnings.append(Caution(("spec", "filter"), "ignored, for spec.filters wins over it"))
    elif attributes is not None:
        clauses = (Match("filter", attributes),)
    else:
        return None
    whole = Group("all", clauses)
    spec = {"filters": filters, "attributes": attributes}
    return EventFilter(clauses, tuple(warnings), whole.judge, whole.keys(), whole.reads(), spec)


def describe(filters: list[Json] | None, attributes: Mapping[str, str] | None) -> str:
    """A Trigger's filter as a person reads it."""
    found = build_filter(filters, attributes)
    return found.describe() if found else EVERYTHING


def explain(accepts: Filter | None, event: Event) -> Proof:
    """The proof of a filter, or of there being none."""
    return accepts.explain(event) if isinstance(accepts, EventFilter) else NO_FILTER


def _clause(it: Json, at: Path, warnings: list[Caution]) -> Clause:
    """One entry; the first dialect that is set counts (subscriptionsapi/create.go)."""
    for dialect, build in _BUILD.items():
        value = it.get(dialect) if isinstance(it, Mapping) else None
        if value or (dialect == "not" and value is not None):
            return build(dialect, value, (*at, dialect), warnings)
    return _skipped("", "{}", "an empty filter", at, warnings)


def _skipped(dialect: str, clause: str, reason: str, at: Path, warnings: list[Caution]) -> Skipped:
    warnings.append(Caution(at, f"Knative leaves it out, so events pass: {reason}"))
    return Skipped(dialect, clause, reason)


def _match(dialect: str, value: Json, at: Path, warnings: list[Caution]) -> Clause:
    if not isinstance(value, Mapping):
        return _skipped(dialect, str(value), "not a map", at, warnings)
    pairs = {str(name): str(wanted) for name, wanted in value.items()}
    if "" in pairs or "" in pairs.values():
        clause = ", ".join(f'{name} "{wanted}"' for name, wanted in pairs.items())
        reason = "an empty name or value cannot be matched"
        return _skipped(dialect, clause, reason, at, warnings)
    return Match(dialect, pairs)


def _group(dialect: str, value: Json, at: Path, warnings: list[Caution]) -> Clause:
    entries = value if isinstance(value, list) else []
    clauses = tuple(_clause(it, (*at, i), warnings) for i, it in enumerate(entries))
    return Group(dialect, clauses)


def _not(dialect: str, value: Json, at: Path, warnings: list[Caution]) -> Clause:
    return Not(_clause(value, at, warnings))


def _sql(dialect: str, value: Json, at: Path, warnings: list[Caution]) -> Clause:
    # loaded here, for most meshes have no CESQL and all of them have to start fast
    from kne.plane.cesql.evaluate import expression
    from kne.plane.cesql.lint import oddities
    from kne.plane.cesql.values import ParseError
    from kne.plane.sql import Sql

    source = str(value)
    try:
        found = expression(source)
    except ParseError as error:
        return _skipped(dialect, source, error.message, at, warnings)
    warnings.extend(Caution(at, text) for text in oddities(found))
    return Sql(found)


_BUILD: Mapping[str, Callable[[str, Json, Path, list[Caution]], Clause]] = {
    "exact": _match,
    "prefix": _match,
    "suffix": _match,
    "all": _group,
    "any": _group,
    "not": _not,
    "cesql": _sql,
}
