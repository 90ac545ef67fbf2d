"""A bare word means what it means to Kubernetes."""

import pytest

from kne.model.scalars import Scalar, key, plain


@pytest.mark.parametrize("word", ["yes", "Yes", "YES", "on", "On", "y", "Y", "true", "TRUE"])
def test_these_words_are_true(word: str) -> None:
    assert plain(word) is True


@pytest.mark.parametrize("word", ["no", "No", "off", "OFF", "n", "N", "false", "False"])
def test_these_words_are_false(word: str) -> None:
    assert plain(word) is False


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL"])
def test_these_words_are_null(word: str) -> None:
    assert plain(word) is None


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("0", 0),
        ("-5", -5),
        ("+5", 5),
        ("1_000", 1000),
        ("017", 15),
        ("0o17", 15),
        ("08", 8),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1e3", 1000),
        ("5.", 5),
        (".5", 0.5),
        ("1.50", 1.5),
        ("9223372036854775807", 9223372036854775807),
    ],
)
def test_these_words_are_numbers(word: str, number: float) -> None:
    found = plain(word)
    assert (found, type(found)) == (number, type(number))


def test_an_integer_of_more_than_64_bits_is_a_float() -> None:
    assert isinstance(plain("9223372036854775808"), float)


@pytest.mark.parametrize(
    "word",
    [
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "12:30:45",
        "v1",
        "nope",
        "True story",
        "0x",
        "1.2.3",
        "1e999",
        "-",
        ".",
        "٣",
        "3٣",
        "9" * 5000,
        "=",
        "<<",
    ],
)
def test_these_words_stay_text(word: str) -> None:
    assert plain(word) == word


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (5, "5"), (1.5, "1.5"), (True, "true"), (False, "false"), (float("inf"), ".inf")],
)
def test_a_key_is_text_in_json(value: Scalar, text: str) -> None:
    assert key(value) == text


def test_null_is_no_key() -> None:
    assert key(None) is None
