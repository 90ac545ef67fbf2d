"""Streams, colours, signs, columns, and texts as kubectl writes them."""

import io

import pytest
import yaml

from kne.cli.printing import (
    PALETTE,
    Columns,
    Terminal,
    aligned,
    colour_of,
    json_line,
    json_text,
    wants_colour,
    yaml_text,
)  # fmt: skip
from kne.cli.tables import natural, text_of


@pytest.mark.parametrize(
    ("color", "environ", "tty", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("always", {"NO_COLOR": "1"}, True, False),
        ("always", {}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
    ],
)
def test_colour_follows_flags_variables_and_terminal(
    color: str, environ: dict[str, str], tty: bool, wanted: bool
) -> None:
    assert wants_colour(color, environ, tty) is wanted


def test_each_stream_has_colours_of_its_own() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out, err, False, True)
    terminal.data(terminal.paint("a", "red"))
    terminal.note(terminal.paint_note("b", "red", "bold"))
    assert out.getvalue() == "a\n"
    assert err.getvalue() == "\x1b[31;1mb\x1b[0m\n"
    assert terminal.paint_note("", "red") == ""


def test_a_service_keeps_its_colour() -> None:
    assert colour_of("billing") == colour_of("billing")
    assert {colour_of(f"s{n}") for n in range(9)} == set(PALETTE)


def test_signs_become_plain_where_the_terminal_lacks_them() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream, stream).data("☁ ✓ ✗ – → ├─ └─ … é")
    assert raw.getvalue() == b"* + x - -> |- `- ... ?\n"


def test_columns_are_three_apart_and_at_least_six_wide() -> None:
    assert Columns().lines([["N", "READY", "X"], ["a", "True", ""]]) == [
        "N     READY   X",
        "a     True    ",
    ]


def test_columns_never_become_narrower() -> None:
    columns = Columns()
    columns.lines([["a long one", "b"]])
    assert columns.lines([["c", "d"]]) == ["c            d"]


def test_rows_for_people_do_not_hang_over() -> None:
    assert aligned([["a", "b", ""], ["ccc", "", ""], ["d"]]) == ["a    b", "ccc", "d"]


def test_json_is_written_as_go_writes_it() -> None:
    assert json_text({"b": "<&>", "a": [], "c": {}}) == (
        '{\n    "a": [],\n    "b": "\\u003c\\u0026\\u003e",\n    "c": {}\n}'
    )
    assert json_line({"b": "ü", "a": 1}) == '{"b":"ü","a":1}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("True", '"True"'),
        ("12", '"12"'),
        ("1e3", '"1e3"'),
        ("", '""'),
        ("y", '"y"'),
        ("2026-01-01T00:00:00Z", '"2026-01-01T00:00:00Z"'),
        ("0 0 1 1 *", "0 0 1 1 *"),
        ('{"a": 1}', "'{\"a\": 1}'"),
        ("*/5 * * * *", "'*/5 * * * *'"),
        ("a\nb\n", "|\n  a\n  b"),
        ("é", "é"),
        (True, "true"),
        (None, "null"),
        (3, "3"),
    ],
)
def test_yaml_is_quoted_as_kubectl_quotes_it(value: object, text: str) -> None:
    assert yaml_text({"k": value}) == f"k: {text}\n"
    assert yaml.safe_load(yaml_text({"k": value})) == {"k": value}


def test_yaml_has_no_aliases_and_no_folded_lines() -> None:
    part = {"a": "x " * 100}
    text = yaml_text([part, part])
    assert "&" not in text
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), ("a", "a"), (3, "3"), (True, "true"), (False, "false"), ("a\nb", "a...")],
)
def test_a_cell_is_its_first_line(cell: object, text: str) -> None:
    assert text_of(cell) == text


def test_names_sort_as_people_count() -> None:
    names = ["t10", "t9", None, "t", "a1b2", "a1b10"]
    assert sorted(names, key=natural) == [None, "a1b2", "a1b10", "t", "t9", "t10"]
