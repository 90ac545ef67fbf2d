"""Finding the running kne, and talking to it over real HTTP."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kne.client import Client, Running, ServerError, find, read, registered, wait_for
from kne.errors import KneError, Unreachable


class Door(ThreadingHTTPServer):
    """Answers each request with the next of `answers`, and remembers what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers, self.rfile.read(length)))
        status, body = self.server.answers.pop(0)
        if status == 0:  # hang up
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as door:
        thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield door
        door.shutdown()
        thread.join()


def write(file: Path, **about: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    found = {"pid": os.getpid(), "api": "http://127.0.0.1:8081", "folder": str(file.parent)}
    file.write_text(json.dumps(found | about))
    return file


def dead_pid() -> int:
    """The process id of something that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "state")}


def test_a_url_that_is_given_wins(tmp_path: Path) -> None:
    write(tmp_path / ".kne/run.json")
    found = find("http://10.0.0.1:99/", {"KNE_TOKEN": "secret"}, tmp_path)
    assert found == Running("http://10.0.0.1:99", "secret")


def test_a_url_of_a_registered_kne_brings_its_token(tmp_path: Path) -> None:
    write(tmp_path / "state/kne/1.json", token="secret")
    found = find("http://127.0.0.1:8081/", environ(tmp_path), tmp_path)
    assert (found.token, found.pid) == ("secret", os.getpid())


def test_the_nearest_run_file_above_is_taken(tmp_path: Path) -> None:
    write(tmp_path / ".kne/run.json", api="http://127.0.0.1:1")
    write(tmp_path / "a/.kne/run.json", api="http://127.0.0.1:2")
    (tmp_path / "a/b/c").mkdir(parents=True)
    assert find("", environ(tmp_path), tmp_path / "a/b/c").api == "http://127.0.0.1:2"
    assert find("", environ(tmp_path), tmp_path).api == "http://127.0.0.1:1"


def test_a_run_file_of_a_dead_process_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "state/kne/1.json")
    write(tmp_path / ".kne/run.json", pid=dead_pid())
    with pytest.raises(Unreachable, match="no kne is running in") as raised:
        find("", environ(tmp_path), tmp_path)
    assert "has ended" in raised.value.why
    assert raised.value.hint == "start one with: kne up"
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "api": "y"}', "null"])
def test_a_run_file_that_says_nothing_is_told_so(tmp_path: Path, text: str) -> None:
    file = write(tmp_path / ".kne/run.json")
    file.write_text(text)
    assert read(file) is None
    with pytest.raises(Unreachable, match="cannot be read"):
        find("", environ(tmp_path), tmp_path)


def test_the_only_registered_kne_is_taken_and_dead_ones_do_not_count(tmp_path: Path) -> None:
    write(tmp_path / "state/kne/1.json", api="http://127.0.0.1:1")
    write(tmp_path / "state/kne/2.json", pid=dead_pid())
    (tmp_path / "state/kne/3.json").write_text("half")
    assert find("", environ(tmp_path), tmp_path).api == "http://127.0.0.1:1"


def test_the_register_lies_below_home_unless_told_otherwise(tmp_path: Path) -> None:
    write(tmp_path / ".local/state/kne/1.json")
    assert len(registered({"HOME": str(tmp_path)})) == 1


def test_several_registered_ones_are_listed(tmp_path: Path) -> None:
    write(tmp_path / "state/kne/1.json", api="http://127.0.0.1:1", folder="/a")
    write(tmp_path / "state/kne/2.json", api="http://127.0.0.1:2", folder="/b")
    with pytest.raises(Unreachable, match="2 kne are running") as raised:
        find("", environ(tmp_path), tmp_path)
    assert f"http://127.0.0.1:1 (pid {os.getpid()}, /a), http://" in raised.value.why
    assert "--url" in raised.value.hint


def test_without_any_the_hint_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no running kne found") as raised:
        find("", environ(tmp_path), tmp_path)
    assert raised.value.hint == "start one with: kne up"


def test_a_get_brings_json_and_the_clock_of_the_server(door: Door) -> None:
    door.answers = [(200, b'{"a": 1}')]
    client = Client(Running(door.url))
    assert client.get("/x", {"l": "a=b"}, accept="application/x") == {"a": 1}
    method, path, headers, _ = door.asked[0]
    assert (method, path, headers["accept"]) == ("GET", "/x?l=a%3Db", "application/x")
    assert "authorization" not in headers
    assert client.now is not None
    assert abs((datetime.now(UTC) - client.now).total_seconds()) < 60


def test_a_post_carries_the_token(door: Door) -> None:
    door.answers = [(200, b"")]
    client = Client(Running(door.url, "secret"))
    assert client.post("/x", {"a": "ü"}) == {}
    _, _, headers, body = door.asked[0]
    assert headers["authorization"] == "Bearer secret"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"a": "ü"}


def test_a_path_in_the_url_comes_before_every_other(door: Door) -> None:
    door.answers = [(200, b"{}")]
    Client(Running(f"{door.url}/below")).get("/x")
    assert door.asked[0][1] == "/below/x"


def test_the_words_of_the_api_server_are_kept(door: Door) -> None:
    status = {"kind": "Status", "reason": "NotFound", "message": 'x "y" not found', "code": 404}
    door.answers = [(404, json.dumps(status).encode())]
    with pytest.raises(ServerError, match='x "y" not found') as raised:
        Client(Running(door.url)).get("/x")
    assert (raised.value.status, raised.value.reason) == (404, "NotFound")
    assert raised.value.exit_code == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"plain words\n", "plain words"), (b"", "HTTP 500"), (b"[1]", "[1]"), (b"\xff", "\ufffd")],
)
def test_any_other_refusal_is_a_server_error_too(door: Door, body: bytes, message: str) -> None:
    door.answers = [(500, body)]
    with pytest.raises(ServerError) as raised:
        Client(Running(door.url)).get("/x")
    assert (raised.value.message, raised.value.reason) == (message, None)


def test_a_missing_token_is_explained(door: Door) -> None:
    door.answers = [(401, b"{}")]
    with pytest.raises(ServerError) as raised:
        Client(Running(door.url)).post("/x", {})
    assert "KNE_TOKEN" in raised.value.hint


def test_reasons_and_hints_of_the_server_are_passed_on(door: Door) -> None:
    door.answers = [(422, b'{"message": "m", "why": "w", "hint": "h"}')]
    with pytest.raises(ServerError) as raised:
        Client(Running(door.url)).post("/x", {})
    assert (raised.value.message, raised.value.why, raised.value.hint) == ("m", "w", "h")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"1"])
def test_somebody_else_on_the_port_is_recognised(door: Door, body: bytes) -> None:
    door.answers = [(200, body)]
    with pytest.raises(Unreachable, match="is not kne's management API"):
        Client(Running(door.url)).get("/x")


def test_the_port_for_events_is_recognised_as_the_wrong_one(door: Door) -> None:
    door.answers = [(405, b"")]
    with pytest.raises(Unreachable, match="is not kne's management API"):
        Client(Running(door.url)).get("/kne/v1/status")


def test_nobody_there_is_unreachable(door: Door) -> None:
    door.answers = [(0, b"")]
    with pytest.raises(Unreachable, match="does not answer"):
        Client(Running(door.url)).get("/x")
    with pytest.raises(Unreachable, match="does not answer"):
        Client(Running("http://127.0.0.1:1")).get("/x")


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8081", "https://x", "http://", "http://x:y", "http://[::1"]
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(KneError, match="is no URL of a kne"):
        Client(Running(url)).get("/x")


def test_a_stream_gives_each_line_and_ends_with_the_connection(door: Door) -> None:
    door.answers = [(200, b'{"a": 1}\n\n{"a": 2}\n{"a": 3}')]
    assert list(Client(Running(door.url)).stream("/x")) == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_a_stream_that_is_cut_in_a_line_ends_there(door: Door) -> None:
    door.answers = [(200, b'{"a": 1}\n{"a"')]
    assert list(Client(Running(door.url)).stream("/x")) == [{"a": 1}]


def test_a_stream_may_be_refused(door: Door) -> None:
    door.answers = [(410, b'{"message": "too old"}')]
    with pytest.raises(ServerError, match="too old"):
        list(Client(Running(door.url)).stream("/x"))


def test_waiting_ends_with_the_first_answer_or_with_patience() -> None:
    answers = iter([None, None, "there"])
    assert wait_for(lambda: next(answers), 10) == "there"
    assert wait_for(lambda: None, 0.05) is None


def test_a_process_that_has_ended_is_not_alive() -> None:
    assert not Running("http://x", pid=dead_pid()).alive
    assert Running("http://x", pid=os.getpid()).alive
    assert Running("http://x", pid=1).alive  # another user's, maybe
    assert Running("http://x").alive
