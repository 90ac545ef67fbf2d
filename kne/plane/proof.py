"""Why a filter gave its verdict: a tree of clauses, each with what it found.

`accepts` of a filter answers quickly and says nothing else; a proof is made only when somebody
asks (`kne why`, `kne trace`, `--dry-run`).

    proof.text()    in a few words: `type is "x"`, `cesql false at: type = 'x'`
    proof.lines()   clause by clause, as `kne why` shows it
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

LONGEST = 60
"""Columns a clause may take before what was found moves to the right."""


class Verdict(Enum):
    """What a filter says; an event is refused by FAIL alone (spec core 2.4)."""

    PASS = "pass"
    FAIL = "fail"
    NONE = "no filter"


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict of one clause, and why.

    `dialect` names the kind of filter, empty for a part of a CESQL expression.  `clause` is what
    the event is expected to be, `found` what it is.  `outcome` is the clause's own word: `true`,
    `false`, `error`, `skipped`, or the value of an expression that is neither true nor false.
    `reached` is False for a part that Knative does not look at any more.
    """

    verdict: Verdict
    clause: str = ""
    dialect: str = ""
    outcome: str = ""
    found: str = ""
    parts: tuple["Proof", ...] = ()
    reached: bool = True

    def text(self) -> str:
        """The reason in one short line."""
        if self.verdict is Verdict.NONE:
            return "no filter"
        if self.verdict is Verdict.FAIL:
            return self._blame()
        return self._label()

    @property
    def failing(self) -> tuple["Proof", ...]:
        """The innermost clauses that fail: what stands between the event and a match."""
        if self.verdict is not Verdict.FAIL:
            return ()
        if self.dialect == "not" or not self.parts:
            return (self,)
        return tuple(leaf for part in self.parts for leaf in part.failing)

    def lines(self) -> list[str]:
        """The clauses, one a line, in columns: clause, outcome, what was found."""
        rows = list(self._rows(""))
        wide = max((len(left) for left, word, _ in rows if word and len(left) < LONGEST), default=0)
        word_wide = max((len(word) for _, word, _ in rows), default=0)
        return [
            f"{left:<{wide}}   {word:<{word_wide}}   {found}".rstrip() if word else left
            for left, word, found in rows
        ]

    def _rows(self, indent: str) -> Iterator[tuple[str, str, str]]:
        """Clause, outcome and finding of this clause and those below."""
        label = f"{self.dialect}  " if self.dialect and self.clause else self.dialect
        whole = self.dialect == "cesql" and bool(self.parts)
        if label or self.clause.upper().startswith("NOT") or not self.parts:
            outcome = self.outcome if self.reached else f"({self.outcome})"
            yield f"{indent}{label}{self.clause}", "" if whole else outcome, self.found
            indent += " " * (len(label) if self.clause and label else 2)
        for part in self.parts:
            yield from part._rows(indent)

    def _label(self) -> str:
        """What passed: the kind of filter, and the attributes it asks for."""
        if self.dialect in ("", "all", "any"):
            said = [it.text() for it in self.parts if it.verdict is Verdict.PASS]
            return ", ".join(dict.fromkeys(said)) or "no filter"
        if self.dialect == "not":
            return f"not {self.parts[0]._label()}"
        if self.dialect == "cesql":
            return "cesql"
        names = [it.clause.split(" ", 1)[0] for it in self.parts or (self,)]
        return f"{self.dialect} {', '.join(names)}"

    def _blame(self) -> str:
        """What made it fail."""
        if self.outcome == "panic" and self.dialect != "cesql":
            return self.found
        if self.dialect == "cesql":
            guilty = next(self._guilty(), self)
            reason = f" ({guilty.found})" if guilty.outcome in ("error", "panic") else ""
            return f"cesql {guilty.outcome} at: {guilty.clause}{reason}"
        if self.dialect == "not":
            return f"not: {self.parts[0]._label()} holds"
        if not self.parts:
            return self.found
        blamed = [part._blame() for part in self.parts if part.verdict is Verdict.FAIL]
        if self.dialect != "any":  # the first to fail ends it
            return blamed[0]
        return "; ".join(dict.fromkeys(blamed))

    def _guilty(self) -> Iterator["Proof"]:
        """The first part that was looked at and did not hold, innermost first."""
        for part in self.parts:
            if part.reached and part.verdict is Verdict.FAIL:
                yield from part._guilty()
                yield part


NO_FILTER = Proof(Verdict.NONE, "no filter")
"""The proof of a Trigger without any filter."""


SHOWN = 80
"""Characters of a value that people are shown."""


def quoted(text: str, longest: int = SHOWN) -> str:
    """A text as people are shown it: in quotes, cut when it is longer than that."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return '"' + "".join(c if c.isprintable() and c != '"' else _escaped(c) for c in cut) + '"'


def _escaped(character: str) -> str:
    return '\\"' if character == '"' else ascii(character)[1:-1]
