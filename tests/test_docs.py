"""What the documents show is what happens: their console blocks are run (`tests.console`)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.console import STAND_INS, Session, Step, pattern, steps

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if "```console" in path.read_text("utf-8")
)


@pytest.mark.system
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_console_block_does_what_it_shows(document: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    with Session(tmp_path) as session:
        for step in steps((ROOT / document).read_text("utf-8")):
            session.do(step)
    if session.missing:
        pytest.skip(f"all else passed, but not installed: {', '.join(sorted(session.missing))}")


def test_the_readme_shows_the_start() -> None:
    shown = [step.command for step in steps((ROOT / "README.md").read_text("utf-8"))]
    assert "make up" in shown
    assert any(command.startswith("curl ") for command in shown)
    assert any(command.startswith("kne send event") for command in shown)


def test_make_up_comes_down_to_kne_up() -> None:
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    printed = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "up", "VENV=.venv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.splitlines()[-1] == f".venv/bin/{STAND_INS['make up']}"


def test_a_block_is_read_as_commands_and_what_they_print() -> None:
    document = (
        "text\n```console\n$ a \\\n  b\none\n\ntwo\n$ echo $?\n1\n```\n```console\nlater\n```\n"
    )
    assert steps(document) == [
        Step(3, "a \\\n  b", ("one", "", "two"), may_fail=True),
        Step(8, "echo $?", ("1",)),
        Step(11, "", ("later",)),
    ]


def test_an_ellipsis_stands_for_text_and_alone_for_lines() -> None:
    wanted = pattern(("a … d", "…", "z"))
    assert re.fullmatch(wanted, "a b c d\nx\ny\nz\n")
    assert re.fullmatch(wanted, "a  d\nz\n")
    assert not re.fullmatch(wanted, "a d\nz\nmore\n")


def test_a_command_that_prints_something_else_is_noticed(tmp_path: Path) -> None:
    with Session(tmp_path) as session, pytest.raises(AssertionError, match="line 7"):
        session.do(Step(7, "echo one", ("two",)))


def test_a_command_that_fails_is_noticed_unless_its_exit_code_is_shown(tmp_path: Path) -> None:
    with Session(tmp_path) as session:
        with pytest.raises(AssertionError, match="exit code 3"):
            session.do(Step(1, "exit 3", ()))
        for step in steps("```console\n$ exit 4\n$ echo $?\n4\n```\n"):
            session.do(step)


def test_a_program_that_is_not_installed_is_passed_over_and_remembered(tmp_path: Path) -> None:
    with Session(tmp_path) as session:
        session.do(Step(1, "A=b no-such-program --help", ("…",)))
    assert session.missing == {"no-such-program"}
