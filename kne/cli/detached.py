"""`kne up --detach`: the same command again in a session of its own, awaited until it is ready."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kne.cli.printing import Terminal
from kne.client import Client, Running, read, wait_for
from kne.errors import KneError, Unreachable

PATIENCE = 60.0
"""Seconds until a kne that is neither ready nor dead is given up."""

LINES = 20
"""Lines of the log that are shown when it dies without an error of its own."""


def start(folder: Path, flags: Mapping[str, Any], terminal: Terminal) -> Client:
    """Start kne in the background, and return once it is ready.

    Raises:
        KneError: it ended before it was ready, or did not become ready.
    """
    own = folder / ".kne"
    own.mkdir(exist_ok=True)
    (own / ".gitignore").write_text("*\n")
    log = own / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "kne", "--no-color", "up", *words(flags)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def look() -> Client | int | None:
        it = read(own / "run.json")
        if it is not None and it.pid == process.pid and _is_ready(it):
            return Client(it)
        return process.poll()

    found = wait_for(look, PATIENCE)
    if isinstance(found, Client):
        return found
    for line in _complaint(log):
        terminal.note(line)
    if found is None:
        raise KneError(
            f"kne (process {process.pid}) is not ready after {PATIENCE:.0f} s", hint=f"see {log}"
        )
    raise KneError(f"kne ended with exit code {found} before it was ready", hint=f"see {log}")


def words(flags: Mapping[str, Any]) -> list[str]:
    """The words on a command line that mean these flags."""
    found: list[str] = []
    for name, value in flags.items():
        if name == "paths" or value is None:
            continue
        flag = f"--{name.replace('_', '-')}"
        if name == "watch":
            found += [] if value else ["--no-watch"]
        else:
            found += [flag, str(value)]
    return [*found, "--", *(flags.get("paths") or ())]


def _is_ready(it: Running) -> bool:
    try:
        return bool(Client(it).get("/kne/v1/status")["ready"])
    except Unreachable:
        return False


def _complaint(log: Path) -> list[str]:
    """The lines of the log from the first error on, or else the last ones."""
    lines = log.read_text("utf-8", "replace").splitlines()
    first = next((n for n, line in enumerate(lines) if line.startswith("Error")), None)
    return lines[-LINES:] if first is None else lines[first:]
