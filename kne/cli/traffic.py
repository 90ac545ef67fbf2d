"""What became of the events of a trigger or subscription, and what went wrong last."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]
Age = Callable[[str | None], str]


def traffic_rows(found: Json, now: datetime | None, age: Age) -> Iterator[tuple[str, str]]:
    """The lines of `kne describe` below Traffic; `age` shortens how long ago a time is."""
    yield "Delivered", str(found["delivered"])
    if found["deadLettered"]:
        yield "Dead-lettered", str(found["deadLettered"])
    if found["lost"]:
        yield "Lost", str(found["lost"])
    failed = f"  ({found['failed']} failed)" if found["failed"] else ""
    yield "Attempts", f"{found['attempts']}{failed}"
    if found.get("lastError"):
        yield "Last error", f"{found['lastError']}  {age(found['lastErrorAt'])} ago"
    if found["retrying"]:
        yield "Retrying", f"{found['retrying']}, next attempt {_soon(found, now)}"


def _soon(found: Json, now: datetime | None) -> str:
    then = found.get("nextAttemptAt")
    if not then or now is None:
        return "soon"
    seconds = (datetime.fromisoformat(then) - now).total_seconds()
    return f"in {max(0.0, seconds):.0f}s"
