"""What every command is given: the terminal, and the way to the running kne."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kne.cli.printing import Terminal
from kne.errors import KneError

if TYPE_CHECKING:
    from kne.client import Client


@dataclass(frozen=True, slots=True)
class Session:
    """One run of one command.

    `url` is that of `--url` or KNE_URL, empty if neither is given; `at_end` takes what is to be
    called when the command has ended.
    """

    terminal: Terminal
    url: str
    at_end: Callable[[Callable[[], object]], object]

    def client(self, *, timeout: float | None = 10.0) -> "Client":
        """A client of the running kne; `timeout` in seconds, None never.

        Raises:
            Unreachable: none was found.
        """
        from kne import client

        running = client.find(self.url, os.environ, Path.cwd())
        found = client.Client(running, timeout=timeout)
        self.at_end(found.close)
        return found

    def fail(self, faults: Sequence[KneError]) -> None:
        """Print the faults and end the command, if there are any."""
        for fault in faults:
            self.terminal.error(fault)
        if faults:
            raise typer.Exit(max(fault.exit_code for fault in faults))


def namespace_of(status: Mapping[str, Any], given: str) -> str:
    """The namespace a command means: the one given, else the running kne's own."""
    return given or str(status.get("namespace") or "default")
