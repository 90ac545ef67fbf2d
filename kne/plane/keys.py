"""Which attribute values an event must have to stand a chance with a filter.

They are what an index is built on: an event without them is refused, and for certain without a
panic of Knative's filter, so nobody need ask.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

MOST_CHOICES = 32
"""Combinations of values beyond which fewer attributes are looked at."""


class Keys(NamedTuple):
    """All pairs of one of `choices`; `enough` says that such an event passes for certain."""

    choices: tuple[Mapping[str, str], ...]
    enough: bool = False


ANY = Keys(({},))
"""No value is needed."""


def every(clauses: Iterable[tuple[Keys, bool]]) -> Keys:
    """What clauses need that must all hold, asked in order; with each, whether it can panic.

    Behind one that can panic nothing counts any more: an event that the clauses after it would
    refuse is not refused, but meets the panic.
    """
    found, enough = ANY, []
    for keys, panics in clauses:
        fits = len(keys.choices) * len(found.choices) <= MOST_CHOICES
        if fits:
            found = Keys(tuple(_merged(found, keys)))
        enough.append(fits and keys.enough and not panics)
        if panics:
            break
    return found._replace(enough=bool(enough) and all(enough))


def _merged(one: Keys, other: Keys) -> Iterable[Mapping[str, str]]:
    for first in one.choices:
        for second in other.choices:
            if all(first.get(name, value) == value for name, value in second.items()):
                yield {**first, **second}


def either(clauses: Iterable[Keys]) -> Keys:
    """What clauses need of which one must hold."""
    known = list(clauses)
    if not known or any({} in keys.choices and not keys.enough for keys in known):
        return ANY
    return Keys(
        tuple(choice for keys in known for choice in keys.choices),
        all(keys.enough for keys in known),
    )
