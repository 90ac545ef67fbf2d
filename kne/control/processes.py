"""A program of the user's that serves a Service: started, watched, restarted, stopped.

The program is a shell command.  It is told its port in `$PORT`, its output is said line by line,
and when it ends it is started again after 1, 2, 4 ... 60 seconds.

Nothing is left behind.  The command leads a session, and so a process group, of its own; ending
it is signalling the group.  If kne itself dies, even of SIGKILL, nobody is left to do that: so a
few lines of sh in the same group, the leash, wait for the end of a pipe that only kne holds open.
The kernel closes it whatever kne dies of, and the leash ends the group.  (PR_SET_PDEATHSIG is no
way: it needs code between fork and exec, which may hang once there are threads; it reaches the
child and not its children; and it is Linux's alone.)  As the leash is a member of the group, the
group's number cannot be given to others while kne may still signal it.
"""

import asyncio
import codecs
import contextlib
import logging
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from kne import clock
from kne.control.say import Say

State: TypeAlias = Literal["starting", "ready", "failed"]

LONGEST_LINE = 8192
"""Characters; a longer line is said in pieces, so that no program can fill the memory."""

LONGEST_PAUSE = 60.0
"""Seconds before a restart, at most; a program that ran so long has recovered."""

_SLOW = 10.0
"""Seconds after which a program that does not answer is spoken of."""

_LEASH = """\
exec 3<&0 </dev/null
(trap '' TERM INT HUP; read -r _; kill -TERM 0; sleep "$2"; kill -KILL 0) <&3 >/dev/null 2>&1 &
exec 3<&-
exec sh -c "$1"
"""
"""Run by sh with the command and the grace; standard input is the pipe.

The command replaces this shell, so its exit code and signals are seen as they are.
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.  `ready` is a path that answers below 400; empty means that it listens.

    `watch` are files and folders; when something changes there the program is started again.
    """

    name: str
    command: str
    folder: str
    env: tuple[tuple[str, str], ...] = ()
    ready: str = ""
    watch: tuple[str, ...] = ()


def pauses(first: float = 1.0) -> Iterator[float]:
    """Seconds to wait before each restart: 1, 2, 4 ... 60, 60."""
    pause = first
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)


def free_port(taken: frozenset[int] = frozenset(), *, rather: int = 0) -> int:
    """A TCP port of loopback that nobody listens on: `rather` that one, and none of `taken`."""
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", rather))
            except OSError:
                if not rather:
                    raise
                rather = 0
                continue
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port
        rather = 0


class Keeper:
    """One program, kept running for as long as `run` runs.

    `port` is where it listens, `state` how it is, `reason` why it failed.
    """

    def __init__(
        self, program: Program, say: Say, *, grace: float, port: int, pause: float = 1.0
    ) -> None:
        self.program = program
        self.port = port
        self.state: State = "starting"
        self.reason = ""
        self._say = say
        self._grace = grace
        self._pause = pause
        self._settled = asyncio.Event()
        self._changed = asyncio.Event()

    async def ready(self, patience: float) -> bool:
        """Whether it takes requests; waits while it is starting, `patience` seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with clock.timeout(patience):
                await self._settled.wait()
        return self.state == "ready"

    async def run(self) -> None:
        """Keep it running until this is cancelled; then it has ended, and all it started."""
        async with asyncio.TaskGroup() as group:
            if self.program.watch:
                group.create_task(self._follow())
            await self._keep()

    async def _keep(self) -> None:
        waits = pauses(self._pause)
        while True:
            began = clock.monotonic()
            self._settle("starting")
            try:
                why = await self._once()
            except OSError as error:  # the folder is missing, or no more processes are allowed
                why = str(error)
            if self._changed.is_set():
                self._changed.clear()
                waits = pauses(self._pause)
                self._say("", f"~ {self.program.name} changed, starting it again")
                continue
            if clock.monotonic() - began >= LONGEST_PAUSE:  # it had recovered
                waits = pauses(self._pause)
            wait = next(waits)
            self._settle("failed", why)
            self._say("", f"! {self.program.name}: {why}; starting it again in {wait:g} s")
            with contextlib.suppress(TimeoutError):
                async with clock.timeout(wait):
                    await self._changed.wait()
            self._changed.clear()

    def _settle(self, state: State, reason: str = "") -> None:
        self.state = state
        self.reason = reason
        if state == "starting":
            self._settled.clear()
        else:
            self._settled.set()

    async def _once(self) -> str:
        """Start it, and return why it ended; it has, and all it started, however this is left."""
        self.port = free_port(rather=self.port)
        async with self._spawn() as (process, output), asyncio.TaskGroup() as group:
            log.info("%s started", self.program.name, extra={"pid": process.pid, "port": self.port})
            speaking = group.create_task(self._speak(output))
            probing = group.create_task(self._probe())
            ending = group.create_task(process.wait())
            changing = group.create_task(self._changed.wait())
            try:
                await asyncio.wait({ending, changing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                probing.cancel()
                changing.cancel()
                await self._end(process)
                await asyncio.wait({speaking}, timeout=1)  # what it said last
                speaking.cancel()
        return _why(process.returncode or 0)

    @contextlib.asynccontextmanager
    async def _spawn(
        self,
    ) -> AsyncIterator[tuple[Process, asyncio.StreamReader]]:
        """The process and its output.  Pipes are made here: asyncio's own would make `wait` wait
        for grandchildren that keep them open."""
        held, leash = os.pipe()[::-1]
        output, written = os.pipe()
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb")
        )
        try:
            try:
                process = await asyncio.create_subprocess_exec(
                    "/bin/sh", "-c", _LEASH, "kne", self.program.command, f"{self._grace:g}",
                    stdin=leash, stdout=written, stderr=written, start_new_session=True,
                    cwd=self.program.folder or None, env=self._environment(),
                )  # fmt: skip
            finally:
                os.close(leash)
                os.close(written)
            yield process, reader
        finally:
            os.close(held)
            transport.close()

    def _environment(self) -> dict[str, str]:
        """kne's own, and what the program is told; Python programs shall not hold back output."""
        return {
            "PYTHONUNBUFFERED": "1",
            **os.environ,
            **dict(self.program.env),
            "PORT": str(self.port),
        }

    async def _end(self, process: Process) -> None:
        """SIGTERM for the whole group, the grace, then SIGKILL for what is left of it."""
        if process.returncode is None:
            _signal(process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with clock.timeout(self._grace):
                    await process.wait()
        _signal(process.pid, signal.SIGKILL)
        await process.wait()

    async def _speak(self, output: asyncio.StreamReader) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        while chunk := await output.read(65536):
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in lines:
                self._say_line(line)
            if len(rest) > LONGEST_LINE:
                whole = len(rest) // LONGEST_LINE * LONGEST_LINE
                self._say_line(rest[:whole])
                rest = rest[whole:]
        rest += decoder.decode(b"", final=True)
        if rest:
            self._say_line(rest)

    def _say_line(self, line: str) -> None:
        line = line.rstrip("\r")
        for start in range(0, max(1, len(line)), LONGEST_LINE):
            self._say(self.program.name, line[start : start + LONGEST_LINE])

    async def _probe(self) -> None:
        """Ask until it is ready; speak of it once if that takes long."""
        began, pause, told = clock.monotonic(), 0.02, False
        while not await _answers(self.port, self.program.ready):
            if not told and clock.monotonic() - began > _SLOW:
                told = True
                what = f"GET {self.program.ready} on" if self.program.ready else "to"
                self._say("", f"! {self.program.name}: still no answer {what} 127.0.0.1:{self.port}"
                          "; does it listen on $PORT?")  # fmt: skip
            await clock.sleep(pause)
            pause = min(0.5, pause * 1.5)
        self._settle("ready")

    async def _follow(self) -> None:
        from watchfiles import awatch

        there = self._watched()
        if there:
            async for _ in awatch(*there):
                self._changed.set()

    def _watched(self) -> list[str]:
        there = [path for path in self.program.watch if Path(path).exists()]
        for path in self.program.watch:
            if path not in there:
                self._say("", f"! {self.program.name}: {path} is not there, so it is not watched")
        return there


async def _answers(port: int, path: str) -> bool:
    """Whether something listens there, or answers GET of the path below 400."""
    try:
        async with clock.timeout(1):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                if not path:
                    return True
                head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode())
                words = (await reader.readline()).split()
                return len(words) > 1 and words[1].isdigit() and int(words[1]) < 400
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, ValueError, TimeoutError):
        return False


def _signal(group: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left in it
        os.killpg(group, which)


def _why(code: int) -> str:
    """Why a process ended, in words."""
    if code == 127:
        return "exit code 127, the shell did not find the command"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"
