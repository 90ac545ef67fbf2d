"""`kne --help` imports nothing slow; a set is asserted, since a stopwatch would lie under load."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kne.entry import PAGE, page
from tests.conftest import ROOT

HEAVY = {"pydantic", "aiohttp", "rich", "yaml", "asyncio", "watchfiles", "sqlite3", "uvloop"}
ASK = """
import json, runpy, sys
sys.argv = ["kne", *sys.argv[1:]]
try:
    runpy.run_module("kne", run_name="__main__")
except SystemExit as end:
    print(json.dumps([end.code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def imported(folder: Path, *words: str) -> tuple[int, set[str], list[str]]:
    """Runs `kne WORDS` as a process: its exit code, what it imported, what it printed."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("KNE_")}
    environ |= {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", ASK, *words], capture_output=True, text=True, cwd=folder, env=environ
    )
    *printed, last = done.stdout.splitlines()
    code, modules = json.loads(last)
    return code or 0, set(modules), printed


@pytest.mark.parametrize(
    "words",
    [["--help"], ["up", "--help"], ["get", "-h"], ["send", "event", "--help"], ["--version"], []],
)
def test_help_imports_nothing_slow(tmp_path: Path, words: list[str]) -> None:
    code, modules, printed = imported(tmp_path, *words)
    assert not modules & HEAVY
    assert "http" not in modules
    assert code == (0 if words else 2)
    assert not words or printed


def test_a_command_that_finds_no_kne_imports_nothing_slow(tmp_path: Path) -> None:
    for words in (["get", "triggers"], ["status"], ["tail", "all"]):
        code, modules, _ = imported(tmp_path, *words)
        assert code == 3
        assert not modules & HEAVY


def test_the_page_that_lies_ready_is_what_the_library_would_print() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m kne.entry"
