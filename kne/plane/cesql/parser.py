"""CESQL text to tree: operator precedence by hand (docs/decisions/0003-cesql-by-hand.md).

    NOT -        bind tightest:  NOT a = b  is  (NOT a) = b
    LIKE
    IN
    * / %
    + -
    = != <> < <= > >=
    AND OR XOR   of equal rank, from left to right in the standard, from right to left in
                 Knative: there  a AND b OR c  is  a AND (b OR c)

Source: cloudevents/sdk-go sql/v2 CESQLParser.g4 and parser/expression_visitor.go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal as Choice
from typing import TypeAlias

from kne.plane.cesql.lexer import (
    END,
    FUNCTION,
    HINTS,
    NAME,
    NUMBER,
    QUOTE,
    TEXT,
    Token,
    words,
)
from kne.plane.cesql.syntax import (
    COMPARISON,
    IN,
    LIKE,
    PRECEDENCE,
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
    children,
)
from kne.plane.cesql.values import LARGEST, SMALLEST, ParseError

DialectName: TypeAlias = Choice["knative", "standard"]

DEEPEST = 150
"""Levels of one expression; Go has no such limit, Python's stack has."""

LOGIC = 1
SYNTAX_ERROR = "parse error: syntax error: "
BAD_PATTERN = "|failed to parse LIKE expression: the pattern was not a string literal"
_RANKS = {
    **PRECEDENCE,
    **dict.fromkeys(("=", "!=", "<>", "<", "<=", ">", ">="), COMPARISON),
    **dict.fromkeys(("AND", "OR", "XOR"), LOGIC),
    **{"LIKE": LIKE, "IN": IN},
}


def parse(source: str, dialect: DialectName = "knative") -> tuple[Expr, tuple[int, ...]]:
    """The tree of an expression, and the offsets of characters that Knative does not see.

    Raises:
        ParseError: it is not CESQL.
    """
    found = words(source, strict=dialect == "standard")
    reader = _Reader(found.tokens, dialect, {at: source[at] for at in found.dropped})
    return reader.whole(), found.dropped


class _Reader:
    """Reads one list of tokens once, from left to right.

    `inside` counts the operators and lists around the current place: within one, Knative's
    parser gives up without a word if a value is missing, else it says so (spec core 2.5.1).
    `open` counts the parentheses around it.
    """

    def __init__(
        self, tokens: Sequence[Token], dialect: DialectName, dropped: Mapping[int, str]
    ) -> None:
        self.tokens = tokens
        self.dialect = dialect
        self.dropped = dropped
        self.at = 0
        self.inside = 0
        self.levels = 0
        self.open = 0
        self.too_large: list[Token] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def after(self) -> Token:
        """The token after the next; the end repeats itself."""
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.token
        if token.kind != END:
            self.at += 1
        return token

    def whole(self) -> Expr:
        """The whole list as one expression."""
        tree = self.expression(0)
        if self.token.kind != END:
            details = "" if self.after.kind == END else SYNTAX_ERROR
            raise self.fault("the expression should end here", details, _hint_after(self))
        if self.too_large:
            raise ParseError(
                f"{self.too_large[0].text} does not fit into 32 bits",
                self.too_large[0].start,
                details="parse error: " + "|".join(self.range_errors()),
            )
        return tree

    def range_errors(self) -> list[str]:
        return [
            f'strconv.ParseInt: parsing "{it.text}": value out of range' for it in self.too_large
        ]

    def fault(self, message: str, details: str, hint: str = "") -> ParseError:
        token = self.token
        if details:
            details = "|".join((details, *self.range_errors()))
        if token.kind == QUOTE:
            return ParseError("this quote is never closed", token.start, details=details)
        if token.kind == END:
            message += ", but the expression ends"
        before = self.tokens[self.at - 1].end if self.at else 0
        for at in range(before, token.start):
            hint = HINTS.get(self.dropped.get(at, ""), hint)
        return ParseError(message, token.start, hint=hint, details=details)

    def expression(self, rank: int) -> Expr:
        """One operand and every operator after it that binds at least as tight as `rank`."""
        self.levels += 1
        if self.levels > DEEPEST:
            raise ParseError(f"nested deeper than {DEEPEST} levels", self.token.start)
        left = self.operand()
        while (found := self.operator()) and _RANKS[found] >= rank:
            left = self.chain(left) if _RANKS[found] == LOGIC else self.suffix(left, found)
            if left.height > DEEPEST:
                raise ParseError(f"nested deeper than {DEEPEST} levels", self.token.start)
        self.levels -= 1
        return left

    def operator(self) -> str:
        """The operator that stands here; of NOT LIKE and NOT IN the second word."""
        token = self.token
        if token.sign == "NOT":
            if self.after.sign in ("LIKE", "IN"):
                return self.after.sign
            raise self.fault("expected LIKE or IN after NOT", SYNTAX_ERROR)
        return token.sign if token.sign in _RANKS else ""

    def chain(self, first: Expr) -> Expr:
        """AND, OR and XOR from here on, grouped as the dialect does."""
        items, operators = [first], []
        while (found := self.operator()) and _RANKS[found] == LOGIC:
            operators.append(self.take().text)
            items.append(self.operand_of(LOGIC + 1))
        return (
            _from_right(items, operators)
            if self.dialect == "knative"
            else _from_left(items, operators)
        )

    def operand_of(self, rank: int) -> Expr:
        self.inside += 1
        node = self.expression(rank)
        self.inside -= 1
        return node

    def suffix(self, left: Expr, operator: str) -> Expr:
        negated = self.token.sign == "NOT"
        if negated:
            self.take()
        self.take()
        node: Expr
        if operator == "LIKE":
            node = Like(left, self.pattern())
        elif operator == "IN":
            node = In(left, self.members())
        else:
            right = self.operand_of(_RANKS[operator] + 1)
            node = Binary("!=" if operator == "<>" else operator, left, right)
        node = self.placed(node, left.start)
        return self.placed(Not(node), left.start) if negated else node

    def pattern(self) -> str:
        if self.token.kind == TEXT:
            return self.take().text
        silent = self.after.kind == TEXT or self.token.kind == END or self.can_follow()
        raise self.fault(
            "expected a pattern in quotes after LIKE",
            "" if silent else SYNTAX_ERROR + BAD_PATTERN,
            "the pattern of LIKE is a literal: it cannot be computed",
        )

    def can_follow(self) -> bool:
        """True if the token could come after a value."""
        return self.token.sign in _RANKS or self.token.sign in ("NOT", ")", ",")

    def members(self) -> tuple[Expr, ...]:
        if self.token.sign != "(":
            starts = self.after.sign == "(" or _starts_value(self.token)
            raise self.fault("expected ( after IN", "" if starts else SYNTAX_ERROR)
        self.take()
        return self.values()

    def values(self) -> tuple[Expr, ...]:
        """One value or more, up to the closing parenthesis."""
        self.open += 1
        found = [self.operand_of(0)]
        while self.token.sign != ")":
            if self.token.sign != ",":
                silent = len(found) > 1 or self.after.sign in (",", ")")
                raise self.fault("expected , or )", "" if silent else SYNTAX_ERROR)
            self.take()
            found.append(self.operand_of(0))
        self.open -= 1
        self.take()
        return tuple(found)

    def operand(self) -> Expr:
        token = self.token
        if token.kind == TEXT:
            return self.literal(token.text)
        if token.kind == NUMBER:
            return self.number()
        if token.kind == FUNCTION or (token.kind == NAME and token.whole and self.is_call()):
            return self.call()
        if token.kind == NAME:
            self.take()
            return self.placed(Attribute(token.text.lower()), token.start)
        read = _OPERANDS.get(token.sign)
        if read is None:
            silent = self.inside or _starts_value(self.after)
            raise self.fault("expected a value", "" if silent else SYNTAX_ERROR, _hint_for(self))
        return read(self)

    def literal(self, value: str | int | bool) -> Expr:
        token = self.take()
        return Literal(value, start=token.start, end=token.end)

    def number(self) -> Expr:
        digits = self.token.text
        significant = digits.lstrip("+-").lstrip("0") or "0"
        value = int(significant[:11]) * (-1 if digits[0] == "-" else 1)
        if not SMALLEST <= value <= LARGEST:
            self.too_large.append(self.token)
        return self.literal(value)

    def is_call(self) -> bool:
        return self.after.sign == "("

    def call(self) -> Expr:
        name = self.take()
        if self.token.sign != "(":
            starts = self.after.sign == "(" or _starts_value(self.token) or self.token.sign == ")"
            raise self.fault(
                f"expected ( after {name.text}",
                "" if starts else SYNTAX_ERROR,
                "names of attributes have letters and digits only",
            )
        self.take()
        arguments: tuple[Expr, ...] = ()
        if self.token.sign == ")":
            self.take()
        elif not _starts_value(self.token):
            silent = _starts_value(self.after) or self.after.sign == ")"
            raise self.fault("expected a value or )", "" if silent else SYNTAX_ERROR)
        else:
            arguments = self.values()
        return self.placed(Call(name.text.upper(), arguments), name.start)

    def boolean(self) -> Expr:
        return self.literal(self.token.text == "TRUE")

    def negated(self) -> Expr:
        start = self.take()
        of = self.operand_of(_TIGHTEST)
        node: Expr = Not(of) if start.text == "NOT" else Negate(of)
        return self.placed(node, start.start)

    def exists(self) -> Expr:
        start = self.take()
        if self.token.kind != NAME:
            silent = self.after.kind == NAME or self.token.kind == END or self.can_follow()
            raise self.fault(
                "expected the name of an attribute after EXISTS", "" if silent else SYNTAX_ERROR
            )
        name = self.take().text.lower()
        return self.placed(Exists(name), start.start)

    def parenthesis(self) -> Expr:
        start = self.take()
        self.open += 1
        node = self.expression(0)
        self.open -= 1
        if self.token.sign != ")":
            silent = self.after.sign == ")" or (self.token.kind == END and not self.open)
            raise self.fault("expected )", "" if silent else SYNTAX_ERROR, _hint_after(self))
        self.take()
        return replace(node, start=start.start, end=self.tokens[self.at - 1].end)

    def placed(self, node: Expr, start: int) -> Expr:
        """The node with the place it takes, and its height."""
        end = self.tokens[self.at - 1].end
        return replace(node, start=start, end=end, height=_height(node))


_TIGHTEST = LIKE + 1
_OPERANDS = {
    "TRUE": _Reader.boolean,
    "FALSE": _Reader.boolean,
    "NOT": _Reader.negated,
    "-": _Reader.negated,
    "EXISTS": _Reader.exists,
    "(": _Reader.parenthesis,
}


def _height(node: Expr) -> int:
    return 1 + max((it.height for it in children(node)), default=0)


def _logic(operator: str, items: Sequence[Expr]) -> Expr:
    node = Logic(operator, tuple(items))
    return replace(node, start=items[0].start, end=items[-1].end, height=_height(node))


def _from_right(items: list[Expr], operators: list[str]) -> Expr:
    group = [items.pop()]  # backwards
    while operators:
        operator = operators.pop()
        group.append(items.pop())
        if not operators or operators[-1] != operator:
            group = [_logic(operator, group[::-1])]
    return group[0]


def _from_left(items: list[Expr], operators: list[str]) -> Expr:
    group, rest = [items[0]], items[1:]
    for number, (operator, item) in enumerate(zip(operators, rest, strict=True)):
        group.append(item)
        if number + 1 == len(operators) or operators[number + 1] != operator:
            group = [_logic(operator, group)]
    return group[0]


def _starts_value(token: Token) -> bool:
    return token.kind in (TEXT, NUMBER, NAME, FUNCTION) or token.sign in _OPERANDS


def _hint_for(reader: _Reader) -> str:
    """What may have been meant, where a value is missing."""
    before = reader.tokens[reader.at - 1].sign if reader.at else ""
    if reader.token.sign == before == "=":
        return "CESQL compares with one ="
    if reader.token.sign == ")" and before == "(":
        return "a list has one value at least"
    return ""


def _hint_after(reader: _Reader) -> str:
    """What may have been meant, where an operator is missing."""
    token, before = reader.token, reader.tokens[reader.at - 1]
    if token.kind == END:
        return ""
    if token.kind == NUMBER and token.text[0] in "+-":
        return f"write a space after the sign: {token.text[0]} {token.text[1:]}"
    if token.kind == NAME and before.kind == NAME:
        return "text stands in quotes"
    return "join conditions with AND, OR or XOR"
