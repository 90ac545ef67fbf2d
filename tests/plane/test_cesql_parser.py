"""CESQL is read as Knative reads it, and what cannot be read is said with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kne.plane.cesql.lexer import words
from kne.plane.cesql.parser import DEEPEST, DialectName, parse
from kne.plane.cesql.syntax import (
    Attribute,
    Binary,
    Call,
    Exists,
    In,
    Like,
    Literal,
    Logic,
    Negate,
    Not,
    quote,
    show,
)
from kne.plane.cesql.values import ParseError
from kne.plane.filters import hint

SIGNS = ("=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")
SYNTAX = "parse error: syntax error: "


def shown(source: str, dialect: DialectName = "knative") -> str:
    return show(parse(source, dialect)[0])


@pytest.mark.parametrize(
    ("source", "knative", "standard"),
    [
        ("a AND b OR c", "a AND (b OR c)", "(a AND b) OR c"),
        ("a OR b AND c XOR d", "a OR (b AND (c XOR d))", "((a OR b) AND c) XOR d"),
        ("a AND b AND c OR d", "a AND b AND (c OR d)", "(a AND b AND c) OR d"),
        ("a AND (b AND c)", "a AND (b AND c)", "a AND (b AND c)"),
        ("NOT a = b", "(NOT a) = b", "(NOT a) = b"),
        ("NOT a AND b", "NOT a AND b", "NOT a AND b"),
        ("NOT NOT a", "NOT NOT a", "NOT NOT a"),
        ("- - 5", "-(-(5))", "-(-(5))"),
        ("--5", "-(-5)", "-(-5)"),
        ("1 + 2 * 3 - 4", "1 + 2 * 3 - 4", "1 + 2 * 3 - 4"),
        ("(1 + 2) * 3", "(1 + 2) * 3", "(1 + 2) * 3"),
        ("1 - (2 - 3)", "1 - (2 - 3)", "1 - (2 - 3)"),
        ("a = b < c", "a = b < c", "a = b < c"),
        ("a <> b", "a != b", "a != b"),
        ("a + b LIKE 'x'", "a + b LIKE 'x'", "a + b LIKE 'x'"),
        ("-a LIKE 'x'", "-(a) LIKE 'x'", "-(a) LIKE 'x'"),
        ("a LIKE 'x' IN (1)", "a LIKE 'x' IN (1)", "a LIKE 'x' IN (1)"),
        ("a not in (1,'b',c + 1)", "a NOT IN (1, 'b', c + 1)", "a NOT IN (1, 'b', c + 1)"),
        ("exists A1", "EXISTS a1", "EXISTS a1"),
        ("f(a, G_H())", "F(a, G_H())", "F(a, G_H())"),
        ("'it''s' = \"a\\\"b\"", "'it\\'\\'s' = 'a\"b'", "'it\\'\\'s' = 'a\"b'"),
        ("1a = 2", "1a = 2", "1a = 2"),
        ("orders = inner", "orders = inner", "orders = inner"),
        ("tRuE", "TRUE", "TRUE"),
        ("a\t=\n'b'", "a = 'b'", "a = 'b'"),
    ],
)
def test_what_binds_tighter(source: str, knative: str, standard: str) -> None:
    assert shown(source) == knative
    assert shown(source, "standard") == standard


def test_the_standard_reads_a_sign_after_a_value_as_an_operator() -> None:
    assert shown("4 -1", "standard") == "4 - 1"
    assert shown("(a)+1", "standard") == "a + 1"
    assert shown("a = -1", "standard") == "a = -1"
    assert shown("a - -1", "standard") == "a - -1"


@pytest.mark.parametrize("source", ["a;", "a = b.", "!a", "a # b", "π"])
def test_the_standard_refuses_characters_that_knative_drops(source: str) -> None:
    with pytest.raises(ParseError):
        parse(source, "standard")


def test_knative_loses_the_character_after_a_lone_exclamation_mark() -> None:
    tree, dropped = parse("a !x= b")
    assert show(tree) == "a = b"
    assert dropped == (2, 3)


@pytest.mark.parametrize(
    ("source", "column", "details"),
    [
        ("", 1, SYNTAX),
        ("type =", 7, ""),
        ("type == 'a'", 7, ""),
        ("a = = 1", 5, ""),
        ("= 1", 1, ""),
        ("AND AND", 1, SYNTAX),
        ("type IN ()", 10, ""),
        ("type IN", 8, SYNTAX),
        ("type IN 'a'", 9, ""),
        ("'unterminated", 1, ""),
        ('"', 1, SYNTAX),
        (
            "type LIKE foo",
            11,
            SYNTAX + "|failed to parse LIKE expression: the pattern was not a string literal",
        ),
        ("type LIKE AND 'x'", 11, ""),
        ("type LIKE", 10, ""),
        ("my_ext = 'a'", 8, SYNTAX),
        ("a b", 3, ""),
        ("a b c", 3, SYNTAX),
        ("4 -1", 3, ""),
        ("(a", 3, ""),
        ("((a", 4, SYNTAX),
        ("(a b)", 4, ""),
        ("(a b c", 4, SYNTAX),
        ("NOT", 4, ""),
        ("a NOT = 1", 3, SYNTAX),
        ("EXISTS 'a'", 8, SYNTAX),
        ("EXISTS", 7, ""),
        ("ABS(", 5, SYNTAX),
        ("ABS(1,)", 7, ""),
        ("ABS(1", 6, SYNTAX),
        ("ABS(1 2)", 7, ""),
        (
            "99999999999 = -2147483649",
            1,
            'parse error: strconv.ParseInt: parsing "99999999999": value out of range'
            '|strconv.ParseInt: parsing "-2147483649": value out of range',
        ),
    ],
)
def test_a_fault_has_its_column_and_admission_s_details(
    source: str, column: int, details: str
) -> None:
    with pytest.raises(ParseError) as caught:
        parse(source)
    assert (caught.value.column, caught.value.details) == (column, details)
    assert caught.value.message.startswith(f"column {column}: ")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("type == 'a'", "CESQL compares with one ="),
        ("type = 'a' && id = 'b'", "CESQL writes AND"),
        ("type = 'a' || id = 'b'", "CESQL writes OR"),
        ("data.name = 'a'", "CESQL cannot look into data"),
        ("my_ext = 'a'", "letters and digits only"),
        ("n -1 = 4", "write a space after the sign: - 1"),
        ("type LIKE foo", "the pattern of LIKE is a literal"),
        ("type IN ()", "a list has one value at least"),
        ("type = some text", "text stands in quotes"),
        ("type = 'a", "this quote is never closed"),
        ("type", ""),
    ],
)
def test_a_fault_says_what_may_have_been_meant(source: str, words: str) -> None:
    assert words in hint(source)
    assert bool(hint(source)) is bool(words)


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 3000 + "a" + ")" * 3000,
        "NOT " * 3000 + "a",
        "- " * 3000 + "1",
        "1" + " + 1" * 3000,
        "a" + " AND a OR a" * 3000,
        "f(" * 3000 + ")" * 3000,
        "a" + " LIKE 'x'" * 3000,
    ],
)
def test_what_is_nested_too_deeply_is_refused_not_died_of(deep: str) -> None:
    for dialect in ("knative", "standard"):
        with pytest.raises(ParseError, match="nested deeper"):
            parse(deep, dialect)


def test_what_is_as_deep_as_may_be_is_read() -> None:
    levels = DEEPEST - 1
    assert shown("(" * levels + "a" + ")" * levels) == "a"
    assert shown("NOT " * levels + "a").count("NOT") == levels


def test_quotes_that_never_close_take_no_time() -> None:
    with pytest.raises(ParseError):
        parse("'\\'" * 50_000)
    assert len(words("\"'" * 50_000 + "'", strict=False).tokens) < 200_000


names = st.from_regex(r"[a-z0-9]*[a-z][a-z0-9]*", fullmatch=True).filter(
    lambda name: (
        name.upper() not in {"AND", "OR", "XOR", "NOT", "LIKE", "EXISTS", "IN", "TRUE"}
        and name != "false"
    )
)


def writable(text: str) -> bool:
    try:
        quote(text)
    except ValueError:
        return False
    return True


texts = st.text(alphabet="ab'\"\\%_ž \n", max_size=6).filter(writable)
leaves: st.SearchStrategy[Any] = st.one_of(
    st.builds(Literal, st.one_of(texts, st.booleans(), st.integers(-(2**31), 2**31 - 1))),
    st.builds(Attribute, names),
    st.builds(Exists, names),
)


def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    many = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Not, inner),
        st.builds(Negate, inner),
        st.builds(Like, inner, texts),
        st.builds(In, inner, many),
        st.builds(Binary, st.sampled_from(SIGNS), inner, inner),
        st.builds(
            Logic,
            st.sampled_from(["AND", "OR", "XOR"]),
            st.lists(inner, min_size=2, max_size=3).map(tuple),
        ),
        st.builds(
            Call,
            st.from_regex(r"[A-Z]([A-Z]|_[A-Z])*", fullmatch=True).filter(
                lambda name: (
                    name not in {"AND", "OR", "XOR", "NOT", "LIKE", "IN", "TRUE", "FALSE"}
                    and name != "EXISTS"
                )
            ),
            st.one_of(st.just(()), many),
        ),
    )


@given(st.recursive(leaves, compound, max_leaves=12))
def test_a_tree_that_is_written_reads_back_as_itself(tree: Any) -> None:
    for dialect in ("knative", "standard"):
        assert parse(show(tree), dialect)[0] == tree


PIECES = (
    *SIGNS, "<>", "a", "b1", "1", "-1", "+2", "99999999999", "'x'", '"y"', "'a\\'b'", "'", '"',
    "(", ")", ",", "AND", "or", "XOR", "NOT", "LIKE", "IN", "EXISTS", "TRUE", "f(", "G_H(", "m_y",
    ";", "!", "\\", ".", "ž", "\n",
)  # fmt: skip
pieces = st.sampled_from(PIECES)


@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(pieces, max_size=12).map(" ".join),
        st.lists(pieces, max_size=12).map("".join),
    )
)
def test_the_parser_raises_nothing_but_its_own_error(source: str) -> None:
    for dialect in ("knative", "standard"):
        try:
            tree, dropped = parse(source, dialect)
        except ParseError as error:
            offset = error.offset
        else:
            offset = tree.end
            assert all(0 <= at < len(source) for at in dropped)
            assert parse(show(tree), dialect)[0] == tree
        assert 0 <= offset <= len(source)
