"""From a tree to a function of an event's attributes.

Each node becomes one closure over those of its parts, so that nothing of the tree is looked at
when an event comes.  The first failure ends the evaluation; its value is the zero of the type the
whole expression has, unless the whole expression is the function that failed.

Source: cloudevents/sdk-go sql/v2 expression/.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from kne.plane.cesql import functions
from kne.plane.cesql.dialect import DIALECTS, REQUIRED, Dialect
from kne.plane.cesql.parser import DialectName, parse
from kne.plane.cesql.syntax import (
    ARITHMETIC,
    Attribute,
    Binary,
    Call,
    Exists,
    Expr,
    In,
    Like,
    Literal,
    Logic,
    Negate,
    Not,
    static_type,
    walk,
)
from kne.plane.cesql.values import (
    ZERO,
    Attributes,
    EvaluationError,
    Outcome,
    Type,
    Value,
    cast,
    to_boolean,
    to_integer,
    to_text,
    type_of,
)

Run: TypeAlias = Callable[[Attributes], Value]
"""What a node does; raises EvaluationError and, in Knative's dialect, CesqlPanic."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A CESQL expression, ready to be asked.

    `run` is the bare function; `dropped` are the offsets of characters Knative does not see.
    """

    source: str
    dialect: Dialect
    tree: Expr
    dropped: tuple[int, ...]
    run: Run

    def evaluate(self, attributes: Attributes) -> Outcome:
        """Its value for an event, and the error beside it.

        Raises:
            CesqlPanic: Knative's filter would panic.
        """
        try:
            return Outcome(self.run(attributes))
        except EvaluationError as error:
            return Outcome(error.value if error.by is self.tree else ZERO[self.type], error)

    @property
    def type(self) -> Type:
        """The type of its value; `any` where only an event can tell."""

        def returns(name: str, count: int) -> Type:
            function = functions.find(self.dialect.functions, name, count)
            return function.returns if function else "any"

        return static_type(self.tree, returns)

    @property
    def names(self) -> frozenset[str]:
        """The attributes it asks for."""
        return frozenset(it.name for it in walk(self.tree) if isinstance(it, Attribute | Exists))

    @property
    def calls(self) -> Iterator[tuple[Call, functions.Function | None]]:
        """Every call in it, with the function that is called, if there is one."""
        for it in walk(self.tree):
            if isinstance(it, Call):
                found = functions.find(self.dialect.functions, it.name, len(it.arguments))
                yield it, found

    @property
    def may_panic(self) -> bool:
        """Whether a filter of it could make Knative panic."""
        return self.type != "boolean" or any(found and found.panics for _, found in self.calls)


def expression(source: str, dialect: DialectName = "knative") -> Expression:
    """Read an expression.

    Raises:
        ParseError: it is not CESQL.
    """
    tree, dropped = parse(source, dialect)
    means = DIALECTS[dialect]
    return Expression(source, means, tree, dropped, compiled(tree, means))


def compiled(node: Expr, dialect: Dialect) -> Run:
    """The function of one node."""
    return _COMPILE[type(node)](node, dialect)


def _missing(name: str) -> EvaluationError:
    return EvaluationError("missingAttribute", f"the event has no attribute {name}")


def _literal(node: Literal, dialect: Dialect) -> Run:
    value = node.value
    return lambda attributes: value


def _attribute(node: Attribute, dialect: Dialect) -> Run:
    get, name = dialect.attribute(node.name), node.name

    def run(attributes: Attributes) -> Value:
        value = get(attributes)
        if value is None:
            raise _missing(name)
        return value

    return run


def _exists(node: Exists, dialect: Dialect) -> Run:
    if node.name in REQUIRED:
        return lambda attributes: True
    get = dialect.attribute(node.name)
    return lambda attributes: get(attributes) is not None


def _not(node: Not, dialect: Dialect) -> Run:
    of = compiled(node.of, dialect)
    return lambda attributes: not to_boolean(of(attributes))


def _negate(node: Negate, dialect: Dialect) -> Run:
    of, fit = compiled(node.of, dialect), dialect.fit
    return lambda attributes: fit(-to_integer(of(attributes)))


def _like(node: Like, dialect: Dialect) -> Run:
    of, matches = compiled(node.of, dialect), dialect.like(node.pattern)
    return lambda attributes: matches(to_text(of(attributes)))


def _in(node: In, dialect: Dialect) -> Run:
    of = compiled(node.of, dialect)
    if all(isinstance(it, Literal) for it in node.members):
        return _in_literals(of, [it.value for it in node.members if isinstance(it, Literal)])
    members = [compiled(it, dialect) for it in node.members]

    def run(attributes: Attributes) -> Value:
        value = of(attributes)
        to = type_of(value)
        return any(cast(member(attributes), to) == value for member in members)

    return run


def _in_literals(of: Run, members: list[Value]) -> Run:
    texts = frozenset(map(to_text, members))

    def run(attributes: Attributes) -> Value:
        value = of(attributes)
        if isinstance(value, str):
            return value in texts
        to = type_of(value)
        return any(cast(member, to) == value for member in members)

    return run


def _binary(node: Binary, dialect: Dialect) -> Run:
    if node.operator in ARITHMETIC:
        return _arithmetic(node, dialect)
    if node.operator in ("=", "!="):
        return _equality(node, dialect)
    left, right = compiled(node.left, dialect), compiled(node.right, dialect)
    compare = _COMPARE[node.operator]

    def run(attributes: Attributes) -> Value:
        one, other = left(attributes), right(attributes)
        return compare(to_integer(one), to_integer(other))

    return run


def _equality(node: Binary, dialect: Dialect) -> Run:
    """`=` and `!=`: the left side becomes what the right one is."""
    left, right, wanted = compiled(node.left, dialect), node.right, node.operator == "="
    if isinstance(right, Literal) and isinstance(right.value, str):
        text = right.value
        return lambda attributes: (to_text(left(attributes)) == text) is wanted
    other = compiled(right, dialect)

    def run(attributes: Attributes) -> Value:
        one, two = left(attributes), other(attributes)
        return (cast(one, type_of(two)) == two) is wanted

    return run


def _arithmetic(node: Binary, dialect: Dialect) -> Run:
    left, right = compiled(node.left, dialect), compiled(node.right, dialect)
    calculate, fit = _CALCULATE[node.operator], dialect.fit

    def run(attributes: Attributes) -> Value:
        one, two = left(attributes), right(attributes)
        return fit(calculate(to_integer(one), to_integer(two)))

    return run


def _divide(one: int, two: int) -> int:
    """Rounded towards zero, as Go does."""
    if two == 0:
        raise EvaluationError("math", "division by zero", 0)
    quotient = abs(one) // abs(two)
    return quotient if (one < 0) == (two < 0) else -quotient


def _logic(node: Logic, dialect: Dialect) -> Run:
    items = [compiled(it, dialect) for it in node.items]
    if node.operator == "XOR":
        return lambda attributes: sum([to_boolean(it(attributes)) for it in items]) % 2 == 1
    decides = node.operator == "OR"

    def run(attributes: Attributes) -> Value:
        for it in items:
            if to_boolean(it(attributes)) is decides:
                return decides
        return not decides

    return run


def _call(node: Call, dialect: Dialect) -> Run:
    function = functions.find(dialect.functions, node.name, len(node.arguments))
    if function is None:
        message = f"there is no function {node.name} with {len(node.arguments)} arguments"

        def fail(attributes: Attributes) -> Value:
            raise EvaluationError("missingFunction", message)

        return fail
    rest = len(node.arguments) - len(function.arguments)
    types = (*function.arguments, *(function.rest or "any",) * rest)
    arguments = [(compiled(it, dialect), to) for it, to in zip(node.arguments, types, strict=True)]
    call = function.run

    def run(attributes: Attributes) -> Value:
        given = [cast(argument(attributes), to) for argument, to in arguments]
        try:
            return call(*given)
        except EvaluationError as error:
            error.by = node
            raise

    return run


_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CALCULATE: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": lambda one, two: one - two * _divide(one, two),
}
_COMPILE: dict[type, Callable[[Any, Dialect], Run]] = {
    Literal: _literal,
    Attribute: _attribute,
    Exists: _exists,
    Not: _not,
    Negate: _negate,
    Like: _like,
    In: _in,
    Binary: _binary,
    Logic: _logic,
    Call: _call,
}
