"""The command line as a whole: global flags, exit codes, how errors look."""

import io
import re
from pathlib import Path

import pytest

from kne import __version__
from kne.cli import globals_first
from kne.cli.printing import Terminal
from kne.client import ServerError
from kne.errors import KneError, ManifestError, ManifestErrors, Where
from tests.cli.conftest import Kne
from tests.cli.shop import Running, write_run_file
from tests.conftest import ROOT


def printed(error: KneError, *, colour: bool = False) -> str:
    """The error as it is shown."""
    stream = io.StringIO()
    Terminal(stream, stream, colour, colour).error(error)
    return stream.getvalue()


def test_the_version_is_told_both_ways(kne: Kne) -> None:
    for words in (["version"], ["--version"]):
        result = kne(*words)
        assert (result.exit_code, result.stdout) == (0, f"kne {__version__}\n")


def test_help_names_every_command_and_has_no_boxes(kne: Kne) -> None:
    for help in (kne("--help").stdout, kne("-h").stdout):
        assert help.isascii()
        for name in ("up", "down", "status", "send", "tail", "get", "describe", "api-resources"):
            assert f"\n  {name} " in help


@pytest.mark.parametrize(
    "name", ["up", "get", "describe", "tail", "status", "down", "api-resources"]
)
def test_every_help_can_be_printed_on_any_terminal(kne: Kne, name: str) -> None:
    result = kne(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.isascii()


def test_usage_errors_end_with_2(kne: Kne) -> None:
    for words in (["nope"], ["get"], ["get", "x", "--nope"], ["--color", "red", "status"]):
        result = kne(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Usage: kne" in result.stderr


def test_without_a_running_kne_commands_end_with_3(kne: Kne) -> None:
    for words in (["get", "x"], ["status"], ["down"], ["tail", "all"], ["send", "event"],
                  ["describe", "x"], ["api-resources"]):  # fmt: skip
        result = kne(*words)
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr == ("Error: no running kne found\n  fix    start one with: kne up\n")


def test_a_kne_that_does_not_answer_ends_with_3(kne: Kne, folder: Path) -> None:
    write_run_file(folder, "http://127.0.0.1:1")
    result = kne("status")
    assert result.exit_code == 3
    assert result.stderr.startswith("Error: kne does not answer at http://127.0.0.1:1\n  why    ")


def test_a_token_that_is_wrong_is_explained(kne: Kne, shop: Running, folder: Path) -> None:
    write_run_file(folder, shop.url, token="wrong")
    result = kne("down")
    assert result.exit_code == 1
    assert "token" in result.stderr


def test_the_url_comes_from_the_flag_or_from_the_environment(
    kne: Kne, shop: Running, folder: Path
) -> None:
    (folder / ".kne/run.json").unlink()
    assert kne("get", "trigger", "--url", shop.url).exit_code == 0
    assert kne(f"--url={shop.url}", "get", "trigger").exit_code == 0
    assert kne("get", "trigger", env={"KNE_URL": shop.url}).exit_code == 0
    assert kne("get", "trigger", env={"KNE_URL": "http://127.0.0.1:1"}).exit_code == 3


def test_global_flags_may_stand_anywhere_but_behind_two_dashes() -> None:
    assert globals_first(["get", "x", "--url", "u", "-o", "y", "--no-color", "--color=never"]) == [
        "--url", "u", "--no-color", "--color=never", "get", "x", "-o", "y",
    ]  # fmt: skip
    assert globals_first(["get", "--", "--url", "u"]) == ["get", "--", "--url", "u"]
    assert globals_first(["get", "--url"]) == ["--url", "get"]


def test_an_error_says_what_where_why_and_what_to_do() -> None:
    error = KneError("it broke", where=Where("a.yaml", 3, 7), why="so", hint="mend it")
    assert printed(error) == (
        "Error: it broke\n  where  a.yaml:3:7\n  why    so\n  fix    mend it\n"
    )


def test_many_faults_are_told_one_by_one() -> None:
    faults = ManifestErrors([ManifestError("a", where=Where("x", 1)), ManifestError("b")])
    assert printed(faults) == "Error: a\n  where  x:1\nError: b\n"


def test_the_api_server_is_quoted_as_kubectl_does() -> None:
    assert printed(ServerError(404, "NotFound", "x")) == "Error from server (NotFound): x\n"
    assert printed(ServerError(500, "", "x")) == "Error from server: x\n"
    assert printed(ServerError(422, None, "x", hint="y")) == "Error: x\n  fix    y\n"


def test_errors_are_red_where_colours_are_shown() -> None:
    assert printed(KneError("x"), colour=True) == "\x1b[31;1mError\x1b[0m: x\n"


def test_colour_is_asked_for_by_a_flag(kne: Kne, shop: Running) -> None:
    assert "\x1b[" in kne("send", "event", "--color", "always").stdout
    assert "\x1b[" not in kne("send", "event", "--color", "always", "--no-color").stdout
    assert "\x1b[" not in kne("--color", "always", "send", "event", env={"NO_COLOR": "1"}).stdout
    assert "\x1b[" not in kne("send", "event").stdout


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs/exit-codes.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    kinds: list[type[KneError]] = [KneError, *KneError.__subclasses__()]
    assert {kind.exit_code for kind in kinds} <= documented
    assert documented == {0, 1, 2, 3, 4, 130}
