"""What admission says of filters, in upstream's words.

An error in one element of a list gets the index of every later element put before it: in the
first of three it is at `spec.filters[2][1][0]` (spec core 9.3.2, the path quirk).

Source: knative/eventing pkg/apis/eventing/v1/trigger_validation.go.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from kne.plane.cesql.values import ParseError

Path: TypeAlias = tuple[str | int, ...]

DIALECTS = ("exact", "prefix", "suffix", "all", "any", "not", "cesql")
MAPS, LISTS = ("exact", "prefix", "suffix"), ("all", "any")
NAME = re.compile(r"[a-z][a-z0-9]*")
BAD_NAME = "Attribute name must start with a letter and can only contain lowercase alphanumeric"


class FilterFault(NamedTuple):
    """One fault: upstream's message without its paths, the paths, the place, the details."""

    message: str
    paths: tuple[str, ...]
    at: Path
    details: str = ""


def filter_faults(
    filters: Sequence[Any] | None, attributes: Mapping[str, Any] | None
) -> Iterator[FilterFault]:
    """Every fault of `spec.filter.attributes` and `spec.filters`."""
    for name in attributes or ():
        yield from _name_fault(name, "spec.filter.attributes", ("spec", "filter", "attributes"))
    if isinstance(filters, Sequence) and not isinstance(filters, str):
        yield from _list_faults(filters, "spec.filters", ("spec", "filters"))


def hint(source: str) -> str:
    """What to tell somebody whose CESQL expression was refused: where, and what may help."""
    error = _parse_error(source)
    return "; ".join(filter(None, (error.message, error.hint))) if error else ""


def _list_faults(filters: Sequence[Any], path: str, at: Path) -> Iterator[FilterFault]:
    for index, it in enumerate(filters):
        later = "".join(f"[{number}]" for number in range(len(filters) - 1, index - 1, -1))
        yield from _faults(it, path + later, (*at, index))


def _faults(it: Any, path: str, at: Path) -> Iterator[FilterFault]:
    if not isinstance(it, Mapping):
        return
    if sum(_is_set(it, dialect) for dialect in DIALECTS) > 1:
        message = "multiple dialects found, filters can have only one dialect set"
        yield FilterFault(message, (), at)
    for dialect in MAPS:
        names = it.get(dialect)
        for name in names if isinstance(names, Mapping) else ():
            yield from _name_fault(name, f"{path}.{dialect}", (*at, dialect))
    for dialect in LISTS:
        clauses = it.get(dialect)
        if isinstance(clauses, Sequence) and not isinstance(clauses, str):
            yield from _list_faults(clauses, f"{path}.{dialect}", (*at, dialect))
    yield from _faults(it.get("not"), f"{path}.not", (*at, "not"))
    yield from _cesql_fault(it.get("cesql"), f"{path}.cesql", (*at, "cesql"))


def _is_set(it: Mapping[str, Any], dialect: str) -> bool:
    """True if upstream counts that dialect: `not: {}` counts, other empty values do not."""
    value = it.get(dialect)
    return value is not None if dialect == "not" else bool(value)


def _name_fault(name: str, path: str, at: Path) -> Iterator[FilterFault]:
    if not NAME.fullmatch(name):
        shown = f"{path}.[{name}]" if "." in name else f"{path}[{name}]"  # FieldError's flatten
        yield FilterFault(f"invalid key name {_quoted(name)}", (shown,), (*at, name), BAD_NAME)


def _cesql_fault(source: Any, path: str, at: Path) -> Iterator[FilterFault]:
    if not isinstance(source, str) or not source:
        return
    error = _parse_error(source)
    if error:
        yield FilterFault(f"invalid value: {source}", (path,), at, error.details)


def _parse_error(source: str) -> "ParseError | None":
    """What is wrong with a CESQL expression; the language is loaded only if one is asked about."""
    from kne.plane.cesql import evaluate, values

    try:
        evaluate.expression(source)
    except values.ParseError as error:
        return error
    return None


def _quoted(name: str) -> str:
    """As Go's %q writes it; names that matter are plain."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
