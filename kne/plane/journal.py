"""What happened to each event, hop by hop, in a ring in memory.

Recording is on the path of every event: one small tuple, appended.  Everything else (rendering,
filtering, following) is done by whoever looks.  A reader that is too slow loses the oldest hops
and is told how many; it never slows an event down.
"""

import asyncio
import base64
from collections import deque
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from kne import clock
from kne.event import Event

Step = Literal[
    "received", "filtered", "attempt", "delivered", "replied", "dead-lettered", "lost", "looped",
    "rejected", "skipped",
]  # fmt: skip
"""A closed list: what can happen to an event at one place (docs/outcomes.md)."""


class Hop(NamedTuple):
    """One thing that happened to one event.

    `hub` is the broker or channel the event was in, `place` what acted: that hub, or the trigger
    or subscription (`trigger/NS/NAME`).  `at` is nanoseconds since 1970; `ms` how long it took;
    `next` seconds until the next attempt; `cause` the `seq` of the hop that led here.
    """

    seq: int
    at: int
    step: Step
    hub: str
    place: str
    event: Event
    sink: str = ""
    status: int = 0
    ms: float = 0.0
    attempt: int = 0
    of: int = 0
    detail: str = ""
    next: float = 0.0
    cause: int | None = None

    def json(self) -> dict[str, Any]:
        """As the API hands it out; fields that say nothing are left out."""
        found: dict[str, Any] = {
            "seq": self.seq,
            "at": clock.rfc3339(self.at),
            "step": self.step,
            "hub": self.hub,
            "place": self.place,
            "event": dict(self.event.attributes),
        }
        if self.event.data is not None:
            found["data"] = base64.b64encode(self.event.data).decode()
        for name in ("sink", "status", "attempt", "of", "detail", "next"):
            if value := getattr(self, name):
                found[name] = value
        if self.cause is not None:
            found["cause"] = self.cause
        found["ms"] = round(self.ms, 3)
        return found


class Flow:
    """What travels with an event and all that follows from it.

    `trace` is the W3C trace context that came in, as header lines; `hops` collects what happens
    if somebody waits for it; `reply_retries` bounds the storm of a reply loop (differences.md).
    """

    __slots__ = ("cause", "hops", "reply_retries", "trace")

    def __init__(self, trace: bytes = b"", hops: list[Hop] | None = None) -> None:
        self.trace = trace
        self.hops = hops
        self.cause: int | None = None
        self.reply_retries = 0


class Journal:
    """The last `size` hops."""

    def __init__(self, size: int = 10_000) -> None:
        self._ring: deque[Hop] = deque(maxlen=size)
        self._tails: set[Tail] = set()
        self._seq = 0

    def record(self, flow: Flow, step: Step, hub: str, place: str, event: Event, *rest: Any) -> int:
        """Note a hop; `rest` are the fields of `Hop` from `sink` on.  Returns its number."""
        self._seq = seq = self._seq + 1
        hop = Hop(seq, clock.now_ns(), step, hub, place, event, *rest)
        self._ring.append(hop)
        if flow.hops is not None:
            flow.hops.append(hop)
        if self._tails:
            for tail in self._tails:
                tail.push(hop)
        return seq

    def __iter__(self) -> Iterator[Hop]:
        """The hops still kept, oldest first."""
        return iter(tuple(self._ring))

    def tail(self, size: int = 10_000) -> "Tail":
        """Follow what happens from now on; close it when done."""
        tail = Tail(self._tails, size)
        self._tails.add(tail)
        return tail


class Tail:
    """Hops as they happen; at most `size` wait for a slow reader, the oldest are dropped."""

    def __init__(self, tails: "set[Tail]", size: int) -> None:
        self._tails = tails
        self._waiting: deque[Hop] = deque()
        self._size = size
        self._skipped = 0
        self._news = asyncio.Event()

    def push(self, hop: Hop) -> None:
        """Take a hop; never waits."""
        if len(self._waiting) >= self._size:
            self._waiting.popleft()
            self._skipped += 1
        self._waiting.append(hop)
        self._news.set()

    def close(self) -> None:
        """Follow no longer."""
        self._tails.discard(self)

    def __aiter__(self) -> "Tail":
        return self

    async def __anext__(self) -> Hop:
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        hop = self._waiting.popleft()
        if self._skipped:
            detail, self._skipped = f"{self._skipped} hops were skipped", 0
            self._waiting.appendleft(hop)
            return hop._replace(step="skipped", detail=detail)
        return hop
