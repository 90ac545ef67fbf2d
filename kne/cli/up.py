"""`kne up`: an emulator in this process, its banner, its services' voices, its end by a signal."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kne.cli import options as o
from kne.cli.printing import Terminal
from kne.cli.session import Session

if TYPE_CHECKING:
    from socket import socket

    from kne.control.emulator import Emulator
    from kne.settings import Settings

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
INTERRUPTED = 130


def up(
    ctx: typer.Context,
    paths: o.Paths = None,
    port: o.Port = None,
    api_port: o.ApiPort = None,
    host: o.Host = None,
    no_watch: o.NoWatch = False,
    detach: o.Detach = False,
    namespace: o.OwnNamespace = None,
    addresses: o.Addresses = None,
) -> None:
    """Run what the manifests describe.

    It follows changes of the files, and ends with Ctrl-C or `kne down`.
    """
    session: Session = ctx.obj
    flags: dict[str, Any] = {
        "port": port,
        "api_port": api_port,
        "host": host,
        "watch": False if no_watch else None,
        "namespace": namespace,
        "addresses": addresses,
        "paths": paths or None,
    }
    settings = _settings(flags)
    if detach:
        _start_elsewhere(flags, settings, session.terminal)
        return
    code = _run(settings, session.terminal)
    if code:
        raise typer.Exit(code)


def _settings(flags: Mapping[str, Any]) -> "Settings":
    """The settings; without any paths, `manifests/` if there is such a folder, else here."""
    from dataclasses import replace

    from kne.settings import Settings, load

    here = Path.cwd()
    found = load(flags, os.environ, here)
    is_usual = not flags["paths"] and found.paths == Settings().paths
    if is_usual and not any((here / path).exists() for path in found.paths):
        return replace(found, paths=(".",))
    return found


def _start_elsewhere(flags: Mapping[str, Any], settings: "Settings", terminal: Terminal) -> None:
    from kne.cli import detached

    client = detached.start(settings.folder, flags, terminal)
    status = client.get("/kne/v1/status")
    triggers = client.get("/apis/eventing.knative.dev/v1/triggers")["items"]
    _welcome(status, triggers, terminal)
    log = os.path.relpath(settings.folder / ".kne" / "log")
    terminal.note(f"\nRunning in the background. Log: {log}   Stop: kne down")


def _run(settings: "Settings", terminal: Terminal) -> int:
    """Run an emulator to its end; the exit code."""
    import asyncio

    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):  # there is no uvloop for Windows
        from uvloop import new_event_loop as factory
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(_serve(settings, terminal))


async def _serve(settings: "Settings", terminal: Terminal) -> int:
    from kne.cli.voice import Voice
    from kne.control.emulator import Emulator

    @asynccontextmanager
    async def manage(emulator: Emulator, listener: "socket", token: str) -> AsyncIterator[None]:
        """Greet, then serve the API: what it imports takes as long as all that came before."""
        triggers = emulator.store.list("eventing.knative.dev", "Trigger")
        _welcome(emulator.status(), triggers, terminal)
        from kne.api.server import serve

        async with serve(emulator, listener, token):
            yield

    emulator = Emulator(settings, Voice(terminal).say, management=manage)
    with _ended_by_signals(emulator, terminal) as seen:
        await emulator.run()
    terminal.note("stopped")
    return INTERRUPTED if len(seen) > 1 else 0


def _welcome(
    status: Mapping[str, Any], triggers: Sequence[Mapping[str, Any]], terminal: Terminal
) -> None:
    from kne.cli.banner import banner
    from kne.cli.example import example

    for line in banner(status, terminal.paint_note, tree=terminal.err.isatty()):
        terminal.note(line)
    line = example(status, triggers)
    terminal.note("")
    terminal.note(f"Ready in {status['ready_ms'] / 1000:.2f}s.{' Try:' if line else ''}")
    if line:
        terminal.note(f"  {terminal.paint_note(line, 'bold')}")


@contextmanager
def _ended_by_signals(emulator: "Emulator", terminal: Terminal) -> Iterator[list[int]]:
    """Let the first signal end the emulator and a second one cut it short; gives those seen.

    A third ends the process as it is.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def told() -> None:
        if len(seen) == 1:
            terminal.note("stopping: what is under way may end (again to leave at once)")
        emulator.request_stop()

    def handle(number: int, _: object) -> None:
        seen.append(number)
        if len(seen) > 2:
            os._exit(INTERRUPTED)
        loop.call_soon_threadsafe(told)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
