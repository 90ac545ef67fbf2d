"""The functions of CESQL; Knative's count bytes where the standard counts characters.

    function   one definition: types of its arguments, type of its value, what it does
    KNATIVE    all that Knative's filter knows, by name and number of arguments
    STANDARD   those of CloudEvents SQL 1.0, section 3.5

Source: cloudevents/sdk-go sql/v2 function/ and runtime/functions_resolver.go; for
KN_VERIFY_CORRELATION_ID knative/eventing pkg/requestreply/cesql.go.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kne.plane.cesql import text as text_
from kne.plane.cesql.values import (
    LARGEST,
    SMALLEST,
    EvaluationError,
    Type,
    Value,
    to_boolean,
    to_integer,
    to_text,
)
from kne.plane.panic import CesqlPanic


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    `rest` is the type of further arguments, None if it takes no more; `panics` says that Go
    panics on some values.
    """

    name: str
    arguments: tuple[Type, ...]
    returns: Type
    run: Callable[..., Value]
    rest: Type | None = None
    panics: bool = False


@dataclass(frozen=True, slots=True)
class Units:
    """How a dialect measures and cuts text."""

    length: Callable[[str], int]
    cut: Callable[[str, int, int], str]
    whole: Callable[[str], str]
    """Text put together from pieces that may end within a character."""


def _bytes_in(text: str) -> int:
    return len(text) if text.isascii() else len(text_.to_bytes(text))


def _cut_bytes(text: str, start: int, end: int) -> str:
    if text.isascii():
        return text[start:end]
    return text_.to_text(text_.to_bytes(text)[start:end])


def _whole(text: str) -> str:
    return text if text.isascii() else text_.to_text(text_.to_bytes(text))


CHARACTERS = Units(len, lambda text, start, end: text[start:end], lambda text: text)
BYTES = Units(_bytes_in, _cut_bytes, _whole)


def _can(cast: Callable[[Value], Value]) -> Callable[[Value], bool]:
    def can(value: Value) -> bool:
        try:
            cast(value)
        except EvaluationError:
            return False
        return True

    return can


def _absolute(number: int) -> int:
    if number == SMALLEST:
        raise EvaluationError("math", "integer overflow while computing ABS", LARGEST)
    return abs(number)


def _concat_ws(units: Units) -> Callable[..., str]:
    def concat(separator: str, *parts: str) -> str:
        return units.whole(separator.join(parts))

    return concat


def _left(units: Units) -> Callable[[str, int], str]:
    def left(text: str, count: int) -> str:
        if count < 0:
            raise EvaluationError("functionEvaluation", f"LEFT of {count} characters", text)
        return units.cut(text, 0, count)

    return left


def _right(units: Units) -> Callable[[str, int], str]:
    def right(text: str, count: int) -> str:
        if count < 0:
            raise EvaluationError("functionEvaluation", f"RIGHT of {count} characters", text)
        length = units.length(text)
        return units.cut(text, max(0, length - count), length)

    return right


def _substring(units: Units, negative: Callable[[], str]) -> Callable[..., str]:
    """SUBSTRING; `negative` answers for a length below zero."""

    def substring(text: str, position: int, count: int = LARGEST) -> str:
        length = units.length(text)
        if position == 0:
            return ""
        if abs(position) > length:
            message = f"SUBSTRING from {position} of {length} characters"
            raise EvaluationError("functionEvaluation", message, "")
        start = position - 1 if position > 0 else length + position
        return negative() if count < 0 else units.cut(text, start, start + count)

    return substring


def _refuse() -> str:
    raise EvaluationError("functionEvaluation", "SUBSTRING of a negative length", "")


def _panic() -> str:
    raise CesqlPanic("SUBSTRING of a negative length")  # slice bounds out of range


def _verify_correlation(reply: str, *rest: Any) -> bool:
    """False, as Knative answers without the keys of a RequestReply, which kne does not keep."""
    index, replicas = reply.split(":")[2:], rest[-1]
    if len(index) == 1 and _can(to_integer)(index[0]) and replicas == 0:
        raise CesqlPanic("KN_VERIFY_CORRELATION_ID with no replicas")  # division by zero
    return False


def _functions(units: Units, negative: Callable[[], str]) -> Iterable[Function]:
    one: tuple[Type, ...] = ("text",)
    some: tuple[Type, ...] = ("text", "integer")
    substring = _substring(units, negative)
    return (
        Function("LENGTH", one, "integer", units.length),
        Function("CONCAT", (), "text", lambda *parts: units.whole("".join(parts)), rest="text"),
        Function("CONCAT_WS", one, "text", _concat_ws(units), rest="text"),
        Function("LOWER", one, "text", text_.lower),
        Function("UPPER", one, "text", text_.upper),
        Function("TRIM", one, "text", lambda text: str(text).strip(text_.SPACE)),
        Function("LEFT", some, "text", _left(units)),
        Function("RIGHT", some, "text", _right(units)),
        Function("SUBSTRING", some, "text", substring),
        Function("SUBSTRING", (*some, "integer"), "text", substring, panics=True),
        Function("ABS", ("integer",), "integer", _absolute),
        Function("INT", ("any",), "integer", to_integer),
        Function("BOOL", ("any",), "boolean", to_boolean),
        Function("STRING", ("any",), "text", to_text),
        Function("IS_INT", ("any",), "boolean", _can(to_integer)),
        Function("IS_BOOL", ("any",), "boolean", _can(to_boolean)),
    )


Functions = Mapping[str, tuple[Function, ...]]


def _table(functions: Iterable[Function]) -> Functions:
    table: dict[str, tuple[Function, ...]] = {}
    for it in functions:
        table[it.name] = (*table.get(it.name, ()), it)
    return table


def find(functions: Functions, name: str, count: int) -> Function | None:
    """The function of that name that takes so many arguments."""
    for it in functions.get(name, ()):
        if len(it.arguments) == count or (it.rest and len(it.arguments) < count):
            return it
    return None


STANDARD: Functions = _table(_functions(CHARACTERS, _refuse))
KNATIVE: Functions = _table(
    (
        *_functions(BYTES, _panic),
        Function(
            "KN_VERIFY_CORRELATION_ID",
            ("text", "text", "text", "text", "integer", "integer"),
            "boolean",
            _verify_correlation,
            panics=True,
        ),
    )
)
