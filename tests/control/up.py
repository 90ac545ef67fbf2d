"""A whole kne in the process of the tests: real files, real HTTP, the real watch."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kne import clock
from kne.control.emulator import Emulator, Management
from kne.event import Event
from kne.settings import Settings

LONG = 20
"""Seconds that nothing here needs; only a failing test waits for them."""

BROKER = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: default
spec:
  delivery:
    retry: 0
"""
TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: {name}
spec:
  broker: default
  filter:
    attributes:
      type: {type}
  subscriber:
    ref:
      apiVersion: serving.knative.dev/v1
      kind: Service
      name: display
"""
SERVICE = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: display
spec:
  template:
    spec:
      containers:
      - image: ko://knative.dev/eventing/cmd/event_display
"""
ORDER = Event({"specversion": "1.0", "id": "1", "source": "/shop", "type": "order"}, b'{"n": 1}')


def trigger(type: str = "order", name: str = "t") -> str:
    return TRIGGER.format(name=name, type=type)


class Up:
    """A running kne, what it has said, and a way to wait for more."""

    def __init__(self, folder: Path, management: Management | None = None, **settings: Any) -> None:
        self.manifests = folder / "m"
        self.manifests.mkdir(exist_ok=True)
        self.said: list[tuple[str, str]] = []
        self._news = asyncio.Event()
        chosen = {"port": 0, "api_port": 0, "paths": ("m",), "folder": folder, **settings}
        self.emulator = Emulator(
            Settings(**chosen),
            self.say,
            management=management,
            environ={"XDG_STATE_HOME": str(folder / "state")},
        )

    def say(self, source: str, line: str) -> None:
        self.said.append((source, line))
        self._news.set()

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.manifests / f"{name}.yaml").write_text(text)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to be said after which it holds."""
        async with clock.timeout(LONG):
            while not holds():
                await self._news.wait()
                self._news.clear()

    async def until_said(self, beginning: str) -> str:
        def found() -> list[str]:
            return [line for _, line in self.said if line.startswith(beginning)]

        await self.until(lambda: bool(found()))
        return found()[0]

    async def post(self, path: str = "/default/default", **attributes: str) -> int:
        """Send an event over HTTP, on a connection of its own."""
        port = int(self.emulator.ingress_url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        fields = {**ORDER.attributes, **attributes}
        head = "".join(f"ce-{name}: {value}\r\n" for name, value in fields.items())
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}"
            "Content-Type: application/json\r\nContent-Length: 8\r\n\r\n".encode()
            + (ORDER.data or b"")
        )
        try:
            answer = await reader.read()
        finally:
            writer.close()
        return int(answer.split()[1])


@asynccontextmanager
async def running(it: Up) -> AsyncIterator[Up]:
    async with clock.timeout(LONG), asyncio.TaskGroup() as group:
        task = group.create_task(it.emulator.run())
        ready = group.create_task(it.emulator.until_ready())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ready.cancel()
            await task
        yield it
        it.emulator.request_stop()


def shop_in(folder: Path) -> Up:
    """A kne with a broker, one trigger, and event-display behind it; not running yet."""
    it = Up(folder)
    it.write(broker=BROKER, trigger=trigger(), service=SERVICE)
    return it


async def following(it: Up) -> None:
    """Wait until files are followed: a first look finds what was written meanwhile."""
    it.write(probe="# nothing")
    await it.until_said("~ added m/probe.yaml")
