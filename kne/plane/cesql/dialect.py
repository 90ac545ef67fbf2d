"""Two CESQLs: the one of the standard, and the one that Knative runs.

What a dialect decides besides how it reads text (`lexer`, `parser`): what an attribute is worth,
what becomes of a number that outgrows 32 bits, how text is matched and measured.

Source: spec core 2.5.1; cloudevents/sdk-go sql/v2 utils/event.go, v2 binding/spec/attributes.go.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kne.event import ZERO_TIME
from kne.plane.cesql import functions, like
from kne.plane.cesql.parser import DialectName
from kne.plane.cesql.values import LARGEST, SMALLEST, Attributes, EvaluationError, Value

Getter = Callable[[Attributes], Value | None]
"""The value of one attribute, None if the event lacks it."""

REQUIRED = frozenset(("specversion", "id", "source", "type"))
_BLANK_IS_MISSING = REQUIRED | {"subject", "datacontenttype"}
_ONLY_0_3 = frozenset(("schemaurl", "datacontentencoding"))


@dataclass(frozen=True, slots=True)
class Dialect:
    """What evaluation asks of a dialect."""

    name: DialectName
    attribute: Callable[[str], Getter]
    fit: Callable[[int], int]
    like: Callable[[str], Callable[[str], bool]]
    functions: functions.Functions


def _plain(name: str) -> Getter:
    return lambda attributes: attributes.get(name)


def _knative_attribute(name: str) -> Getter:
    """An attribute as Knative's CESQL sees it: blank core attributes are missing."""
    if name in _BLANK_IS_MISSING:
        return lambda attributes: attributes.get(name) or None
    if name == "time":
        return lambda a: None if a.get("time", "") in ("", ZERO_TIME) else a["time"]
    if name == "dataschema":
        return lambda a: a.get("schemaurl" if a.get("specversion") == "0.3" else name) or None
    if name in _ONLY_0_3:  # a field of 0.3, and an extension elsewhere
        return lambda a: None if a.get("specversion") == "0.3" else a.get(name)
    return _plain(name)


def _wrap(number: int) -> int:
    """Go's int32 starts again from the other end."""
    return (number - SMALLEST) % 2**32 + SMALLEST


def _in_range(number: int) -> int:
    if SMALLEST <= number <= LARGEST:
        return number
    raise EvaluationError("math", f"{number} does not fit into 32 bits", 0)


STANDARD = Dialect("standard", _plain, _in_range, like.standard, functions.STANDARD)
KNATIVE = Dialect("knative", _knative_attribute, _wrap, like.knative, functions.KNATIVE)
DIALECTS = {it.name: it for it in (STANDARD, KNATIVE)}
