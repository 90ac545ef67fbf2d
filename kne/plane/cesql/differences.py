"""Where Knative's CESQL and the standard's differ, found by asking both: writes docs/cesql.md.

    python -m kne.plane.cesql.differences > docs/cesql.md

Every row of the document is evaluated here in both dialects; only the reasons are words.  A test
holds the document to what this module writes, and every row to being a difference or none.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kne.plane.cesql.evaluate import expression
from kne.plane.cesql.parser import DialectName
from kne.plane.cesql.values import Attributes, ParseError, to_text
from kne.plane.panic import CesqlPanic


class Example(NamedTuple):
    """One expression, what is to be learned from it, and the event it is asked about."""

    expression: str
    reason: str
    event: Mapping[str, str | int | bool] = {}


DIFFERENT = (
    Example("FALSE AND TRUE OR TRUE", "AND, OR, XOR: equal rank, grouped from the right"),
    Example("TRUE OR FALSE AND FALSE", "the same; write parentheses"),
    Example("2147483647 + 1 < 0", "numbers of 32 bits start again from the other end"),
    Example("-(-2147483648)", "the same"),
    Example("4 -1", "a sign before a digit is part of the number: two numbers in a row"),
    Example("n-1 = 4", "the same; `n - 1` is a subtraction", {"n": 5}),
    Example("type = 'a';", "characters that mean nothing are dropped", {"type": "a"}),
    Example("type = com.", "the same: `com` is an attribute here", {"type": "a", "com": "a"}),
    Example("type !!= 'a'", "of `!` the next character is lost too: `=` is left", {"type": "a"}),
    Example("LENGTH('žluť')", "text is measured in bytes"),
    Example("LEFT('žluť', 1) = 'ž'", "text is cut between bytes"),
    Example("SUBSTRING('žluť', 3)", "the same"),
    Example("'ž' LIKE '_'", "`_` is one byte"),
    Example("'% done' LIKE '%done'", "`%` in the text is taken for the `%` of the pattern"),
    Example("'\\x' LIKE '\\_'", "a backslash in the text is taken for that of the pattern"),
    Example("subject = ''", "a blank attribute of the core is missing", {"subject": ""}),
    Example("EXISTS subject", "the same", {"subject": ""}),
    Example("EXISTS time", "the zero time is no time", {"time": "0001-01-01T00:00:00Z"}),
    Example(
        "dataschema = 'http://s'",
        "CloudEvents 0.3 calls it schemaurl",
        {"specversion": "0.3", "schemaurl": "http://s"},
    ),
    Example(
        "EXISTS schemaurl",
        "the same: in 0.3 it is no extension",
        {"specversion": "0.3", "schemaurl": "http://s"},
    ),
    Example("SUBSTRING('abc', 1, -1)", "Go panics; as a filter this drops the connection"),
    Example(
        "KN_VERIFY_CORRELATION_ID('a:b:0', 'n', 'ns', 's', 0, 1)",
        "a function of RequestReply; kne keeps no keys, so it is never true",
    ),
)
ALIKE = (
    Example("NOT type = 'a'", "NOT binds tighter: `(NOT type) = 'a'`", {"type": "b"}),
    Example("NOT (region = 'eu')", "a missing attribute is an error, also below NOT"),
    Example("region = 'eu' OR TRUE", "an error on the left ends it"),
    Example("TRUE OR region = 'eu'", "the right side is not looked at"),
    Example("FALSE AND region = 'eu'", "the same"),
    Example("'5' = 5", "the left side becomes what the right one is"),
    Example("5 = '05'", "the same: compared as text"),
    Example("TRUE = 'TRUE'", "the same: `true` is not `TRUE`"),
    Example("'TRUE' = TRUE", "the same: compared as booleans"),
    Example("'a' = 1", "a text that is no number cannot become one"),
    Example("'b' > 'a'", "only numbers have an order"),
    Example("'1' IN (1, 2)", "members become what the left side is"),
    Example("1 IN ('x', 1)", "a member that cannot be cast, before a match, is an error"),
    Example("1 IN (1, 'x')", "after a match it is not looked at"),
    Example("NOT 10", "a number is true unless it is 0"),
    Example("-7 / 2", "rounded towards zero"),
    Example("-7 % 2", "the sign of the left side"),
    Example("FOO(1)", "unknown functions are found out for each event"),
    Example("LENGTH()", "so are wrong numbers of arguments"),
    Example("LEFT('abc', -2)", "a function that fails may give a value nevertheless"),
    Example("'abc' LIKE 'a\\_c'", "`\\%` and `\\_` stand for themselves"),
    Example("type LIKE subject", "a pattern is written down, not computed"),
    Example("my_ext = 'a'", "names have letters and digits only"),
    Example("type == 'a'", "one `=` compares"),
)
HEAD = """\
# CESQL: what Knative runs, and what the standard says

<!-- Written by `python -m kne.plane.cesql.differences`; a test compares. -->

Triggers filter with the CESQL that Knative runs; kne does the same, errors included. `kne eval`
shows what an expression gives, and `kne eval --standard` what CloudEvents SQL 1.0 asks for. kne
passes the official suite but for one case, `NOT 10`, where the suite contradicts the table of casts
in the standard's own text.

A value that stands beside an error is what the failed expression gives all the same. In a filter an
error is "does not match", and a value that is neither true nor false makes Knative's filter panic:
the connection drops, the delivery is tried again and goes to the dead letter sink, if there is one.

In kne alone: an expression may be nested 150 levels deep; Knative sets no limit.
"""


def document() -> str:
    """The whole of docs/cesql.md."""
    lines = [HEAD, "## Different", ""]
    lines += _table("| expression | event | standard | Knative | why |", _different())
    lines += ["", "## The same, though not obvious", ""]
    lines += _table("| expression | event | both | why |", _alike())
    return "\n".join(lines) + "\n"


def answer(it: Example, dialect: DialectName) -> str:
    """What a dialect makes of an example, as the document writes it."""
    event: Attributes = {"specversion": "1.0", "type": "t", **it.event}
    try:
        outcome = expression(it.expression, dialect).evaluate(event)
    except ParseError:
        return "parse error"
    except CesqlPanic:
        return "panic"
    value = to_text(outcome.value) if not isinstance(outcome.value, str) else f"'{outcome.value}'"
    value = ascii(value)[1:-1] if not value.isprintable() else value
    return f"{_code(value)}, {outcome.error.kind}" if outcome.error else _code(value)


def _different() -> Iterator[list[str]]:
    for it in DIFFERENT:
        standard, knative = answer(it, "standard"), answer(it, "knative")
        yield [_code(it.expression), _event(it), standard, knative, it.reason]


def _alike() -> Iterator[list[str]]:
    for it in ALIKE:
        yield [_code(it.expression), _event(it), answer(it, "knative"), it.reason]


def _table(heading: str, rows: Iterator[list[str]]) -> list[str]:
    rule = "|---" * (heading.count("|") - 1) + "|"
    return [heading, rule, *(f"| {' | '.join(row)} |" for row in rows)]


def _event(it: Example) -> str:
    return ", ".join(_code(f"{name}: {shown(value)}") for name, value in it.event.items())


def shown(value: str | int | bool) -> str:
    return f'"{value}"' if isinstance(value, str) else to_text(value)


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    sys.stdout.write(document())
