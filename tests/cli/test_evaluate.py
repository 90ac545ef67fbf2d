"""`kne eval` says what an expression gives, and why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from kne.cli import Commands
from kne.cli.evaluate import evaluate
from kne.cli.printing import terminal
from kne.cli.session import Session

Eval = Callable[..., Result]
EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/s",
    "type": "com.a",
    "n": 5,
    "share": 1.9,
    "paid": True,
    "gone": None,
    "data": {"type": "com.b"},
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Eval:
    """Runs a program of this one command."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "event.json").write_text(json.dumps(EVENT), "utf-8")
    app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)

    @app.callback()
    def program(ctx: typer.Context) -> None:
        ctx.obj = Session(terminal("never"), "", ctx.call_on_close)

    app.command("eval")(evaluate)

    def invoke(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(app, ["eval", *words], catch_exceptions=False, **more)

    return invoke


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_it_prints_the_value_and_every_condition(run: Eval) -> None:
    result = run("type = 'com.b' AND region = 'eu'", "--event", "event.json")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "false",
        "  cesql  type = 'com.b' AND region = 'eu'",
        "         type = 'com.b'   false     type is \"com.a\"",
        "         region = 'eu'    (error)   region is missing",
    ]


def test_it_names_the_error(run: Eval) -> None:
    lines = run("region = 'eu'").stdout.splitlines()
    assert lines[:2] == ["false", "error: missingAttribute: the event has no attribute region"]


def test_extensions_of_a_json_event_keep_their_types(run: Eval) -> None:
    given = json.dumps(EVENT)
    result = run("n + share = 6 AND paid AND NOT EXISTS gone", "--event", "-", input=given)
    assert result.stdout.startswith("true\n")


def test_it_says_what_would_surprise_in_a_trigger(run: Eval) -> None:
    result = run("LENGTH(type)", "--event", "event.json")
    assert result.stdout.startswith("5\n")
    assert "panics on every event" in result.stderr


def test_the_standard_reads_it_differently(run: Eval) -> None:
    assert run("FALSE AND TRUE OR TRUE").stdout.startswith("false\n")
    result = run("FALSE AND TRUE OR TRUE", "--standard")
    assert result.stdout.startswith("true\n")
    assert result.stderr == ""


def test_where_knative_panics_that_is_said(run: Eval) -> None:
    assert run("SUBSTRING('abc', 1, -1)").stdout.startswith("error: Knative's filter panics: ")


def test_what_cannot_be_read_ends_with_1_and_its_column(run: Eval) -> None:
    result = run("type == 'a'")
    assert result.exit_code == 1
    assert "column 7" in result.stderr
    assert "CESQL compares with one =" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("TRUE", "--event", "nowhere.json"),
        ("TRUE", "--batch", "-"),
        ("--batch", "nowhere.ndjson"),
    ],
)
def test_a_call_that_makes_no_sense_ends_with_2(run: Eval, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


@pytest.mark.parametrize(
    "given", ["", "[]", "{", '{"x": [1]}', '{"x": 2147483648}', '{"x": 1e999}']
)
def test_an_event_that_is_none_ends_with_2(run: Eval, given: str) -> None:
    assert run("TRUE", "--event", "-", input=given).exit_code == 2


def test_a_batch_answers_line_by_line_and_goes_on_after_a_bad_one(run: Eval) -> None:
    questions = [
        json.dumps({"expression": source, "event": EVENT})
        for source in ("n = 5", "type", "1 / 0", "nope", "FOO()", "LEFT('a', -1)", "INT('x')")
    ]
    bad = ["junk", "5", '{"event": {}}', '{"expression": "x", "event": {"x": {}}}', "[" * 100_000]
    lines = [*questions, '{"expression": "1 +"}', '{"expression": "TRUE"}', *bad, "", questions[0]]
    result = run("--batch", "-", input="\n".join(lines))
    assert result.exit_code == 0
    found = answers(result)
    assert found[:9] == [
        {"result": True, "error": None},
        {"result": "com.a", "error": None},
        {"result": 0, "error": "math"},
        {"result": False, "error": "missingAttribute"},
        {"result": False, "error": "missingFunction"},
        {"result": "a", "error": "functionEvaluation"},
        {"result": 0, "error": "cast"},
        {"result": None, "error": "parse"},
        {"result": True, "error": None},
    ]
    assert [it["error"] for it in found[9:-1]] == ["generic"] * len(bad)
    assert all(it["message"] for it in found[9:-1])
    assert found[-1] == {"result": True, "error": None}


def test_a_batch_may_be_a_file_and_in_the_standard_s_dialect(run: Eval) -> None:
    Path("all.ndjson").write_text('{"expression": "4 -1"}\n', "utf-8")
    assert answers(run("--batch", "all.ndjson")) == [{"result": None, "error": "parse"}]
    assert answers(run("--batch", "all.ndjson", "--standard")) == [{"result": 3, "error": None}]
