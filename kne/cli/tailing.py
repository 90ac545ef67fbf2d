"""What happens to events, line by line, as `kne tail` shows it.

    -->  an event came in          <--  a destination answered          xxx  it ended badly

With `-v` also what a trigger left out, and attempts that were answered well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from kne.cli.printing import Terminal, json_line
from kne.cli.reports import short
from kne.cli.sinks import shown

Hop = dict[str, Any]
CAUSES_KEPT = 10_000
"""Hops whose event is remembered, to name the event that another one is a reply to."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which events are to be shown: a glob for each attribute."""

    globs: Mapping[str, str]

    def admits(self, hop: Hop) -> bool:
        """True if every attribute is there and matches; a hop without an event always is shown."""
        event = hop.get("event")
        return event is None or all(
            name in event and fnmatchcase(str(event[name]), glob)
            for name, glob in self.globs.items()
        )


class Follower:
    """Prints hops as they come, and counts them."""

    def __init__(
        self,
        terminal: Terminal,
        wish: Wish,
        status: Mapping[str, Any],
        *,
        as_json: bool = False,
        verbose: bool = False,
    ) -> None:
        self.shown = 0
        self.hidden = 0
        self._terminal = terminal
        self._wish = wish
        self._status = status
        self._as_json = as_json
        self._verbose = verbose
        self._events: dict[int, str] = {}

    def follow(self, hops: Iterable[Hop]) -> None:
        """Print all of them, until there are no more."""
        for hop in hops:
            if not self._wish.admits(hop):
                self.hidden += 1
                continue
            line = json_line(hop) if self._as_json else self._line(hop)
            self._remember(hop)
            if line:
                self.shown += 1
                self._terminal.data(line)

    @property
    def summary(self) -> str:
        """How many lines were shown, and how many hops the filters kept back."""
        return f"{self.shown} shown, {self.hidden} hidden by filters"

    def _remember(self, hop: Hop) -> None:
        if "event" in hop:
            self._events[hop["seq"]] = str(hop["event"].get("id", ""))
            if len(self._events) > CAUSES_KEPT:
                del self._events[next(iter(self._events))]

    def _line(self, hop: Hop) -> str:
        step = hop["step"]
        if step == "skipped":
            return self._paint(f"{_clock(hop)}  ...  {hop['detail']}", "yellow")
        if step == "received":
            return self._received(hop)
        if step == "filtered":
            return self._verbosely(hop, f"no match {hop.get('detail', '')}")
        if step == "attempt":
            return self._attempt(hop)
        if step == "delivered":
            detail = f"reply {short(hop['detail'])}" if hop.get("detail") else ""
            return self._answered(hop, detail)
        if step == "replied":
            event = hop["event"]
            return self._answered(hop, f"reply {event.get('type', '')} {short(event['id'])}")
        return self._ended(hop)

    def _received(self, hop: Hop) -> str:
        event = hop["event"]
        cause = self._events.get(hop.get("cause") or 0)
        origin = f"from {event.get('source', '')}"
        if cause and cause != event.get("id"):
            ttl = event.get("knativebrokerttl")
            origin = f"reply of {short(cause)}" + (f" (ttl {ttl})" if ttl else "")
        cells = [
            _clock(hop),
            "-->",
            self._paint(event.get("type", ""), "bold"),
            event.get("subject", ""),
            self._paint(short(event.get("id", "")), "faint"),
            f"in {hop['place']}",
            origin,
        ]
        return "  ".join(cell for cell in cells if cell)

    def _attempt(self, hop: Hop) -> str:
        if 200 <= hop.get("status", 0) < 300 and not self._verbose:
            return ""  # the end of the delivery says so
        detail = f"attempt {hop.get('attempt', 1)}/{hop.get('of', 1)}"
        if hop.get("detail"):
            detail += f" {hop['detail']}"
        if hop.get("next"):
            detail += f", next in {hop['next']:g}s"
        return self._answered(hop, detail)

    def _answered(self, hop: Hop, detail: str) -> str:
        cells = [_clock(hop), "<--", self._code(hop), f"{hop.get('ms', 0):5.0f}ms"]
        cells += [shown(hop.get("sink", ""), self._status), _name(hop), detail]
        return "  ".join(cell for cell in cells if cell)

    def _ended(self, hop: Hop) -> str:
        what = str(hop["step"])
        if what == "dead-lettered":
            what = f"dead letter → {shown(hop.get('sink', ''), self._status)}"
        event = short(hop["event"].get("id", "")) if "event" in hop else ""
        cells = [_clock(hop), self._paint("xxx", "red"), what, self._code(hop), _name(hop), event]
        cells.append(str(hop.get("detail", "")))
        return "  ".join(cell for cell in cells if cell)

    def _verbosely(self, hop: Hop, text: str) -> str:
        if not self._verbose:
            return ""
        cells = (_clock(hop), "---", _name(hop), short(hop["event"].get("id", "")), text.strip())
        return self._paint("  ".join(cell for cell in cells if cell), "faint")

    def _code(self, hop: Hop) -> str:
        status = hop.get("status", 0)
        if not 100 <= status < 600 or (hop["step"] == "attempt" and hop.get("detail")):
            return self._paint("ERR", "red")  # there was no HTTP answer
        style = "green" if status < 300 else "yellow" if status < 500 else "red"
        return self._paint(str(status), style)

    def _paint(self, text: str, *styles: str) -> str:
        return self._terminal.paint(text, *styles)


def _clock(hop: Hop) -> str:
    """The time of the hop as the clock on the wall shows it, to the millisecond."""
    at = str(hop["at"]).removesuffix("Z")
    seconds, _, fraction = at.partition(".")
    local = datetime.fromisoformat(f"{seconds}+00:00").astimezone()
    return f"{local:%H:%M:%S}.{fraction[:3]:0<3}"


def _name(hop: Hop) -> str:
    return str(hop.get("place", "")).rpartition("/")[2]
