"""The proof of a CESQL expression: every condition in it, with the attributes it looked at.

Conditions behind a decided AND or OR are asked as well, and marked as not reached: they tell what
else would be in the way.
"""

from collections.abc import Iterator

from kne.plane.cesql.evaluate import Expression, compiled
from kne.plane.cesql.syntax import Attribute, Exists, Expr, Logic, Not, children
from kne.plane.cesql.values import (
    Attributes,
    EvaluationError,
    Value,
    shown,
    to_boolean,
)
from kne.plane.panic import CesqlPanic
from kne.plane.proof import Proof, Verdict


def explain(it: Expression, attributes: Attributes) -> Proof:
    """Why the expression gives what it gives; never raises."""
    whole = _prove(it, it.tree, attributes)
    return Proof(
        whole.verdict,
        it.source.strip(),
        "cesql",
        whole.outcome,
        whole.found,
        whole.parts,
    )


def _prove(it: Expression, node: Expr, attributes: Attributes, reached: bool = True) -> Proof:
    outcome, problem = _outcome(it, node, attributes)
    parts = tuple(_parts(it, node, attributes, reached))
    return Proof(
        Verdict.PASS if outcome == "true" else Verdict.FAIL,
        it.source[node.start : node.end],
        outcome=outcome,
        found=", ".join(filter(None, (problem, *_found(it, node, attributes)))),
        parts=parts,
        reached=reached,
    )


def _outcome(it: Expression, node: Expr, attributes: Attributes) -> tuple[str, str]:
    """What the node gives, and what is wrong with it."""
    try:
        value = compiled(node, it.dialect)(attributes)
        if node is not it.tree:  # AND, OR and XOR ask for true or false
            value = to_boolean(value)
    except EvaluationError as error:
        return "error", "" if error.kind == "missingAttribute" else error.message
    except CesqlPanic as panic:
        return "panic", str(panic)
    return (str(value).lower(), "") if isinstance(value, bool) else (shown(value), "")


def _parts(it: Expression, node: Expr, attributes: Attributes, reached: bool) -> Iterator[Proof]:
    if isinstance(node, Not):
        if isinstance(node.of, Logic):
            yield _prove(it, node.of, attributes, reached)
        return
    if not isinstance(node, Logic):
        return
    for item in node.items:
        proof = _prove(it, item, attributes, reached)
        yield proof
        decided = {"AND": "false", "OR": "true"}.get(node.operator)
        if proof.outcome in (decided, "error", "panic"):
            reached = False


def _found(it: Expression, node: Expr, attributes: Attributes) -> Iterator[str]:
    """`type is "x"` for each attribute below the node; nothing for AND, OR and XOR."""
    if isinstance(node, Logic) or (isinstance(node, Not) and isinstance(node.of, Logic)):
        return
    for name in dict.fromkeys(_names(node)):
        value: Value | None = it.dialect.attribute(name)(attributes)
        yield f"{name} is {'missing' if value is None else shown(value)}"


def _names(node: Expr) -> Iterator[str]:
    if isinstance(node, Attribute | Exists):
        yield node.name
    for child in children(node):
        yield from _names(child)
