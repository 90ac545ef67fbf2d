"""Every sample runs, and its services see what its README says, in that order."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.system

KNE = (sys.executable, "-m", "kne")
READY = 20.0
"""Seconds until `kne up` has to be ready."""

STEPS = ["Hello world! - first", "Hello world! - first - second",
         "Hello world! - first - second - third"]  # fmt: skip


class Mesh:
    """A running sample."""

    def __init__(self, folder: Path, sample: str) -> None:
        self._folder = folder
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*KNE, "up", str(ROOT / "samples" / sample), "--port", "0", "--api-port", "0"],
                cwd=folder, stdout=log, stderr=log, env=self._environ(),
            )  # fmt: skip
        self.wait_for("Ready in")

    def _environ(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "XDG_STATE_HOME": str(self._folder), "NO_COLOR": "1"}

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + READY
        while text not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, f"no {text!r} in:\n{self.said}"
            time.sleep(0.02)

    def kne(self, *words: str) -> str:
        done = subprocess.run(
            [*KNE, *words], cwd=self._folder, env=self._environ(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def lines_of(self, service: str) -> list[str]:
        """What a service printed."""
        return re.findall(rf"^{service} *\| (.*)$", self.said, re.MULTILINE)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(15) == 0


@pytest.fixture
def mesh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mesh]:
    running = Mesh(tmp_path, request.param)
    try:
        yield running
    finally:
        running.stop()


def send(mesh: Mesh, to: str, *more: str) -> None:
    words = ("--type", "dev.knative.sources.ping", "-f", "message=Hello world!", *more)
    mesh.kne("send", "event", "--to", to, *words)


@pytest.mark.parametrize("mesh", ["sequence-display"], indirect=True)
def test_a_sequence_hands_each_answer_on_and_the_last_to_the_display(mesh: Mesh) -> None:
    send(mesh, "sequence:sequence")
    assert [mesh.lines_of(s) for s in ("first", "second", "third")] == [[x] for x in STEPS]
    assert f'    "message": "{STEPS[2]}"' in mesh.lines_of("event-display")


@pytest.mark.parametrize("mesh", ["sequence-to-sequence"], indirect=True)
def test_a_sequence_may_feed_another(mesh: Mesh) -> None:
    send(mesh, "sequence:first-sequence")
    assert mesh.lines_of("fourth") == [f"{STEPS[2]} - fourth"]
    assert f'    "message": "{STEPS[2]} - fourth"' in mesh.lines_of("event-display")


@pytest.mark.parametrize("mesh", ["sequence-direct"], indirect=True)
def test_a_sequence_needs_no_reply(mesh: Mesh) -> None:
    send(mesh, "sequence:sequence")
    assert mesh.lines_of("third") == [STEPS[2]]


@pytest.mark.parametrize("mesh", ["sequence-broker"], indirect=True)
def test_a_sequence_may_answer_into_the_broker_it_is_fed_by(mesh: Mesh) -> None:
    send(mesh, "broker:default")
    shown = mesh.lines_of("event-display")
    assert "  type: samples.step.done" in shown
    assert "  source: /steps/third" in shown
    assert f'    "message": "{STEPS[2]}"' in shown
    assert mesh.lines_of("first") == [STEPS[0]]  # once: the filters keep it from going round


@pytest.mark.parametrize("mesh", ["parallel"], indirect=True)
def test_a_parallel_takes_the_branches_whose_filter_answers(mesh: Mesh) -> None:
    send(mesh, "broker:default", "-f", "drink=tea")
    send(mesh, "broker:default", "-f", "drink=coffee")
    send(mesh, "broker:default", "-f", "drink=water")
    assert mesh.lines_of("kettle") == ["Hello world! - kettle"]
    assert mesh.lines_of("grinder") == ["Hello world! - grinder"]
    assert sum("cloudevents.Event" in line for line in mesh.lines_of("event-display")) == 2


@pytest.mark.parametrize("mesh", ["sequence-broker"], indirect=True)
def test_the_graph_names_the_circle_and_the_filter_that_breaks_it(mesh: Mesh) -> None:
    drawn = mesh.kne("graph")
    assert "type = dev.knative.sources.ping → sequence/sequence   trigger/sequence-trigger" in drawn
    assert "reply → broker/default" in drawn
    assert "only events that pass: type = dev.knative.sources.ping" in drawn
