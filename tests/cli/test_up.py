"""`kne up` for real: a process, its ports, its files, its end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.cli.conftest import Kne
from tests.conftest import ROOT

pytestmark = pytest.mark.system

PATIENCE = 30.0
"""Seconds that anything may take."""

ORDER = {
    "Ce-Specversion": "1.0",
    "Ce-Id": "1",
    "Ce-Source": "/shop",
    "Ce-Type": "com.shop.order.created",
    "Content-Type": "application/json",
}
MESH = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: orders}
spec:
  broker: default
  filter: {attributes: {type: com.shop.order.created}}
  subscriber: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: billing}}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: billing}
spec:
  template: {spec: {containers: [{image: example.com/billing}]}}
"""


class Up:
    """A running `kne up`; what it prints goes to files."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self._out = (folder / "out").open("wb")
        self._err = (folder / "err").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kne", "up", "--port", "0", "--api-port", "0", *words],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=self._out,
            stderr=self._err,
            stdin=subprocess.DEVNULL,
        )

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text("utf-8")

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text("utf-8")

    def await_(self, claim: Callable[[], object]) -> None:
        """Wait until the claim holds, or the process ends."""
        for _ in range(round(PATIENCE / 0.02)):
            if claim():
                return
            assert self.process.poll() is None, f"{self.out}\n{self.err}"
            time.sleep(0.02)
        raise AssertionError(f"not within {PATIENCE} s\n{self.out}\n{self.err}")

    def end(self, *signals: int) -> int:
        """Send the signals, each after something was said to the one before; the exit code."""
        for left in range(len(signals), 0, -1):
            before = self.err
            self.process.send_signal(signals[-left])
            if left > 1:
                self.await_(lambda before=before: self.err != before)  # type: ignore[misc]
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()


def start(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `kne up` with these words to its end."""
    return subprocess.run(
        [sys.executable, "-m", "kne", "up", "--port", "0", "--api-port", "0", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
    )


def post(folder: Path, headers: Mapping[str, str] = ORDER) -> HTTPConnection:
    """Send an event to the broker, and leave the answer to be read."""
    found = json.loads((folder / ".kne/run.json").read_text())
    connection = HTTPConnection(found["ingress"].removeprefix("http://"))
    connection.request("POST", "/default/default", b"{}", dict(headers))
    return connection


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Up]:
    """A `kne up` that is ready."""
    up = Up(folder, *words)
    try:
        up.await_(lambda: "\nReady in " in up.err)
        yield up
    finally:
        up.close()


@pytest.fixture
def mesh(folder: Path) -> Path:
    """The manifest in the current folder."""
    file = folder / "manifests/mesh.yaml"
    file.parent.mkdir()
    file.write_text(MESH)
    return file


def test_a_session_from_start_to_end(kne: Kne, folder: Path, mesh: Path) -> None:
    with running(folder) as up:
        assert re.match(r"kne \S+   manifests/?  \(1 file, 3 resources\)\n", up.err)
        assert "\n    trigger/orders  type = com.shop.order.created  → ksvc/billing" in up.err
        assert up.err.endswith(" Try:\n  kne send event --type com.shop.order.created\n")

        sent = kne("send", "event", "--type", "com.shop.order.created", "-f", "amount=25.5")
        assert sent.exit_code == 0
        assert "  matched 1 of 1 trigger\n  ✓ orders  ksvc/billing  202 " in sent.stdout
        up.await_(lambda: "billing | " in up.out)
        other = kne("send", "event", "--type", "other")
        assert "matched 0 of 1 trigger\n  – orders  no match: " in other.stdout
        assert kne("get", "trigger", "--no-headers").stdout.split()[:2] == ["orders", "default"]
        assert "  ++ Ready " in kne("describe", "trigger", "orders").stdout

        mesh.write_text(MESH.replace("order.created", "order.paid"))
        up.await_(lambda: re.search(r"\n\d\d:\d\d:\d\d ~ reloaded ", up.err))
        assert up.end(signal.SIGINT) == 0
        assert up.err.endswith("\nstopped\n")
        assert not (folder / ".kne/run.json").exists()


def test_a_line_for_curl_can_be_pasted(kne: Kne, folder: Path, mesh: Path) -> None:
    with running(folder) as up:
        line = kne("send", "event", "-o", "curl", "-e", "region=eu").stdout
        url = re.search(r"http://\S+", line)
        assert url
        found = json.loads((folder / ".kne/run.json").read_text())
        assert url[0] == f"{found['ingress']}/default/default"
        headers = dict(header.split(": ", 1) for header in re.findall(r"-H '([^']*)'", line))
        connection = post(folder, headers)
        assert connection.getresponse().status == 202
        connection.close()
        assert up.end(signal.SIGTERM) == 0


def test_what_happens_can_be_followed_until_kne_stops(kne: Kne, folder: Path, mesh: Path) -> None:
    with running(folder) as up:

        def run() -> None:
            for _ in range(20):
                connection = post(folder)
                connection.getresponse().read()
                connection.close()
                time.sleep(0.1)
            up.process.send_signal(signal.SIGTERM)

        thread = threading.Thread(target=run)
        thread.start()
        followed = kne("tail", "broker", "default", "-o", "json")
        thread.join()
    assert followed.exit_code == 0
    hops = [json.loads(line) for line in followed.stdout.splitlines()]
    assert {hop["step"] for hop in hops} >= {"received", "delivered"}
    assert followed.stderr.startswith("kne has stopped; ")


def test_faults_are_told_with_their_places_and_nothing_starts(folder: Path, mesh: Path) -> None:
    mesh.write_text(MESH.replace("subscriber:", "subscribr:"))
    done = start(folder)
    assert done.returncode == 1
    assert re.search(r"^Error: .*subscribr", done.stderr)
    assert re.search(r"^  where  manifests/mesh.yaml:11:\d+$", done.stderr, re.MULTILINE)
    assert "Traceback" not in done.stderr
    assert not (folder / ".kne/run.json").exists()


def test_a_path_that_is_not_there_is_told(folder: Path) -> None:
    done = start(folder, "nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: nowhere: no such file or folder\n")


def test_settings_that_cannot_be_are_told(kne: Kne) -> None:
    result = kne("up", "--addresses", "moon")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: --addresses: ")


def test_without_a_folder_of_manifests_this_one_is_taken(folder: Path, mesh: Path) -> None:
    mesh.rename(folder / "mesh.yaml")
    mesh.parent.rmdir()
    with running(folder, "--no-watch") as up:
        assert re.match(r"kne \S+   \.  \(1 file, 3 resources\)\n", up.err)
        assert up.end(signal.SIGTERM) == 0


def test_a_second_signal_does_not_wait_for_what_is_under_way(folder: Path, mesh: Path) -> None:
    (folder / "kne.yaml").write_text("services: {billing: {mock: {delay: 60s}}}\ngrace: 50s\n")
    with running(folder) as up:
        connection = post(folder)
        time.sleep(0.5)
        began = time.monotonic()
        assert up.end(signal.SIGINT, signal.SIGINT) == 130
        assert time.monotonic() - began < 20
        assert not (folder / ".kne/run.json").exists()
        connection.close()


def test_in_the_background_it_is_ready_when_the_command_returns(
    kne: Kne, folder: Path, mesh: Path
) -> None:
    started = start(folder, "--detach")
    try:
        assert started.returncode == 0, started.stderr
        assert "  kne send event --type com.shop.order.created\n" in started.stderr
        assert started.stderr.endswith("Log: .kne/log   Stop: kne down\n")
        assert kne("send", "event").exit_code == 0
        assert "Ready in " in (folder / ".kne/log").read_text()
    finally:
        stopped = kne("down")
    assert stopped.exit_code == 0
    assert stopped.stderr.startswith(f"stopped kne in {folder} (process ")


def test_in_the_background_a_death_is_told_with_what_the_log_says(folder: Path, mesh: Path) -> None:
    mesh.write_text("apiVersion: v1\nkind: Nope\n")
    done = start(folder, "--detach")
    assert done.returncode == 1
    assert "  where  manifests/mesh.yaml:" in done.stderr
    assert "Error: kne ended with exit code 1 before it was ready\n" in done.stderr
