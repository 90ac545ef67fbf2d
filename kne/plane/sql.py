"""The dialect `cesql`: a clause that asks an expression.

It stands apart from the other clauses because CESQL is a language of its own: it is loaded when
a filter is written in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kne.plane.cesql.evaluate import Expression
from kne.plane.cesql.explain import explain
from kne.plane.cesql.syntax import Attribute, Binary, Expr, In, Literal, Logic
from kne.plane.cesql.values import EvaluationError, shown
from kne.plane.clauses import FAIL, PASS, Judge
from kne.plane.keys import Keys, every
from kne.plane.lookup import PECULIAR, Attributes
from kne.plane.panic import CesqlPanic
from kne.plane.proof import Proof, Verdict


@dataclass(frozen=True)
class Sql:
    """A CESQL expression: an error is FAIL, a value that is not boolean a panic."""

    expression: Expression

    @property
    def judge(self) -> Judge:
        run = self.expression.run

        def judge(attributes: Attributes) -> Verdict:
            try:
                value = run(attributes)
            except EvaluationError:
                return FAIL
            if value is True:
                return PASS
            if value is False:
                return FAIL
            raise CesqlPanic(f"the filter gives {shown(value)}, neither true nor false")

        return judge

    def prove(self, attributes: Attributes) -> Proof:
        proof = explain(self.expression, attributes)
        if proof.outcome in ("true", "false", "error", "panic"):
            return proof
        found = f"it gives {proof.outcome}, neither true nor false"
        return replace(proof, outcome="panic", found=found)

    def describe(self) -> str:
        return f"cesql: {' '.join(self.expression.source.split())}"

    def keys(self) -> Keys:
        return of_expression(self.expression.tree)

    def panics(self) -> bool:
        return self.expression.may_panic

    def reads(self) -> frozenset[str]:
        names = self.expression.names
        return names.union(*(PECULIAR.get(name, ()) for name in names))


def of_expression(tree: Expr) -> Keys:
    """What a CESQL expression needs: `name = 'x'` and `name IN (...)` at the start of an AND."""
    items = tree.items if isinstance(tree, Logic) and tree.operator == "AND" else (tree,)
    found = []
    for item in items:
        choices = _texts(item)
        if choices is None:  # it, or what follows, could panic or fail first
            break
        found.append((Keys(choices), False))
    return every(found)._replace(enough=False)


def _texts(node: Expr) -> tuple[Mapping[str, str], ...] | None:
    """The values of which an attribute must have one, for `name = 'x'` and `name IN ('x', ...)`."""
    match node:
        case Binary("=", Attribute(name), Literal(str(text))) if name not in PECULIAR:
            return ({name: text},)
        case In(Attribute(name), members) if name not in PECULIAR:
            texts = [it.value for it in members if isinstance(it, Literal)]
            if len(texts) == len(members) and all(isinstance(it, str) for it in texts):
                return tuple({name: str(text)} for text in dict.fromkeys(texts))
    return None
