"""The filters of a Trigger: their shape, what is wrong with them, and what they become.

They are built by `kne.plane.filters`, from the JSON as it was written.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from kne.kinds.base import Bench
from kne.kinds.faults import generic, written
from kne.model.resource import Fault, Json, Model, Path, Resource
from kne.plane import filters as plane
from kne.plane.table import Filter


class TriggerFilter(Model):
    """Values that attributes must have."""

    attributes: dict[str, str] | None = None
    """Values by attribute or extension; "" lets any value pass that is not empty."""


class Dialect(Model):
    """One filter, in one of seven dialects."""

    exact: dict[str, str] = Field(default_factory=dict)
    """Attributes that must be equal."""

    prefix: dict[str, str] = Field(default_factory=dict)
    """Attributes and how they must begin."""

    suffix: dict[str, str] = Field(default_factory=dict)
    """Attributes and how they must end."""

    all: tuple["Dialect", ...] = ()
    """Filters that must all pass."""

    any: tuple["Dialect", ...] = ()
    """Filters of which one must pass."""

    not_: "Dialect | None" = Field(default=None, alias="not")
    """A filter that must not pass."""

    cesql: str = ""
    """An expression in CloudEvents SQL."""


def faults(it: Resource[Any]) -> Iterator[Fault]:
    """What admission says against the filters of a Trigger."""
    for message, paths, at, details in plane.filter_faults(*_parts(it)):
        found = plane.hint(_at(it.object, at)) if at[-1:] == ("cesql",) else ""
        yield generic(message, *paths, at=at, details=details, hint=found)


def build(it: Resource[Any], bench: Bench) -> Filter | None:
    """The filter that applies, None if everything passes.

    The user is told what Knative passes over and what else will surprise him.
    """
    found = plane.build_filter(*_parts(it))
    for caution in found.warnings if found else ():
        message = f'trigger "{it.name}": {written(caution.at)} may not do what it seems to'
        bench.problem(it, caution.at, message, caution.text)
    return found


def _parts(it: Resource[Any]) -> tuple[list[Json] | None, dict[str, str] | None]:
    spec = it.object["spec"]
    return spec.get("filters"), (spec.get("filter") or {}).get("attributes")


def _at(it: Any, path: Path) -> str:
    for part in path:
        it = it[part]
    return str(it)
