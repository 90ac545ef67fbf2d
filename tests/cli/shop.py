"""A running kne for commands: the real API over a small emulator, in a thread of its own."""

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from kne.api.server import serve
from kne.event import Event
from kne.model.resource import Json
from kne.plane.journal import Journal, Tail
from tests.api import small

T = TypeVar("T")


READY = {"ready": "True", "reason": "", "message": ""}
TRIGGER = {
    "namespace": "default",
    "name": "t1",
    "filter": "type = com.shop.order.created",
    "sink": "ksvc/cart",
    "served": "built in event-display",
    **READY,
}
BROKER = {
    "namespace": "default",
    "name": "default",
    "delivery": "retry 10 exponential PT0.2S",
    "dead_letter": "ksvc/dlq",
    "triggers": [TRIGGER, TRIGGER | {"name": "trigger-two"}],
    **READY,
}
CART = {
    "namespace": "default",
    "name": "cart",
    "kind": "ksvc",
    "served": "built in event-display",
    "state": "ready",
}
STATUS: Json = {
    "name": "kne",
    "version": "0.1.0",
    "ready": True,
    "ready_ms": 212,
    "started": "2026-01-01T00:00:00Z",
    "folder": "/shop",
    "namespace": "default",
    "paths": ["manifests"],
    "files": 1,
    "resources": 12,
    "api": "http://127.0.0.1:8081",
    "journal": "in memory, lost at exit",
    "services": [CART],
    "problems": [],
}


def delivery(name: str, **more: Any) -> Json:
    """One way out, as a report tells of it."""
    plain = {"sink": "ksvc/bill", "outcome": "delivered", "status": 200, "ms": 38.4, "attempts": 1}
    return {"link": f"trigger/default/{name}", "reply": None, "error": "", "why": ""} | plain | more


class Followed(Journal):
    """Counts who has begun to follow it."""

    followers = 0

    def tail(self, size: int = 10_000) -> Tail:
        self.followers += 1
        return super().tail(size)


class Shop(small.Shop):
    """Tells of a broker with two triggers, and answers what it sends as it is told to."""

    deliveries: tuple[Json, ...] = (
        delivery("t1"),
        delivery("t2", sink="ksvc/ship", outcome="filtered", why='type is "x"'),
    )
    answer = 202
    error = ""
    changes: dict[str, Any]

    def __init__(self, objects: Iterable[Json] = ()) -> None:
        super().__init__(objects)
        self.journal: Followed = Followed()

    def status(self) -> Json:
        found = STATUS | {
            "pid": os.getpid(),
            "ingress": self.ingress_url,
            "brokers": [BROKER | {"url": f"{self.ingress_url}/default/default"}],
        }
        return found | getattr(self, "changes", {})

    async def send(self, event: Event, to: str) -> Json:
        self.sent.append((event, to))
        matched = [it for it in self.deliveries if it["outcome"] != "filtered"]
        return {
            "id": event.id,
            "type": event.type,
            "to": "broker/default",
            "status": self.answer,
            "ms": 2.1,
            "matched": len(matched),
            "of": len(self.deliveries),
            "deliveries": list(self.deliveries),
            "reply": None,
            "error": self.error,
        }


class Running:
    """A shop that is served; `do` runs something where it lives."""

    def __init__(self, shop: Shop, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.shop = shop
        self.url = url
        self._loop = loop

    def do(self, what: Callable[[], T]) -> T:
        """Run `what` in the shop's thread, and wait for it."""

        async def run() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)


@contextmanager
def served(shop: Shop, folder: Path, *, grace: float = 0.0) -> Iterator[Running]:
    """Serve the shop, found from `folder` as a running kne is, until it is stopped."""
    started: list[Running] = []
    ready, ended = threading.Event(), threading.Event()

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with serve(shop, listener, small.TOKEN, kinds=small.KINDS):
                started.append(Running(shop, url, asyncio.get_running_loop()))
                write_run_file(folder, url)
                ready.set()
                while not shop.stopped:
                    await asyncio.sleep(0.01)
        (folder / ".kne/run.json").unlink(missing_ok=True)
        ended.set()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(10)
        yield started[0]
    finally:
        shop.stopped = True
        thread.join()


def write_run_file(folder: Path, url: str, **changes: Any) -> Path:
    """What a running kne leaves in its folder."""
    own = folder / ".kne"
    own.mkdir(exist_ok=True)
    about = {"pid": os.getpid(), "folder": str(folder), "ingress": "http://127.0.0.1:8080"}
    about |= {"api": url, "token": small.TOKEN, "started": "2026-01-01T00:00:00Z"}
    file = own / "run.json"
    file.write_text(json.dumps(about | changes))
    return file
