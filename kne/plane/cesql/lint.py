"""What is odd about an expression that Knative accepts: each would surprise who wrote it."""

import re
from collections.abc import Iterator

from kne.plane.cesql.evaluate import Expression
from kne.plane.cesql.syntax import (
    Attribute,
    Binary,
    Call,
    Expr,
    In,
    Like,
    Logic,
    Not,
    children,
    show,
    walk,
)

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+", re.IGNORECASE)


def oddities(it: Expression) -> Iterator[str]:
    """What a person should know of it, one sentence each."""
    yield from _result(it)
    if it.dropped:
        signs = "".join(dict.fromkeys(it.source[at] for at in it.dropped))
        yield f"Knative ignores these characters: {signs}"
    for call, found in it.calls:
        if found is None:
            yield f"there is no {_shape(call)}: it fails for every event"
    for node in walk(it.tree):
        yield from _grouping(it, node)


def _result(it: Expression) -> Iterator[str]:
    if it.type in ("text", "integer"):
        kind = "a text" if it.type == "text" else "a number"
        yield f"it gives {kind}, neither true nor false: Knative's filter panics on every event"
    elif it.type == "any" and isinstance(it.tree, Attribute):
        name = it.tree.name
        yield (
            f"it gives the text of {name}, not true or false: Knative's filter panics; "
            f"did you mean EXISTS {name} or {name} = TRUE?"
        )


def _shape(call: Call) -> str:
    count = len(call.arguments)
    return f"function {call.name} of {count} argument{'' if count == 1 else 's'}"


def _grouping(it: Expression, node: Expr) -> Iterator[str]:
    source = it.source[node.start : node.end]
    left = (
        node.left if isinstance(node, Binary) else node.of if isinstance(node, Like | In) else None
    )
    if isinstance(node, Logic):
        if any(isinstance(part, Logic) and _bare(it, part) for part in node.items):
            yield f"AND, OR and XOR are of equal rank: Knative reads {show(node)}"
    elif isinstance(left, Not) and _bare(it, left):
        yield f"NOT binds tighter than what follows: Knative reads {show(node)}"
    elif isinstance(node, Binary) and node.operator == "-" and _NAME.fullmatch(source):
        yield f"{source} is a subtraction, {show(node)}: names have letters and digits only"


def _left(node: Expr) -> Expr | None:
    """What stands on the left of an operator."""
    if isinstance(node, Like | In):
        return node.of
    return node.left if isinstance(node, Binary) else None


def _bare(it: Expression, part: Expr) -> bool:
    """True if no parentheses around the part say that it was meant so."""
    inner = {child.start for child in children(part)}
    return it.source[part.start] != "(" or part.start in inner
