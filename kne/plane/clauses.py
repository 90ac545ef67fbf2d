"""The dialects of filters, each a clause that judges the attributes of an event.

    Match   exact, prefix, suffix, and the older filter.attributes
    Group   all, any
    Not     not
    (cesql is in kne.plane.sql)
    Skipped a clause that cannot be built: it stands in the tree and says nothing

A clause knows three verdicts, PASS, FAIL and NONE ("no filter"), and which attribute values an
event must have to stand a chance, so that an index can find it (`kne.plane.index`).

Source: knative/eventing pkg/eventfilter/subscriptionsapi and /attributes; spec core 2.5.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from kne.plane import keys as keys_
from kne.plane.keys import ANY, Keys
from kne.plane.lookup import PECULIAR, Attributes, lookup
from kne.plane.proof import Proof, Verdict, quoted

PASS, FAIL, NONE = Verdict.PASS, Verdict.FAIL, Verdict.NONE

EVERYTHING = "(everything)"
"""How a filter that refuses nothing is described."""

Judge: TypeAlias = Callable[[Attributes], Verdict]


class Clause(Protocol):
    """One filter, or one part of it."""

    @property
    def judge(self) -> Judge:
        """The verdict on an event's attributes; raises CesqlPanic where Knative panics."""
        ...  # a protocol has no body

    def prove(self, attributes: Attributes) -> Proof:
        """The verdict with its reasons; never raises."""
        ...  # a protocol has no body

    def describe(self) -> str:
        """The clause as a person reads it."""
        ...  # a protocol has no body

    def keys(self) -> Keys:
        """What an event needs so that the clause does not refuse it."""
        ...  # a protocol has no body

    def panics(self) -> bool:
        """Whether Knative's filter may panic on it."""
        ...  # a protocol has no body

    def reads(self) -> frozenset[str]:
        """The attributes the verdict depends on, by their names in the event."""
        ...  # a protocol has no body


_COMPARE: dict[str, tuple[Callable[[str, str], bool], str]] = {
    "exact": (str.__eq__, "="),
    "prefix": (str.startswith, "starts with"),
    "suffix": (str.endswith, "ends with"),
    "filter": (lambda value, wanted: value == wanted if wanted else value != "", "="),
}


@dataclass(frozen=True)
class Match:
    """Values of attributes, all of which must match: `exact`, `prefix`, `suffix` or `filter`.

    In the older `filter` an empty value means that the attribute is there and not empty.
    """

    dialect: str
    pairs: Mapping[str, str]

    @property
    def judge(self) -> Judge:
        compare, _ = _COMPARE[self.dialect]
        if self.dialect == "exact" and len(self.pairs) == 1:
            return _exactly(*next(iter(self.pairs.items())))
        tests = [(lookup(name), wanted) for name, wanted in self.pairs.items()]

        def judge(attributes: Attributes) -> Verdict:
            for find, wanted in tests:
                value = find(attributes)
                if value is None or not compare(value, wanted):
                    return FAIL
            return PASS

        return judge

    def prove(self, attributes: Attributes) -> Proof:
        parts = tuple(self._prove(name, attributes) for name in self.pairs)
        if len(parts) == 1:
            part = parts[0]
            return Proof(part.verdict, part.clause, self.dialect, part.outcome, part.found)
        verdict = FAIL if any(it.verdict is FAIL for it in parts) else PASS
        return Proof(verdict, "", self.dialect, _word(verdict), parts=parts)

    def _prove(self, name: str, attributes: Attributes) -> Proof:
        value, (compare, sign) = lookup(name)(attributes), _COMPARE[self.dialect]
        wanted = self.pairs[name]
        verdict = PASS if value is not None and compare(value, wanted) else FAIL
        clause = f"{name} {sign} {quoted(wanted)}" if wanted else f"{name} is set"
        found = f"{name} is {'missing' if value is None else quoted(value)}"
        return Proof(verdict, clause, outcome=_word(verdict), found=found)

    def describe(self) -> str:
        _, sign = _COMPARE[self.dialect]
        return " and ".join(
            f"{name} {sign} {wanted}" if wanted else f"{name} is set"
            for name, wanted in self.pairs.items()
        )

    def keys(self) -> Keys:
        if self.dialect not in ("exact", "filter"):
            return ANY
        exact = {name: wanted for name, wanted in self.pairs.items() if wanted}
        return Keys((exact,), len(exact) == len(self.pairs))

    def panics(self) -> bool:
        return False

    def reads(self) -> frozenset[str]:
        return frozenset().union(*(PECULIAR.get(name, {name}) for name in self.pairs))


def _exactly(name: str, wanted: str) -> Judge:
    """The filter of most Triggers, as short as can be; `wanted` is not empty."""
    if name in PECULIAR:
        find = lookup(name)
        return lambda attributes: PASS if find(attributes) == wanted else FAIL
    return lambda attributes: PASS if attributes.get(name) == wanted else FAIL


@dataclass(frozen=True)
class Group:
    """`all` or `any` of some clauses, asked in order.

    `all` ends at the first FAIL and `any` at the first PASS; else the last clause's verdict counts,
    so `any: [FAIL, NONE]` passes and `any: [NONE, FAIL]` does not.  (Knative asks often decisive
    clauses earlier as it runs; kne keeps the order.)
    """

    dialect: str
    clauses: tuple[Clause, ...]

    @property
    def judge(self) -> Judge:
        judges = tuple(it.judge for it in self.clauses if not isinstance(it, Skipped))
        if len(judges) == 1:
            return judges[0]
        decisive = FAIL if self.dialect == "all" else PASS

        def judge(attributes: Attributes) -> Verdict:
            verdict = NONE
            for it in judges:
                verdict = it(attributes)
                if verdict is decisive:
                    break
            return verdict

        return judge

    def prove(self, attributes: Attributes) -> Proof:
        parts = tuple(it.prove(attributes) for it in self.clauses)
        decisive = FAIL if self.dialect == "all" else PASS
        verdict = NONE
        for it, part in zip(self.clauses, parts, strict=True):
            if isinstance(it, Skipped):
                continue
            verdict = part.verdict
            if verdict is decisive:
                break
        return Proof(verdict, "", self.dialect, _word(verdict), parts=parts)

    def describe(self) -> str:
        said = [it.describe() for it in self.clauses if not isinstance(it, Skipped)]
        if not said:
            return EVERYTHING
        text = (" and " if self.dialect == "all" else " or ").join(said)
        return f"({text})" if len(said) > 1 else text

    def keys(self) -> Keys:
        clauses = [it for it in self.clauses if not isinstance(it, Skipped)]
        if self.dialect == "all":
            return keys_.every((it.keys(), it.panics()) for it in clauses)
        return keys_.either(it.keys() for it in clauses)

    def panics(self) -> bool:
        return any(it.panics() for it in self.clauses)

    def reads(self) -> frozenset[str]:
        return frozenset().union(*(it.reads() for it in self.clauses))


@dataclass(frozen=True)
class Not:
    """The opposite of a clause; that of NONE is NONE."""

    of: Clause

    @property
    def judge(self) -> Judge:
        of = self.of.judge
        return lambda attributes: _OPPOSITE[of(attributes)]

    def prove(self, attributes: Attributes) -> Proof:
        part = self.of.prove(attributes)
        verdict = _OPPOSITE[part.verdict]
        return Proof(verdict, "", "not", _word(verdict), parts=(part,))

    def describe(self) -> str:
        return f"not {self.of.describe()}" if not isinstance(self.of, Skipped) else EVERYTHING

    def keys(self) -> Keys:
        return ANY

    def panics(self) -> bool:
        return self.of.panics()

    def reads(self) -> frozenset[str]:
        return self.of.reads()


@dataclass(frozen=True)
class Skipped:
    """A clause that Knative cannot build and leaves out."""

    dialect: str
    clause: str
    reason: str

    @property
    def judge(self) -> Judge:
        return lambda attributes: NONE

    def prove(self, attributes: Attributes) -> Proof:
        return Proof(NONE, self.clause, self.dialect, "skipped", self.reason)

    def describe(self) -> str:
        return EVERYTHING

    def keys(self) -> Keys:
        return ANY

    def panics(self) -> bool:
        return False

    def reads(self) -> frozenset[str]:
        return frozenset()


_OPPOSITE = {PASS: FAIL, FAIL: PASS, NONE: NONE}


def _word(verdict: Verdict) -> str:
    return {PASS: "true", FAIL: "false", NONE: "none"}[verdict]
