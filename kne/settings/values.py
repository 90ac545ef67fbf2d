"""Reading one value: text from a shell or a scalar from YAML becomes what a field needs.

Each reader takes the value and `at`, its place in the tree it comes from, and raises `Misfit` if
it cannot be used.
"""

import math
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

At: TypeAlias = tuple[str | int, ...]
"""A path into a tree of mappings and lists."""


class Misfit(Exception):
    """A value that cannot be used: where it stands in its tree, what is wrong, what to do."""

    def __init__(self, at: At, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.message = message
        self.hint = hint


_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|)\s*\Z")
_DURATIONS = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}
_SIZE = re.compile(r"\s*([0-9]+)\s*([KMG]i?B|)\s*\Z")
_SIZES = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def seconds(value: object, at: At = ()) -> float:
    """A duration in seconds: a number, or text such as `150ms`, `2s`, `1m`."""
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match:
        return float(match[1]) * _DURATIONS[match[2]]
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    raise Misfit(at, f"not a duration: {value!r}", "a number of seconds, or 150ms, 2s, 1m")


def size(value: object, at: At = ()) -> int:
    """A number of bytes, at least one: a number, or text such as `64KiB`, `10MB`."""
    match = _SIZE.match(value) if isinstance(value, str) else None
    number = int(match[1]) * _SIZES[match[2]] if match else value
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return number
    raise Misfit(at, f"not a number of bytes: {value!r}", "a number, or 64KiB, 128MiB")


def whole(value: object, at: At = (), *, lowest: int, highest: int | None = None) -> int:
    """A whole number within limits."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Misfit(at, f"not a whole number: {value!r}")
    if value < lowest or (highest is not None and value > highest):
        limits = f"at least {lowest}" if highest is None else f"{lowest} to {highest}"
        raise Misfit(at, f"{value} is out of range: {limits}")
    return value


def truth(value: object, at: At = ()) -> bool:
    """Yes or no, as a boolean or one of the usual words."""
    word = value.strip().lower() if isinstance(value, str) else value
    if word in (True, "true", "yes", "on", "1"):
        return True
    if word in (False, "false", "no", "off", "0"):
        return False
    raise Misfit(at, f"neither true nor false: {value!r}")


def text(value: object, at: At = ()) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise Misfit(at, f"not a text: {value!r}")
    return value


def texts(value: object, at: At = ()) -> tuple[str, ...]:
    """One text or a list of them, not empty."""
    if isinstance(value, str):
        return (text(value, at),)
    if not isinstance(value, list | tuple) or not value:
        raise Misfit(at, f"not a list of texts: {value!r}")
    return tuple(text(item, (*at, number)) for number, item in enumerate(value))


def one_of(value: object, at: At, known: tuple[str, ...]) -> str:
    """One of a few words."""
    if isinstance(value, str) and value in known:
        return value
    raise Misfit(at, f"{value!r} is not one of {', '.join(known)}", close(value, known))


def known(value: object, at: At, words: Iterable[str]) -> dict[str, Any]:
    """A mapping in which only these words stand."""
    if not isinstance(value, dict):
        raise Misfit(at, f"not a mapping: {value!r}")
    words = tuple(words)
    for word in value:
        if word not in words:
            raise Misfit((*at, word), "no such setting", close(word, words))
    return value


def close(word: object, words: Iterable[str]) -> str:
    """The hint that names the word which is most like this one; empty if none is."""
    from difflib import get_close_matches

    found = get_close_matches(str(word).replace("-", "_"), list(words), n=1)
    return f"did you mean {found[0]}?" if found else ""
