"""The files by which a running kne is found."""

import json
import os
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from kne.control import running
from kne.control.running import Running, announced
from kne.errors import KneError


def me(folder: Path) -> Running:
    return Running(
        pid=os.getpid(),
        folder=str(folder),
        ingress="http://127.0.0.1:8080",
        api="http://127.0.0.1:8081",
        token="secret",
        started="2026-01-01T00:00:00Z",
    )


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_everything_is_written_for_the_user_alone_and_removed_at_the_end(tmp_path: Path) -> None:
    state = tmp_path / "state"
    files = [
        tmp_path / ".kne/run.json",
        tmp_path / ".kne/kubeconfig",
        state / "kne" / f"{os.getpid()}.json",
    ]
    with announced(me(tmp_path), tmp_path, "shop", {"XDG_STATE_HOME": str(state)}):
        assert [mode(file) for file in files] == [0o600] * 3
        assert json.loads(files[0].read_text()) == json.loads(files[2].read_text())
        assert json.loads(files[0].read_text())["token"] == "secret"
        config = yaml.safe_load(files[1].read_text())
        assert config["current-context"] == "kne"
        assert config["clusters"][0]["cluster"]["server"] == "http://127.0.0.1:8081"
        assert config["users"][0]["user"]["token"] == "secret"
        assert config["contexts"][0]["context"]["namespace"] == "shop"
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == [".gitignore"]
    assert (tmp_path / ".kne/.gitignore").read_text() == "*\n"


def test_the_files_go_when_the_body_fails(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path)}
    with pytest.raises(ZeroDivisionError), announced(me(tmp_path), tmp_path, "default", env):
        _ = 1 / 0
    assert not (tmp_path / ".kne/run.json").exists()


def test_the_register_is_below_the_home_unless_told() -> None:
    assert running.register({"HOME": "/u"}) == Path("/u/.local/state/kne")
    assert running.register({"HOME": "/u", "XDG_STATE_HOME": "/s"}) == Path("/s/kne")


def test_what_another_kne_wrote_over_ours_is_left_to_it(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path)}
    file = tmp_path / ".kne/run.json"
    with announced(me(tmp_path), tmp_path, "default", env):
        file.write_text('{"pid": 1}')
    assert file.read_text() == '{"pid": 1}'


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_files_of_the_dead_are_cleared_away(tmp_path: Path) -> None:
    register = tmp_path / "kne"
    register.mkdir()
    dead, alive, foreign = (
        register / f"{name}.json" for name in (dead_process(), os.getppid(), "notes")
    )
    for file in (dead, alive, foreign):
        file.write_text("{}")
    with announced(me(tmp_path), tmp_path, "default", {"XDG_STATE_HOME": str(tmp_path)}):
        assert [file.exists() for file in (dead, alive, foreign)] == [False, True, True]


def test_another_kne_in_the_same_folder_is_noticed_while_it_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        api = f"http://127.0.0.1:{listening.getsockname()[1]}"
        it = replace(me(tmp_path), pid=os.getppid(), api=api)
        with announced(it, tmp_path, "default", {"XDG_STATE_HOME": str(tmp_path)}):
            assert running.other(tmp_path) == it
            listening.close()
            assert running.other(tmp_path) is None


def test_a_dead_one_or_a_strange_file_is_no_other_kne(tmp_path: Path) -> None:
    assert running.other(tmp_path) is None
    file = tmp_path / ".kne/run.json"
    file.parent.mkdir()
    for text in ("", "[]", "{}", '{"pid": "x"}'):
        file.write_text(text)
        assert running.other(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".kne").write_text("in the way")
    env = {"XDG_STATE_HOME": str(tmp_path)}
    with (
        pytest.raises(KneError, match=r"\.kne: cannot be written: File exists"),
        announced(me(tmp_path), tmp_path, "default", env),
    ):
        pytest.fail("announced")
