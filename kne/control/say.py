"""How services speak to the user: a line at a time, each with the name of its speaker."""

from collections.abc import Callable
from typing import TypeAlias

Say: TypeAlias = Callable[[str, str], None]
"""Shows a line: who says it (empty: kne itself), and the line."""


def printable(text: str) -> str:
    """The text without the stand-ins for bytes that are no UTF-8 (see `kne.codec.binary.read`)."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
