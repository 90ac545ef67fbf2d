"""What a bare word of YAML means to Kubernetes.

kubectl turns YAML into JSON with `sigs.k8s.io/yaml`, which reads YAML 1.1 by the tables of go-yaml
v2 (`resolve.go`): `yes`, `no`, `on`, `off`, `y` and `n` are booleans, a leading zero is octal, a
date stays a string.  JSON then knows one kind of number: integers of 64 bits are whole, anything
else is a float (apimachinery `util/json`).
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"], True),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "off", "Off", "OFF"], False),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf")),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf")),
}

FIRST = frozenset("yYnNtTfFoO~+-.0123456789")
"""What a word that is more than a string begins with (`resolveTable`)."""

_INTEGER = re.compile(
    r"(?P<sign>[-+]?)"
    r"(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)"
    r"|(?P<dec>0|[1-9][0-9]*))"
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_DIGITS = 4000
"""Python refuses to read longer integers in base 10; as floats they are out of range anyway."""


def plain(word: str) -> Scalar:
    """The value of a word without quotes and without a tag."""
    if word and word[0] not in FIRST:
        return word
    if word in _WORDS:
        return _WORDS[word]
    if word[0] in "+-.0123456789":
        found = _number(word)
        return word if found is None else found
    return word


def _number(word: str) -> int | float | None:
    digits = word if word[0] == "." else word.replace("_", "")
    match = _INTEGER.fullmatch(digits)
    if match and len(digits) < _DIGITS:
        base = str(match.lastgroup)
        return whole(int(match["sign"] + match[base], _BASES[base]))
    if _FLOAT.fullmatch(digits):
        found = float(digits)
        return whole(found) if abs(found) != float("inf") else None
    return None


def whole(number: int | float) -> int | float:
    """A number as it comes out of JSON: whole if it is, and fits into 64 bits."""
    if -(2**63) <= number < 2**63:
        return int(number) if number == int(number) else number
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def key(value: Scalar) -> str | None:
    """A key of a mapping as JSON has it; None if it cannot be one (`convertToJSONableObject`)."""
    if isinstance(value, str):
        return value
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(value), repr(value))
    return str(value)
