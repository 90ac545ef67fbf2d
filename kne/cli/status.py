"""`kne status` and `kne down`: what runs, and the end of it."""

from typing import TYPE_CHECKING

import typer

from kne.cli import options as o
from kne.cli.session import Session
from kne.errors import KneError

if TYPE_CHECKING:
    from kne.client import Client

PATIENCE = 30.0
"""Seconds that `kne down` waits: events under way may take all of the grace, programs too."""


def status(ctx: typer.Context, output: o.StatusFormat = "human") -> None:
    """Show what runs, and what is wrong."""
    session: Session = ctx.obj
    terminal = session.terminal
    found = session.client().get("/kne/v1/status")
    if output != "human":
        terminal.document(found, output)
        return
    from kne.cli.banner import banner

    for line in banner(found, terminal.paint, tree=terminal.out.isatty()):
        terminal.data(line)
    state = "Ready" if found["ready"] else "Not ready yet"
    terminal.data("")
    terminal.data(f"{state}. Process {found['pid']}, since {found['started']}")


def down(ctx: typer.Context) -> None:
    """Stop the running kne.

    It ends what is under way; this command returns when it has gone.
    """
    from kne.client import wait_for

    session: Session = ctx.obj
    client = session.client()
    found = client.get("/kne/v1/status")
    client.post("/kne/v1/stop", {})
    what = f"kne in {found['folder']} (process {found['pid']})"
    if not wait_for(lambda: _has_gone(client), PATIENCE):
        raise KneError(
            f"{what} is still there after {PATIENCE:.0f} s",
            hint=f"end it with: kill {found['pid']}",
        )
    session.terminal.note(f"stopped {what}")


def _has_gone(client: "Client") -> bool | None:
    """True once it has taken its files away, its process has ended, or nothing answers."""
    from kne.client import read
    from kne.errors import Unreachable

    it = client.it
    if it.pid:
        now = read(it.file)
        return True if not it.alive or now is None or now.pid != it.pid else None
    try:
        client.get("/kne/v1/status")
    except Unreachable:
        return True
    return None
