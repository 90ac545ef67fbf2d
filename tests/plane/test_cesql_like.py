"""LIKE matches as the standard says, and in Knative's dialect as Knative's loop does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kne.plane.cesql.like import _loop, knative, standard

patterns = st.text(alphabet="ab%_\\ž", max_size=8)


def as_regex(pattern: str) -> str:
    found = re.sub(
        r"\\[%_]|[%_]|.",
        lambda m: {"%": ".*", "_": "."}.get(m[0]) or re.escape(m[0][-1]),
        pattern,
        flags=re.DOTALL,
    )
    return f"(?s:{found})"


@given(patterns, st.text(alphabet="ab%_\\ž", max_size=10))
def test_the_standard_s_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    assert standard(pattern)(text) is bool(re.fullmatch(as_regex(pattern), text))


@given(patterns, st.text(alphabet="ab%_\\ž\ud800", max_size=10))
def test_knative_s_agrees_with_the_loop_it_stands_for(pattern: str, text: str) -> None:
    wire = text.encode("utf-8", "surrogatepass")
    assert knative(pattern)(text) is _loop(wire, pattern.encode())


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        ("abc", "a%", True),
        ("abc", "%", True),
        ("", "%%", True),
        ("", "", True),
        ("a", "", False),
        ("a\nb", "a_b", True),
        ("aXbXc", "a%b%c", True),
        ("ab", "ab%b", False),
        ("a_c", "a\\_c", True),
        ("abc", "a\\_c", False),
        ("a\\c", "a\\c", True),
        ("% done", "%done", False),  # the first % is used up by that of the text
        ("50% done", "%done", True),
        ("\\x", "\\_", True),  # the backslash is taken for itself, the _ for any
        ("x", "\\_", False),
    ],
)
def test_knative_matches(text: str, pattern: str, matches: bool) -> None:
    assert knative(pattern)(text) is matches


def test_no_pattern_takes_for_ever() -> None:
    pattern = "%a" * 200 + "%b"
    assert not knative(pattern)("a" * 20_000)
    assert not standard("%" + "a_" * 50 + "b%")("a" * 20_000)
