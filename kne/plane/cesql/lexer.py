"""The words of a CESQL expression.

Knative's lexer drops every character it does not know and carries on (`type = 'a';` passes), and
takes a sign before a digit for part of the number (`4 -1` is two numbers in a row).  The standard
dialect refuses the former and reads the latter as a subtraction, as the standard's text has it.

Source: cloudevents/sdk-go sql/v2 CESQLLexer.g4, parser/case_changing_stream.go.
"""

import re
from dataclasses import dataclass

from kne.plane.cesql.values import ParseError

END, TEXT, NUMBER, NAME, FUNCTION, WORD, SIGN, QUOTE = (
    "end", "text", "number", "name", "function", "word", "sign", "quote",
)  # fmt: skip

KEYWORDS = frozenset(
    ("AND", "OR", "XOR", "NOT", "LIKE", "EXISTS", "IN", "TRUE", "FALSE"),
)
OPERAND_ENDS = frozenset((TEXT, NUMBER, NAME))

_PATTERN = re.compile(
    r"""
      (?P<space>[ \t\r\n]+)
    | (?P<text>'(?:\\.|''|[^'\\])*'|"(?:\\.|""|[^"\\])*")
    | (?P<number>[+-][0-9]+)
    | (?P<function>[A-Z]+_[A-Z_]*)
    | (?P<word>[A-Z0-9]+)
    | (?P<sign><=|>=|<>|!=|[()*,/%+\-=<>])
    | (?P<quote>['"])
    """,
    re.VERBOSE | re.DOTALL,
)
HINTS = {
    "&": "CESQL writes AND",
    "|": "CESQL writes OR",
    "!": "CESQL writes NOT, and != or <> for unequal",
    ".": "text stands in quotes; CESQL cannot look into data",
    "_": "names of attributes have letters and digits only",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its kind, its text (keywords and operators in upper case), where it stands."""

    kind: str
    text: str
    start: int
    end: int
    whole: bool = True
    """For a name: it has letters only, as the name of a function must."""

    @property
    def sign(self) -> str:
        """The operator, parenthesis or keyword; empty for every other token."""
        return self.text if self.kind in (SIGN, WORD) else ""


@dataclass(frozen=True, slots=True)
class Words:
    """All tokens with the END after them, and the offsets of the characters that were dropped."""

    tokens: tuple[Token, ...]
    dropped: tuple[int, ...]


def words(source: str, *, strict: bool) -> Words:
    """Take an expression apart; `strict` is the standard's way.

    Raises:
        ParseError: strict, and there is a character that means nothing.
    """
    upper = _upper(source)
    tokens: list[Token] = []
    dropped: list[int] = []
    open_ended: set[str] = set()
    at = 0
    while at < len(source):
        match = None if upper[at] in open_ended else _PATTERN.match(upper, at)
        kind = match.lastgroup if match else None
        if match is None and upper[at] in open_ended:
            tokens.append(Token(QUOTE, upper[at], at, at + 1))
            at += 1
        elif match is None:
            until = _after_unknown(source, at, strict)
            dropped.extend(range(at, until))
            at = until
        elif kind == "number" and strict and _is_operand_end(tokens):
            tokens.append(Token(SIGN, upper[at], at, at + 1))
            at += 1
        else:
            if kind == "quote":
                open_ended.add(upper[at])  # no such quote closes anything from here on
            if kind != "space":
                tokens.append(_token(str(kind), source, upper, match.span()))
            at = match.end()
    tokens.append(Token(END, "", len(source), len(source)))
    return Words(tuple(tokens), tuple(dropped))


def _token(kind: str, source: str, upper: str, span: tuple[int, int]) -> Token:
    start, end = span
    text = upper[start:end]
    if kind == "text":
        mark = source[start]
        return Token(TEXT, source[start + 1 : end - 1].replace("\\" + mark, mark), start, end)
    if kind == "word":
        if text.isdigit():
            return Token(NUMBER, text, start, end)
        if text in KEYWORDS:
            return Token(WORD, text, start, end)
        return Token(NAME, source[start:end], start, end, text.isalpha())
    return Token(kind, text, start, end)


def _upper(source: str) -> str:
    """The source in upper case, character by character (`unicode.ToUpper`)."""
    if source.isascii():
        return source.upper()
    return "".join(u if len(u := c.upper()) == 1 else c for c in source)


def _is_operand_end(tokens: list[Token]) -> bool:
    if not tokens:
        return False
    last = tokens[-1]
    return last.kind in OPERAND_ENDS or last.text in (")", "TRUE", "FALSE")


def _after_unknown(source: str, at: int, strict: bool) -> int:
    """Where to go on after a character that starts no token.

    Of a `!` without `=` the next character is lost as well: the lexer had already taken `!`
    when it failed, and then skips one more (antlr lexer.go, Recover).
    """
    if strict:
        character = source[at]
        raise ParseError(f"{character!r} means nothing here", at, hint=HINTS.get(character, ""))
    return min(at + 2, len(source)) if source[at] == "!" else at + 1
