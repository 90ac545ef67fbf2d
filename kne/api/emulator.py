"""What the API sees of an emulator, and nothing more.

    store      get, list, watch, and who an object comes from
    journal    what happened to events
    send       one event to one address
    status, problems, ready, request_stop

The API would serve anything that has these; tests give it a small one.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from kne.control.store import Change
from kne.event import Event
from kne.model.resource import Json, Key
from kne.plane.journal import Hop


class Store(Protocol):
    """The objects as people see them; nobody edits what it gives away."""

    version: int

    def get(self, key: Key) -> Json | None: ...

    def list(self, group: str, kind: str, namespace: str | None = None) -> list[Json]: ...

    def watch(self, since: int) -> AsyncIterator[Change]: ...

    def origins(self, key: Key) -> tuple[str, ...]: ...


class Tail(Protocol):
    """Hops as they happen; a slow reader misses some and is told how many."""

    def __aiter__(self) -> AsyncIterator[Hop]: ...

    def close(self) -> None: ...


class Journal(Protocol):
    """What happened to events, one hop after another."""

    def tail(self) -> Tail: ...


class Emulator(Protocol):
    """A running kne."""

    @property
    def store(self) -> Store: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def ready(self) -> bool: ...

    async def send(self, event: Event, to: str) -> Json: ...

    def graph(self) -> Json: ...

    def where(self, key: Key) -> str: ...

    def traffic(self, link: str) -> Json: ...

    def status(self) -> Json: ...

    def problems(self) -> list[Json]: ...

    def request_stop(self) -> None: ...
