"""Objects as tables: the server decides on columns and cells, `kubectl get` only aligns them.

A custom kind brings its columns as JSONPaths; those of Kubernetes' own kinds are computed
(`core_tables`).  Ages are told by the server, so every client shows the same.
Source: apiextensions-apiserver pkg/registry/customresource/tableconvertor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from kne import clock
from kne.api import core_tables
from kne.api.discovery import Served
from kne.jsonpath import BadPath, Path, compile_path, text_of
from kne.kinds.base import AGE, Column
from kne.model.resource import Json

NAME = (
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request the generation of an appropriate name automatically. "
    "Name is primarily intended for creation idempotence and configuration definition. Cannot be "
    "updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
"""What Kubernetes says of `metadata.name`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind, and how an object fills them."""

    definitions: tuple[Json, ...]
    cells: Callable[[Json], Sequence[Any]]


@lru_cache(maxsize=256)
def layout(it: Served) -> Layout:
    """The layout of a kind."""
    computed = None if it.group not in core_tables.GROUPS else core_tables.TABLES.get(it.kind)
    if computed:
        heads = tuple(
            _definition(head.name, "string", head.description or NAME, head.wide)
            for head in computed.heads
        )
        return Layout(heads, lambda it: computed.cells(it, age_of))
    columns = it.columns or (AGE,)
    paths = [(compile_path(column.path), column) for column in columns]
    text = "Custom resource definition column (in JSONPath format): "
    heads = (
        _definition("Name", "string", NAME, 0),
        *(_definition(c.name, c.type, text + c.path, c.wide) for c in columns),
    )
    return Layout(
        heads, lambda it: [it["metadata"]["name"], *(_cell(path, c, it) for path, c in paths)]
    )


def _definition(name: str, type_: str, description: str, wide: int) -> Json:
    return {
        "name": name,
        "type": type_,
        "format": "name" if name == "Name" else "",
        "description": description,
        "priority": wide,
    }


def _cell(path: Path, column: Column, it: Json) -> Any:
    try:
        found = path.find(it)
    except BadPath:
        return None
    if not found or found[0] is None:
        return None
    value = found[0]
    if column.type == "date":
        return age_of(value) if isinstance(value, str) else None
    if column.type == "integer":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return int(value) if number else None
    return text_of(value)


def rows(it: Served, objects: Sequence[Json], include: str, version: str) -> list[Json]:
    """One row for each object; `include` says what of the object goes with it."""
    cells = layout(it).cells
    return [{"cells": list(cells(one)), "object": _part(one, include, version)} for one in objects]


def table(found: list[Json], metadata: Json, definitions: Sequence[Json] | None, v: str) -> Json:
    """A Table of meta.k8s.io; watches send the definitions once only."""
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{v}",
        "metadata": metadata,
        "columnDefinitions": list(definitions) if definitions is not None else None,
        "rows": found,
    }


def _part(it: Json, include: str, version: str) -> Json | None:
    if include == "None":
        return None
    return it if include == "Object" else partial(it, version)


def partial(it: Json, version: str) -> Json:
    """The metadata of an object as an object of its own."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": it["metadata"],
    }


def age_of(timestamp: str | None) -> str:
    """How long ago that was, `<unknown>` if it never was."""
    if not timestamp:
        return "<unknown>"
    try:
        then = datetime.fromisoformat(timestamp)
        return human_duration((clock.now() - then).total_seconds())
    except (ValueError, TypeError):
        return "<invalid>"


def human_duration(seconds: float) -> str:
    """A duration as kubectl shows it: at most two units, the smaller one only while it matters.

    Source: apimachinery pkg/util/duration, HumanDuration.
    """
    if seconds <= -2:
        return "<invalid>"
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    return f"{days}d" if days < 2 * 365 else _years(days)


def _years(days: int) -> str:
    years, rest = divmod(days, 365)
    return _two(years, "y", rest, "d") if years < 8 else f"{years}y"


def _two(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large}{unit}{small}{smaller}" if small else f"{large}{unit}"
