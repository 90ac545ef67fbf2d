"""The wiring: one running kne, from the first file read to the last event delivered.

`run` is a ladder of contexts, and leaving it runs the ladder backwards: stop following files,
close the management API, remove the files by which others find us, stop listening and let what
is under way end, stop services.  Nothing here decides anything.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from kne import clock
from kne.control import changes, listening, running, sending, status
from kne.control.compiler import Plan, compile_plan, shown
from kne.control.files import Files, Touched
from kne.control.folder import Folder
from kne.control.say import Say
from kne.control.services import Services
from kne.control.shipped import configuration_of
from kne.control.store import Store
from kne.errors import KneError, ManifestErrors
from kne.event import Event
from kne.kinds.base import Problem
from kne.kinds.registry import kinds
from kne.model.resource import Json, Key
from kne.plane.engine import Engine
from kne.plane.http_in import Limits
from kne.plane.journal import Journal
from kne.settings import Settings

Management: TypeAlias = Callable[
    ["Emulator", socket.socket, str], AbstractAsyncContextManager[object]
]
"""Serves the management API on a socket for as long as its context is open; changes need the token.

It is called after events are taken: what it imports delays nobody, and clients that come earlier
wait in the socket's queue.
"""

HURRY = 0.05
"""Seconds that each rung of the ladder is given after a second request to stop."""


class Emulator:
    """One kne; `management` serves its API, `environ` says where its user keeps state."""

    def __init__(
        self,
        settings: Settings,
        say: Say,
        *,
        management: Management | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = settings
        self.store = Store(clock.now_ns() // 1_000_000)  # later than any version of an earlier run
        self.journal = Journal(settings.journal)
        limits = Limits(body=settings.max_body, read_timeout=settings.read_timeout)
        self.engine = Engine(self.journal, limits)
        self.services = Services(say, settings, self.engine.post)
        self.files = Files(settings.paths, settings.folder, warn=lambda text: say("", f"! {text}"))
        self.folder = Folder(self.files, self.store, settings.namespace)
        self.plan = Plan()
        self.unserved: KneError | None = None
        self.ready = False
        self.ready_ms = 0
        self.started = clock.now()
        self.ingress_url = self.api_url = ""
        self._say = say
        self._management = management
        self._environ = environ
        self._task: asyncio.Task[object] | None = None
        self._cuts = 0
        self._stopping = asyncio.Event()
        self._is_ready = asyncio.Event()
        self._touched: set[Path] = set()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Run until `request_stop`, and return when all has ended.

        Raises:
            KneError: the manifests have faults, or something needed cannot be had; then nothing
                was started.
        """
        self._task = task = asyncio.current_task()
        try:
            async with AsyncExitStack() as stack:
                await self._start(stack)
                await self._stopping.wait()
                self.ready = False
        except asyncio.CancelledError:
            if not self._cuts or task is None:
                raise
            for _ in range(self._cuts):
                task.uncancel()
        finally:
            self.ready, self._task = False, None

    def request_stop(self) -> None:
        """Ask to end: what is under way may still end.  Asked a second time, nothing may."""
        if self._stopping.is_set() and not self._cuts:
            self._cut()
        self._stopping.set()

    def _cut(self) -> None:
        """Break off whatever still waits on the way down, step by step."""
        if self._task:
            self._cuts += 1
            self._task.cancel()
            asyncio.get_running_loop().call_later(HURRY, self._cut)

    async def until_ready(self) -> None:
        """Wait until events are taken."""
        await self._is_ready.wait()

    async def send(self, event: Event, to: str) -> Json:
        """Send one event to a URL, and tell what became of it."""
        return await sending.send(self.engine, self.plan, self.ingress_url, event, to)

    def status(self) -> Json:
        """All that `kne status` shows."""
        return status.report(self)

    def graph(self) -> Json:
        """Who sends to whom, and where events may go round."""
        from kne.control.graph import graph_of  # nobody needs it to start

        return graph_of(self.plan, self.ingress_url, self.services.states()).json()

    def where(self, key: Key) -> str:
        """The place of an object in its file; empty if it is in none."""
        return next((str(it.where() or "") for it in self.store.given() if it.key == key), "")

    def traffic(self, link: str) -> Json:
        """What became of the events of `trigger/NS/NAME`; empty before the first."""
        found = self.engine.traffic.get(link)
        return found.json() if found and found.attempts else {}

    def problems(self) -> list[Json]:
        """All that is wrong now, and what can be done about it."""
        return status.problems([*self.folder.faults, *self._amiss()])

    def reload(self, touched: Touched = frozenset()) -> None:
        """Take over what has changed on disk, and tell of it; `touched` surely has."""
        began = clock.monotonic()
        outcomes = self.folder.read(touched)
        if not outcomes:
            return
        known = {it.message for it in self._amiss()}
        try:
            self._adopt()
            self.unserved = None
        except KneError as error:
            self.unserved = error
        self._publish()
        took = (clock.monotonic() - began) * 1000
        for line in changes.lines(outcomes, took, refused=self.unserved):
            self._say("", line)
        for it in self._amiss():
            if it.message not in known and it is not self.unserved:
                self._say("", changes.problem(it))

    async def _start(self, stack: AsyncExitStack) -> None:
        began = clock.monotonic()
        self._read_all()
        await stack.enter_async_context(self.services)
        stack.push_async_callback(self.engine.close, self.settings.grace)
        self._adopt()
        api = await self._listen(stack)
        self._publish()
        token = secrets.token_urlsafe(24)
        self._announce(stack, token)
        self.ready_ms = round((clock.monotonic() - began) * 1000)
        self.ready = True
        self._is_ready.set()
        if self._management:
            await stack.enter_async_context(self._management(self, api, token))
        if self.settings.watch:
            await stack.enter_async_context(self._following())

    def _read_all(self) -> None:
        """Read every manifest; one fault, and nothing starts."""
        self.files.check()
        outcomes = self.folder.read()
        if self.folder.faults:
            raise ManifestErrors(self.folder.faults)
        for outcome in outcomes:
            if outcome.is_skipped:
                self._say("", changes.skipped(outcome.file))
        if not len(self.folder):
            self._say("", f"! no manifests in {', '.join(self.settings.paths)}")

    async def _listen(self, stack: AsyncExitStack) -> socket.socket:
        """Take events, and open the socket of the API."""
        settings = self.settings
        self.ingress_url = await listening.events(self.engine, settings, self._say)
        api = listening.management(settings, self.ingress_url, self._say)
        self.api_url = listening.url(*api.getsockname())
        return stack.enter_context(closing(api))

    def _announce(self, stack: AsyncExitStack, token: str) -> None:
        folder, namespace = self.settings.folder, self.settings.namespace
        other = running.other(folder)
        if other:
            text = f"another kne (process {other.pid}) runs in this folder too"
            self._say("", f"! {text}: commands now reach this one")
        it = running.Running(
            pid=os.getpid(),
            folder=str(folder),
            ingress=self.ingress_url,
            api=self.api_url,
            token=token,
            started=status.rfc3339(self.started),
        )
        stack.enter_context(running.announced(it, folder, namespace, self._environ))

    def _adopt(self) -> None:
        """Compile what there is, and use it from now on."""
        given = self.store.given()
        plan = compile_plan(kinds(), given, configuration_of(given))
        handlers = self.services.adopt(plan.servings)
        self.engine.adopt(replace(plan.table, handlers=handlers))
        self.plan = plan

    def _publish(self) -> None:
        plan, is_local = self.plan, self.settings.addresses == "local"
        self.store.publish(shown(plan, self.ingress_url) if is_local else plan.objects)

    def _amiss(self) -> list[KneError | Problem]:
        """What is wrong beside the faults in files."""
        unserved = [self.unserved] if self.unserved else []
        return [*unserved, *self.store.problems(), *self.plan.problems]

    @asynccontextmanager
    async def _following(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.files.follow(self._touch)),
                group.create_task(self._reload_when_touched()),
            ]
            yield
            for task in tasks:
                task.cancel()

    def _touch(self, touched: Touched) -> None:
        self._touched |= touched
        self._changed.set()

    async def _reload_when_touched(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            touched, self._touched = frozenset(self._touched), set()
            self.reload(touched)
