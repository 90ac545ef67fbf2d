"""The tree of a CESQL expression, and how it is written.

Chains of one logic operator are one node, so that a long one is not a deep one.  Two trees are
equal when they mean the same piece by piece; where they stand in the text does not count.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from kne.plane.cesql.values import Type, Value, to_text, type_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of an expression: `start` and `end` are offsets, `height` counts levels below."""

    start: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)
    height: int = field(default=1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value that is written down."""

    value: Value


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """The value of an attribute; the name is in lower case."""

    name: str


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """Whether the event has that attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Not(Node):
    """NOT; also the NOT of NOT LIKE and NOT IN."""

    of: "Expr"


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """Minus before a value."""

    of: "Expr"


@dataclass(frozen=True, slots=True)
class Like(Node):
    """A comparison with a pattern."""

    of: "Expr"
    pattern: str


@dataclass(frozen=True, slots=True)
class In(Node):
    """Whether a value is one of some."""

    of: "Expr"
    members: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic (`+ - * / %`) or a comparison (`= != < <= > >=`; `<>` is `!=`)."""

    operator: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """AND, OR or XOR of two or more, asked from left to right."""

    operator: str
    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function; the name is in upper case."""

    name: str
    arguments: tuple["Expr", ...]


Expr: TypeAlias = Literal | Attribute | Exists | Not | Negate | Like | In | Binary | Logic | Call
ARITHMETIC = frozenset("+-*/%")
PRECEDENCE = {"*": 6, "/": 6, "%": 6, "+": 5, "-": 5}
COMPARISON, IN, LIKE, UNARY = 4, 7, 9, 10


def children(node: Expr) -> tuple[Expr, ...]:
    """The parts of a node, from left to right."""
    match node:
        case Not(of) | Negate(of) | Like(of, _):
            return (of,)
        case In(of, members):
            return (of, *members)
        case Binary(_, left, right):
            return (left, right)
        case Logic(_, items):
            return items
        case Call(_, arguments):
            return arguments
        case _:
            return ()


def walk(node: Expr) -> Iterator[Expr]:
    """The node and all below it."""
    nodes = [node]
    while nodes:
        it = nodes.pop()
        yield it
        nodes.extend(reversed(children(it)))


def static_type(node: Expr, returns: Callable[[str, int], Type]) -> Type:
    """The type of all values a node can give.

    `returns` says it of a function, by its name and the number of its arguments.
    """
    match node:
        case Literal(value):
            return type_of(value)
        case Attribute():
            return "any"
        case Call(name, arguments):
            return returns(name, len(arguments))
        case Negate():
            return "integer"
        case Binary(operator, _, _) if operator in ARITHMETIC:
            return "integer"
        case _:
            return "boolean"


def show(node: Expr) -> str:
    """The expression as text that reads back as the same tree, in every dialect.

    How AND, OR and XOR are grouped is always written out, and that NOT binds tighter.

    Raises:
        ValueError: a text in it cannot be written (no expression gives such a tree).
    """
    match node:
        case Literal(value):
            return quote(value) if isinstance(value, str) else to_text(value).upper()
        case Attribute(name):
            return name
        case Exists(name):
            return f"EXISTS {name}"
        case Call(name, arguments):
            return f"{name}({_listed(arguments)})"
        case Binary(operator, left, right):
            level = PRECEDENCE.get(operator, COMPARISON)
            return f"{_operand(left, level)} {operator} {_operand(right, level + 1)}"
        case Logic(operator, items):
            return f" {operator} ".join(_within(item, COMPARISON) for item in items)
        case _:
            return _show_unary(node)


def _show_unary(node: Not | Negate | Like | In) -> str:
    match node:
        case Not(Like() | In()):
            return _test(node.of, "NOT ")
        case Not(of):
            return f"NOT {_within(of, UNARY)}"
        case Negate(of):
            return f"-({show(of)})"
        case Like() | In():
            return _test(node, "")


def _test(node: Expr, negation: str) -> str:
    """LIKE or IN with what is tested."""
    match node:
        case Like(of, pattern):
            return f"{_operand(of, LIKE)} {negation}LIKE {quote(pattern)}"
        case In(of, members):
            return f"{_operand(of, IN)} {negation}IN ({_listed(members)})"
        case _:
            return show(node)


def quote(text: str) -> str:
    """Text as a CESQL literal."""
    for mark in ("'", '"'):
        for body in (text.replace(mark, "\\" + mark), text):
            if _closes(body, mark) and body.replace("\\" + mark, mark) == text:
                return mark + body + mark
    raise ValueError(f"CESQL cannot write {text!r}")


def _closes(body: str, mark: str) -> bool:
    """True if a literal with that body ends where it should."""
    at = 0
    while at < len(body):
        if body[at] == "\\" or body.startswith(mark + mark, at):
            at += 2
        elif body[at] == mark:
            return False
        else:
            at += 1
    return at == len(body)


def _level(node: Expr) -> int:
    match node:
        case Not(Like()):
            return LIKE
        case Not(In()):
            return IN
        case Like():
            return LIKE
        case In():
            return IN
        case Binary(operator, _, _):
            return PRECEDENCE.get(operator, COMPARISON)
        case Logic():
            return 0
        case Not() | Negate():
            return UNARY
        case _:
            return UNARY + 1


def _operand(node: Expr, level: int) -> str:
    """One side of an operator; that NOT binds tighter is written out."""
    return f"({show(node)})" if isinstance(node, Not) else _within(node, level)


def _within(node: Expr, level: int) -> str:
    text = show(node)
    return text if _level(node) >= level else f"({text})"


def _listed(nodes: tuple[Expr, ...]) -> str:
    return ", ".join(show(node) for node in nodes)
