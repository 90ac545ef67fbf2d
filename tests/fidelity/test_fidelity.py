"""The table of fidelity is true: it is current, and what it names exists."""

import ast
from pathlib import Path

from tests.conftest import ROOT
from tests.fidelity.page import PAGE, page
from tests.fidelity.rules import RULES

TESTS = [rule.shown for rule in RULES if rule.shown.startswith("tests/")]
RECORDINGS = [rule.shown.removeprefix("golden ") for rule in RULES if "golden " in rule.shown]


def test_the_page_is_what_the_rules_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.fidelity.page"


def test_every_test_it_names_is_there() -> None:
    assert [name for name in TESTS if name.partition("::")[2] not in functions(name)] == []


def functions(name: str) -> set[str]:
    tree = ast.parse((ROOT / name.partition("::")[0]).read_text("utf-8"))
    return {it.name for it in tree.body if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_recording_it_names_is_there(shared: Path) -> None:
    assert [it for it in RECORDINGS if not (shared / f"golden/{it}.json").exists()] == []


def test_what_is_not_emulated_has_a_reason() -> None:
    for rule in RULES:
        is_reason = not rule.shown.startswith(("tests/", "golden "))
        assert is_reason == (rule.verdict == "not emulated"), rule


def test_what_is_different_is_told_at_length() -> None:
    told = (ROOT / "docs/differences.md").read_text("utf-8")
    assert [r.text for r in RULES if r.verdict == "different" and r.shown not in told] == []
