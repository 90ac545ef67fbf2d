"""How long kne takes to start: `kne --help`, and `kne up manifests/` until it is of use.

Wall times lie on a busy machine.  So each run also measures a yardstick, a Python that does
nothing, and shows the CPU time of what ended; compare with the yardstick, not with other days.

    python benchmarks/startup.py [runs]
"""

import http.client
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = 10
PATIENCE = 30.0
"""Seconds after which a start counts as failed."""


def cpu_of_children() -> float:
    """Seconds of CPU time that ended child processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run a command to its end; seconds on the clock and of CPU time."""
    started, cpu = time.perf_counter(), cpu_of_children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    return time.perf_counter() - started, cpu_of_children() - cpu


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as it:
        return it.connect_ex(("127.0.0.1", port)) == 0


def ready(port: int) -> bool:
    """Whether the management API says that kne is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait(holds: Callable[[], bool], since: float) -> float:
    """Seconds from `since` until it holds."""
    while not holds():
        if time.perf_counter() - since > PATIENCE:
            sys.exit(f"kne was not up after {PATIENCE} s")
        time.sleep(0.002)
    return time.perf_counter() - since


def up(folder: Path) -> dict[str, float]:
    """Start `kne up`, see when it is of use, and end it; seconds by milestone."""
    port, api_port = free_port(), free_port()
    line: list[float] = []
    started = time.perf_counter()
    with subprocess.Popen(
        [*kne("up"), str(ROOT / "manifests"), "--port", str(port), "--api-port", str(api_port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "XDG_STATE_HOME": str(folder)},
    ) as process:

        def read() -> None:
            assert process.stdout is not None
            for text in process.stdout:
                if text.startswith("Ready") and not line:
                    line.append(time.perf_counter() - started)

        reader = threading.Thread(target=read)
        reader.start()
        found = {
            "events are taken": wait(lambda: accepts(port), started),
            "/readyz is 200": wait(lambda: ready(api_port), started),
        }
        wait(lambda: bool(line), started)
        found["Ready is printed"] = line[0]
        process.send_signal(signal.SIGINT)
        reader.join()
    return found


def kne(*arguments: str) -> list[str]:
    """The command line of the kne that belongs to this Python."""
    return [str(Path(sys.executable).parent / "kne"), *arguments]


def show(name: str, wall: Sequence[float], cpu: Sequence[float] = ()) -> None:
    """Print one row: milliseconds, the least and the median."""

    def pair(values: Sequence[float]) -> str:
        if not values:
            return f"{'':>8}{'':>8}"
        return f"{1000 * min(values):8.0f}{1000 * statistics.median(values):8.0f}"

    print(f"{name:34}{pair(wall)}{pair(cpu)}".rstrip())


def main(runs: int) -> None:
    """Measure, and print a table of milliseconds."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"{f'milliseconds, {runs} runs':34}{'wall':>8}{'median':>8}{'cpu':>8}{'median':>8}")
        for name, command in {
            "python -c pass (yardstick)": [sys.executable, "-c", "pass"],
            "kne --help": kne("--help"),
        }.items():
            run(command, folder)  # once for the caches
            times = [run(command, folder) for _ in range(runs)]
            show(name, [wall for wall, _ in times], [cpu for _, cpu in times])
        starts = [up(folder) for _ in range(runs)]
        for milestone in starts[0]:
            show(f"kne up: {milestone}", [start[milestone] for start in starts])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
