"""What CESQL computes with: text, whole numbers of 32 bits, true and false; and what can fail.

Every operator and function gives a value even when it fails, and the failure beside it
(CloudEvents SQL 1.0, section 3.3).  Here a failure is raised and carries that value; evaluation
ends at the first one, as the standard allows (its 4.1, "fail fast") and as Knative does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kne.errors import KneError
from kne.plane.proof import SHOWN, quoted

Value: TypeAlias = str | int | bool
Attributes: TypeAlias = Mapping[str, Value]
"""The attributes of one event, by lower-case name; inside a mesh all are text."""

Type: TypeAlias = Literal["text", "integer", "boolean", "any"]
ErrorKind: TypeAlias = Literal[
    "parse", "math", "cast", "missingAttribute", "missingFunction", "functionEvaluation", "generic"
]

SMALLEST = -(2**31)
LARGEST = 2**31 - 1
ZERO: Mapping[Type, Value] = {"text": "", "integer": 0, "boolean": False, "any": False}
_WHOLE = re.compile(r"([+-]?)0*([0-9]{1,10})", re.ASCII)


class ParseError(KneError):
    """An expression that is not CESQL.

    `offset` counts characters from 0, `column` from 1.  `details` is what Knative's admission
    says after `invalid value: ...`; it is empty where its parser gives up without a word.
    """

    kind: ErrorKind = "parse"

    def __init__(self, message: str, offset: int, *, hint: str = "", details: str = "") -> None:
        super().__init__(f"column {offset + 1}: {message}", hint=hint)
        self.offset = offset
        self.column = offset + 1
        self.details = details


class EvaluationError(Exception):
    """One operator or function failed; `value` is what it gives nevertheless.

    `by` is the call that failed, if it was a function's own doing.
    """

    by: object = None

    def __init__(self, kind: ErrorKind, message: str, value: Value = False) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.value = value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an expression gives: a value, and the error that made it so, if any."""

    value: Value
    error: EvaluationError | None = None


def type_of(value: Value) -> Type:
    """The CESQL type of a value."""
    if isinstance(value, str):
        return "text"
    return "boolean" if isinstance(value, bool) else "integer"


def to_text(value: Value) -> str:
    """Any value as text; never fails."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def to_integer(value: Value) -> int:
    """A value as a number: text must be one in base 10, true is 1 (`strconv.ParseInt`)."""
    if not isinstance(value, str):
        return int(value)
    match = _WHOLE.fullmatch(value)
    if match:
        number = int(match[1] + match[2])
        if SMALLEST <= number <= LARGEST:
            return number
    raise EvaluationError("cast", f"{shown(value)} is not a 32-bit integer", 0)


def to_boolean(value: Value) -> bool:
    """A value as true or false: text must be one of these words, a number is true unless 0."""
    if not isinstance(value, str):
        return bool(value)
    word = value.lower()
    if word not in ("true", "false"):
        raise EvaluationError("cast", f"{shown(value)} is neither true nor false", False)
    return word == "true"


def cast(value: Value, to: Type) -> Value:
    """The value as that type."""
    if to == "text":
        return to_text(value)
    if to == "integer":
        return to_integer(value)
    return to_boolean(value) if to == "boolean" else value


def shown(value: Value, longest: int = SHOWN) -> str:
    """A value as people are shown it: text in quotes, cut when it is longer than that."""
    return quoted(value, longest) if isinstance(value, str) else to_text(value)
