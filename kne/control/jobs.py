"""Keep a changing set of coroutines alive.

A compile says which jobs are wanted now; `Jobs.set` starts what is new, leaves alone what is
equal, replaces what changed (the old one has ended before the new one starts) and stops the
rest.  A job that crashes is told of and started again after 1, 2, 4 ... 60 seconds; it never
takes others with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from kne import clock

SHORTEST, LONGEST = 1.0, 60.0
"""Seconds before the first restart, and at most; a run of `LONGEST` counts as a recovery."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to keep alive.  Jobs are equal when what they are made `of` is equal."""

    of: object
    run: Callable[[], Awaitable[None]] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Crash:
    """Why a job is not running now, and in how many seconds it is tried again."""

    name: str
    error: Exception
    pause: float


class Jobs:
    """The jobs that are alive, by name; used as a context that ends them all."""

    def __init__(self, crashed: Callable[[Crash], None]) -> None:
        self._crashed = crashed
        self._wanted: dict[str, Job] = {}
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.set({})
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            if group.exceptions != (error,):
                raise
            # an error of the body goes on as it is: no job is to blame

    def set(self, wanted: Mapping[str, Job]) -> None:
        """Make these the jobs that are alive; returns at once."""
        for name in self._wanted.keys() - wanted.keys():
            del self._wanted[name]
            self._stop(name)
        for name, job in wanted.items():
            if self._wanted.get(name) != job:
                self._wanted[name] = job
                self._start(name, job)

    def _stop(self, name: str) -> tuple[asyncio.Task[None], ...]:
        """Ask all that runs under the name to end; what is asked may take its time."""
        ending = tuple(self._tasks.get(name, ()))
        for task in ending:
            if not task.cancelling():  # a second request would cut its tidying up short
                task.cancel()
        return ending

    def _start(self, name: str, job: Job) -> None:
        before = self._stop(name)
        task = self._group.create_task(self._keep(name, job, before), name=f"job {name}")
        self._tasks.setdefault(name, set()).add(task)
        task.add_done_callback(lambda done: self._forget(name, done))

    def _forget(self, name: str, task: asyncio.Task[None]) -> None:
        self._tasks[name].discard(task)
        if not self._tasks[name]:
            del self._tasks[name]

    async def _keep(self, name: str, job: Job, before: tuple[asyncio.Task[None], ...]) -> None:
        if before:
            await asyncio.wait(before)
        pause = SHORTEST
        while True:
            began = clock.monotonic()
            try:
                return await job.run()
            except Exception as error:  # whatever a job does wrong is its own affair
                if clock.monotonic() - began >= LONGEST:
                    pause = SHORTEST
                self._crashed(Crash(name, error, pause))
            await clock.sleep(pause)
            pause = min(LONGEST, 2 * pause)
