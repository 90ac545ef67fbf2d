"""Services that answer: what manifests and `kne.yaml` describe, brought to life.

Each service is served in one of four ways: by a program of the user's, by a server that runs
already, by an image that kne plays, or by a mock.  An entry of `kne.yaml` comes before what the
manifest says.  Services that did not change stay as they are when others do: a reload restarts no
program, and a mock remembers how many events it has dropped.
"""

import asyncio
import contextlib
import dataclasses
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

from kne import clock
from kne.control.builtins import play
from kne.control.jobs import Crash, Job, Jobs
from kne.control.mock import Script, mock, script
from kne.control.processes import Keeper, Program, free_port
from kne.control.say import Say
from kne.event import Event
from kne.kinds.base import Builtin, Process, Serving, Url
from kne.model.resource import Json, Key
from kne.plane.table import Answer, Handler, Headers
from kne.settings import Settings

Post: TypeAlias = Callable[[str, Event, Headers], Awaitable[Answer]]
"""One attempt over HTTP."""

PATIENCE = 30.0
"""Seconds that an event waits for a program that is starting, as Knative's activator would."""

_CHECK, _RECHECK = 2.0, 10.0
"""Seconds between looks at a server that does not listen, and at one that does."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SERVING = "serving.knative.dev"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Life:
    """A service that is alive: who answers, how it is shown, what keeps it alive.

    `port` is where its program listens, 0 if it has none.
    """

    serving: Serving
    handler: Handler
    served: Callable[[], str]
    state: Callable[[], str] = lambda: "ready"
    job: Job | None = None
    port: int = 0


class Services:
    """The services that are alive; used as a context that ends them all."""

    def __init__(self, say: Say, settings: Settings, post: Post) -> None:
        self._say = say
        self._settings = settings
        self._post = post
        self._lives: dict[Key, Life] = {}
        self._jobs = Jobs(self._crashed)
        self._told: set[str] = set()

    async def __aenter__(self) -> Self:
        await self._jobs.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._jobs.__aexit__(kind, error, trace)

    def adopt(self, servings: Mapping[Key, Serving]) -> dict[str, Handler]:
        """Make these the services that are alive, and return their handlers by address.

        Returns at once; programs start and end meanwhile.

        Raises:
            KneError: kne cannot serve one of them as it is described; then nothing changes.
        """
        lives: dict[Key, Life] = {}
        for key, serving in sorted(servings.items()):
            before = self._lives.get(key)
            if before is None or before.serving != serving:
                known = (*lives.values(), *self._lives.values())
                before = self._life(serving, frozenset(life.port for life in known))
            lives[key] = before
        self._lives = lives
        self._jobs.set({f"{key.group}/{key.namespace}/{key.name}": life.job
                        for key, life in lives.items() if life.job})  # fmt: skip
        self._tell_unknown()
        return {life.handler.address: life.handler for life in lives.values()}

    def served(self, address: str) -> str:
        """How the service at that address, or below it, is served; empty if there is none."""
        base = "/".join(address.split("/")[:3])
        found = [life.served() for life in self._lives.values() if life.handler.address == base]
        return found[-1] if found else ""

    def states(self) -> list[Json]:
        """Every service, and how it is now."""
        return [
            {
                "namespace": key.namespace,
                "name": key.name,
                "kind": "ksvc" if key.group == _SERVING else "svc",
                "served": life.served(),
                "state": life.state(),
            }
            for key, life in sorted(
                self._lives.items(), key=lambda it: (it[0].namespace, it[0].name)
            )
        ]

    def _life(self, serving: Serving, taken: frozenset[int]) -> Life:
        key, by = serving.key, serving.by
        entry = self._entry(key)
        if "run" in entry:
            env = getattr(by, "env", ())  # not every way of serving tells it
            return self._run(serving, _program(key, entry, env), taken)
        if "url" in entry:
            return self._remote(serving, entry["url"])
        if "mock" in entry:
            return self._mock(serving, script(entry["mock"]))
        if isinstance(by, Process):
            folder = str(Path(self._settings.folder, by.folder))
            return self._run(
                serving, Program(key.name, by.command, folder, (*by.env, *_identity(key))), taken
            )
        if isinstance(by, Url):
            return self._remote(serving, by.url)
        if isinstance(by, Builtin):
            handler = play(by, key.name, serving.address, self._say)
            return Life(serving, handler, lambda: f"built in {by.name.replace('_', '-')}")
        return self._mock(serving, Script(status=by.status))

    def _entry(self, key: Key) -> Mapping[str, Any]:
        services = self._settings.services
        return services.get(f"{key.namespace}/{key.name}") or services.get(key.name) or {}

    def _mock(self, serving: Serving, script: Script) -> Life:
        name = serving.key.name
        handler = Handler(serving.address, name, mock(name, script, self._say))
        return Life(serving, handler, lambda: f"mock {script.status}")

    def _run(self, serving: Serving, program: Program, taken: frozenset[int]) -> Life:
        keeper = Keeper(program, self._say, grace=self._settings.grace, port=free_port(taken))

        async def handle(event: Event, headers: Headers, path: str) -> Answer:
            shown = _joined(serving.address, path)
            if not await keeper.ready(PATIENCE):
                return _refused(shown, keeper.port)
            url = f"http://127.0.0.1:{keeper.port}{path or '/'}"
            return _as_if_from(shown, url, await self._post(url, event, headers))

        return Life(
            serving,
            Handler(serving.address, program.name, handle),
            lambda: f"process :{keeper.port}",
            lambda: keeper.state,
            Job(serving, keeper.run),
            keeper.port,
        )

    def _remote(self, serving: Serving, url: str) -> Life:
        remote = Remote(url)

        async def handle(event: Event, headers: Headers, path: str) -> Answer:
            to = _joined(url, path)
            answer = await self._post(to, event, headers)
            remote.listens = not answer.error
            return _as_if_from(_joined(serving.address, path), to, answer)

        handler = Handler(serving.address, serving.key.name, handle)
        return Life(serving, handler, lambda: url, lambda: remote.state, Job(serving, remote.run))

    def _tell_unknown(self) -> None:
        """Speak of entries of `kne.yaml` whose service is nowhere, each once."""
        names = {key.name for key in self._lives}
        names |= {f"{key.namespace}/{key.name}" for key in self._lives}
        for name in sorted(self._settings.services.keys() - names - self._told):
            self._told.add(name)
            close = get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            self._say("", f"! kne.yaml: services.{name}: no manifest names this service{hint}")

    def _crashed(self, crash: Crash) -> None:
        """A fault of kne's own: programs that end are no crash."""
        log.error("%s crashed", crash.name, exc_info=crash.error)
        self._say("", f"! service {crash.name}: {crash.error!r}; tried again in {crash.pause:g} s")


class Remote:
    """A server of the user's: whether it listens.

    Only a server on this machine is looked at from time to time; any other is believed to listen
    until an event does not reach it.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._near = self._host in _LOOPBACK
        self.listens = _listens(self._host, self._port) if self._near else True

    @property
    def state(self) -> str:
        return "ready" if self.listens else "not listening"

    async def run(self) -> None:
        """Look, and look again, until this is cancelled."""
        while self._near:
            await clock.sleep(_RECHECK if self.listens else _CHECK)
            self.listens = await asyncio.to_thread(_listens, self._host, self._port)


def _listens(host: str, port: int) -> bool:
    """Whether something listens there; loopback knows at once."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=0.2):
        return True
    return False


def _program(key: Key, entry: Mapping[str, Any], env: tuple[tuple[str, str], ...]) -> Program:
    """What an entry of `kne.yaml` runs; `env` is that of the container it stands for."""
    return Program(
        key.name,
        entry["run"],
        entry.get("cwd", ""),
        (*env, *_identity(key), *entry.get("env", {}).items()),
        ready=entry.get("ready", ""),
        watch=tuple(entry.get("watch", ())),
    )


def _identity(key: Key) -> tuple[tuple[str, str], ...]:
    """What Knative Serving tells a container about itself (its runtime contract)."""
    if key.group != _SERVING:
        return ()
    return (
        ("K_SERVICE", key.name),
        ("K_CONFIGURATION", key.name),
        ("K_REVISION", f"{key.name}-00001"),
    )


def _joined(url: str, path: str) -> str:
    """The path below a URL, which may have a path and a query of its own."""
    if path in ("", "/"):
        return url
    base, mark, query = url.partition("?")
    path, more, added = path.partition("?")
    queries = "&".join(it for it in (query, added) if it)
    return base.rstrip("/") + path + (f"?{queries}" if mark or more else "")


def _refused(shown: str, port: int) -> Answer:
    """What Go's client says if nobody listens (spec core 3.3, transport error)."""
    why = "connect: connection refused"
    body = f'dispatch error: Post "{shown}": dial tcp 127.0.0.1:{port}: {why}'
    return Answer(500, body=body.encode(), error="connection refused")


def _as_if_from(shown: str, url: str, answer: Answer) -> Answer:
    """The answer, its error speaking of the cluster's address: consumers may look at it."""
    if not answer.error:
        return answer
    body = answer.body.replace(url.encode(), shown.encode())
    return dataclasses.replace(answer, body=body, error=answer.error.replace(url, shown))
