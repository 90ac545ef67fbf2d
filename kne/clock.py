"""The only reader of time, real or virtual.

Time is a property of the running event loop: under asyncio's or uvloop's it is the
machine's, under `VirtualLoop` it stands still while anything is left to do and jumps to
the next timer when nothing is.  A retry schedule of 204.6 s then takes milliseconds, and
every timestamp taken meanwhile agrees with it.  Code above never asks which one it is.
"""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ns() -> int:
    """Nanoseconds since 1970, UTC."""
    loop = asyncio._get_running_loop()  # cheaper than get_running_loop(): no exception outside
    return loop.now_ns() if type(loop) is VirtualLoop else time.time_ns()


def now() -> datetime:
    """The current time, aware, UTC."""
    return EPOCH + timedelta(microseconds=now_ns() // 1000)


def monotonic() -> float:
    """Seconds that never run backwards; only differences mean something."""
    loop = asyncio._get_running_loop()
    return loop.time() if loop is not None else time.monotonic()


async def sleep(seconds: float) -> None:
    """Wait; zero lets others run once, less than zero does not wait at all."""
    if seconds >= 0:
        await asyncio.sleep(seconds)


def timeout(seconds: float | None) -> asyncio.Timeout:
    """`async with timeout(s)`: raises TimeoutError when the body takes longer; None never."""
    return asyncio.timeout(seconds)


def rfc3339(nanoseconds: int) -> str:
    """A time as Go's RFC3339Nano writes it: UTC, zeros at the end of the fraction cut off."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    t = time.gmtime(seconds)
    text = f"{t[0]:04d}-{t[1]:02d}-{t[2]:02d}T{t[3]:02d}:{t[4]:02d}:{t[5]:02d}"
    if fraction:
        text += f".{fraction:09d}".rstrip("0")
    return text + "Z"


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when there is nothing else to do.

    Meant for code without sockets: a timer fires as soon as no callback is ready, and an
    answer that is still under way on a real socket would come too late.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._passed = 0.0
        self._start_ns = int(start.timestamp()) * 1_000_000_000
        super().__init__(_Leap(self))

    def time(self) -> float:
        """Seconds that have passed since the loop was made."""
        return self._passed

    def now_ns(self) -> int:
        """The virtual wall clock, nanoseconds since 1970."""
        return self._start_ns + round(self._passed * 1_000_000_000)

    def leap(self, seconds: float) -> None:
        """Let time pass at once."""
        self._passed += seconds


class _Leap(selectors.SelectSelector):
    """A selector that never waits for a timer: it moves its loop's time instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self._loop.leap(timeout)
        return ready


def run_virtual(main: Coroutine[Any, Any, T], *, start: datetime | None = None) -> T:
    """Run `main` to its end in virtual time."""
    loop = VirtualLoop(start) if start else VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)
