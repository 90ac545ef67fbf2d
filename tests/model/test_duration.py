"""Durations are those of Knative's library, case by case."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kne.model.duration import nanoseconds, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT2S", 2),
        ("P1DT12H", 129_600),
        ("PT1M30S", 90),
        ("PT0,2S", 0.2),
        ("PT0.25S", 0.2),
        ("PT0.05S", 0),
        ("P0D", 0),
        ("PT0S", 0),
        ("P1Y", 31_556_952),
        ("P1M", 2_629_746),
        ("P1W", 604_800),
        ("-PT2S", -2),
        ("+PT2S", 2),
    ],
)
def test_a_duration_has_so_many_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["2s", "pt2s", "PT", "P", "", "-", "+", "PT1H1D", "PT1HT1S", "PT٣S", "PT1_0S", "5"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"period|marker|remaining"):
        parse_duration(text)


def test_a_number_of_thousands_of_digits_is_refused_in_the_same_words() -> None:
    with pytest.raises(ValueError, match="expected a number before the 'S' marker"):
        parse_duration(f"PT{'9' * 5000}S")


def test_every_case_of_the_library_comes_out_the_same(shared: Path) -> None:
    for case in json.loads((shared / "tck/durations.json").read_text("utf-8"))["cases"]:
        try:
            found: tuple[object, object] = (nanoseconds(case["s"]), None)
        except ValueError as error:
            found = (None, str(error))
        assert found == (case.get("nanoseconds"), case.get("error")), case["s"]


@given(st.text(alphabet="PTYMWDHS0123456789.,+-", max_size=12))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_duration(text), float)
