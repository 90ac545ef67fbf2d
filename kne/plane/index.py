"""Which links of a hub want an event, without asking each of them.

Links whose filter needs certain values (`kne.plane.keys`) are grouped by the names of those
attributes; each group is a hash from values to links, so that one look-up finds those that stand a
chance.  What is left of a filter is asked then; filters that need nothing are asked always.  The
answer is remembered for the values that it depends on.  Ten thousand links of which one matches
cost about as much as one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from kne.event import ARRIVAL, Event
from kne.plane.filters import EventFilter
from kne.plane.keys import ANY
from kne.plane.lookup import Attributes, Lookup, lookup
from kne.plane.panic import CesqlPanic
from kne.plane.table import Filter

T = TypeVar("T")
Test: TypeAlias = Callable[[Event], bool]

MOST_ANSWERS = 4096
"""Answers remembered at a time."""

MOST_LINKS = 262_144
"""Links in all remembered answers together."""

FLEETING = frozenset(("id", "time", ARRIVAL, "traceparent"))
"""Attributes that differ from event to event: an answer that depends on one is not kept."""


class Index(Generic[T]):
    """The links of one hub with their filters; `None` lets everything pass.

    `always` are the links that every event must be tried on, by number; `tests` what is left to
    ask of each link, None if nothing is.
    """

    def __init__(self, entries: Iterable[tuple[T, Filter | None]]) -> None:
        self._links: list[T] = []
        self._tests: list[Test | None] = []
        self._always: list[int] = []
        self._groups: dict[tuple[str, ...], _Group] = {}
        reads: set[str] = set()
        known = True
        for number, (link, accepts) in enumerate(entries):
            self._links.append(link)
            self._add(number, accepts)
            if isinstance(accepts, EventFilter):
                reads |= accepts.reads
            elif accepts is not None:
                known = False
        self._finders = [group.find for group in self._groups.values()]
        self._reads = tuple(sorted(reads)) if known and not reads & FLEETING else None
        self._answers: dict[tuple[str | None, ...], tuple[T, ...]] = {}
        self._held = 0

    def candidates(self, event: Event) -> Sequence[T]:
        """The links whose filter lets the event pass, or panics on it, in their order."""
        if self._reads is None:
            return self._ask(event)
        get = event.attributes.get
        key = tuple([get(name) for name in self._reads])
        answer = self._answers.get(key)
        if answer is None:
            answer = self._ask(event)
            self._remember(key, answer)
        return answer

    def _add(self, number: int, accepts: Filter | None) -> None:
        """Enter one link under all that its filter needs."""
        keys = accepts.keys if isinstance(accepts, EventFilter) else ANY
        passes = accepts is None or keys.enough
        self._tests.append(None if passes or accepts is None else _test(accepts))
        if {} in keys.choices:
            self._always.append(number)
            return
        for choice in keys.choices:
            names = tuple(sorted(choice))
            self._groups.setdefault(names, _Group(names)).add(choice, number)

    def _ask(self, event: Event) -> tuple[T, ...]:
        numbers = self._always
        for find in self._finders:
            found = find(event.attributes)
            if found:
                numbers = [*numbers, *found]
        if numbers is not self._always:
            numbers = sorted(set(numbers))
        links, tests = self._links, self._tests
        return tuple([links[n] for n in numbers if (test := tests[n]) is None or test(event)])

    def _remember(self, key: tuple[str | None, ...], answer: tuple[T, ...]) -> None:
        self._held += len(answer)
        if len(self._answers) >= MOST_ANSWERS or self._held > MOST_LINKS:
            self._answers.clear()
            self._held = len(answer)
        self._answers[key] = answer


class _Group:
    """The links whose filters need values of the same attributes, by these values."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._lookups: list[Lookup] = [lookup(name) for name in names]
        self._numbers: dict[tuple[str | None, ...], list[int]] = {}

    def add(self, choice: Mapping[str, str], number: int) -> None:
        self._numbers.setdefault(tuple(choice[name] for name in self._names), []).append(number)

    def find(self, attributes: Attributes) -> Sequence[int]:
        """The links for these attributes."""
        return self._numbers.get(tuple([find(attributes) for find in self._lookups]), ())


def _test(accepts: Filter) -> Test:
    def test(event: Event) -> bool:
        try:
            return accepts.accepts(event)
        except CesqlPanic:
            return True  # whoever delivers it meets the panic again

    return test
