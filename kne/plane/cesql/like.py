"""LIKE: a pattern against a text, without backtracking.

A pattern is cut at `%` into pieces of fixed length; each is looked for from where the one before
ended.  That takes at worst the length of the text times that of the pattern, whatever they are.

Knative goes through text and pattern byte by byte in one loop, and errs where the text itself
has `%` or `\\` (`'%abc' LIKE '%c'` is false there, `'\\x' LIKE '\\_'` true).  For such texts the
loop is followed step by step; for all others both ways agree.

Source: cloudevents/sdk-go sql/v2 expression/like_expression.go.
"""

import re
from collections.abc import Callable

from kne.plane.cesql.text import to_bytes

Test = Callable[[str], bool]


def standard(pattern: str) -> Test:
    """A test of texts, `_` being one character (CloudEvents SQL 1.0, 3.4.3)."""
    return _test(_pieces(pattern))


def knative(pattern: str) -> Test:
    """A test of texts as Knative does it, `_` being one byte."""
    in_text = standard(pattern)
    wild = "_" in pattern
    in_bytes = _test(_pieces(_one_to_a_byte(pattern))) if wild else in_text
    wire = to_bytes(pattern)

    def test(text: str) -> bool:
        if "%" in text or "\\" in text:
            return _loop(to_bytes(text), wire)
        if not wild or text.isascii():
            return in_text(text)
        return in_bytes(_one_to_a_byte(text))

    return test


def _one_to_a_byte(text: str) -> str:
    return to_bytes(text).decode("latin-1")


def _pieces(pattern: str) -> list[list[str | None]]:
    """The pieces between the `%`; None is `_`."""
    pieces: list[list[str | None]] = [[]]
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and pattern[at + 1 : at + 2] in ("%", "_"):
            pieces[-1].append(pattern[at + 1])
            at += 1
        elif character == "%":
            pieces.append([])
        else:
            pieces[-1].append(None if character == "_" else character)
        at += 1
    return pieces


def _test(pieces: list[list[str | None]]) -> Test:
    shapes = ["".join("." if c is None else re.escape(c) for c in piece) for piece in pieces]
    if len(pieces) == 1:
        whole = re.compile(shapes[0], re.DOTALL).fullmatch
        return lambda text: whole(text) is not None
    first = re.compile(shapes[0], re.DOTALL).match
    last = re.compile(shapes[-1], re.DOTALL).fullmatch
    finders = [re.compile(shape, re.DOTALL).search for shape in shapes[1:-1] if shape]
    tail = len(pieces[-1])

    def test(text: str) -> bool:
        found = first(text)
        for find in finders:
            if found is None:
                return False
            found = find(text, found.end())
        start = len(text) - tail
        return found is not None and start >= found.end() and last(text, start) is not None

    return test


def _loop(text: bytes, pattern: bytes) -> bool:
    """Upstream's `matchString`, line by line."""
    at = here = 0
    wildcard, retry = -1, 0
    while at < len(text):
        step = _step(text[at], pattern, here)
        if step:
            at, here = at + 1, here + step
        elif pattern[here : here + 1] == b"%":
            wildcard, retry = here, at
            here += 1
        elif wildcard != -1:
            retry += 1
            at, here = retry, wildcard + 1
        else:
            return False
    return not pattern[here:].strip(b"%")


def _step(byte: int, pattern: bytes, here: int) -> int:
    """How much of the pattern one byte of text uses up: 2 for an escape, 0 if they differ."""
    if here < len(pattern) - 1 and pattern[here] == 0x5C and pattern[here + 1] == byte in b"_%":
        return 2
    return 1 if here < len(pattern) and pattern[here] in (0x5F, byte) else 0
