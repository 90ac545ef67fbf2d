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
REPLIES_KEPT = 10_000
"""Replies that are remembered, to name the event that one answers when it comes in."""


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
        self._answered: dict[str, str] = {}
        self._widths: dict[str, int] = {}

    def follow(self, hops: Iterable[Hop]) -> None:
        """Print all of them, until there are no more."""
        for hop in hops:
            if not self._wish.admits(hop):
                self.hidden += 1
                continue
            self._remember(hop)
            line = json_line(hop) if self._as_json else self._line(hop)
            if line:
                self.shown += 1
                self._terminal.data(line)

    @property
    def summary(self) -> str:
        """How many lines were shown, and how many hops the filters kept back."""
        return f"{self.shown} shown, {self.hidden} hidden by filters"

    def _remember(self, hop: Hop) -> None:
        """Which event a reply answers; the end of a delivery names the reply."""
        if hop["step"] == "delivered" and hop.get("detail"):
            self._answered[hop["detail"]] = hop["event"]["id"]
            if len(self._answered) > REPLIES_KEPT:
                del self._answered[next(iter(self._answered))]

    def _line(self, hop: Hop) -> str:
        step, detail = hop["step"], str(hop.get("detail", ""))
        if step == "skipped":
            return self._joined(hop, "...", "yellow", [detail])
        if step == "received":
            return self._received(hop)
        if step == "filtered":
            cells = [_name(hop), short(hop["event"]["id"]), f"no match: {detail}"]
            return self._joined(hop, "---", "faint", cells) if self._verbose else ""
        if step == "attempt":
            return self._attempt(hop)
        if step == "delivered":
            return self._told(hop, f"reply {short(detail)}" if detail else "")
        if step == "dead-lettered":
            step = f"dead letter → {shown(hop.get('sink', ''), self._status)}"
        cells = [step, self._code(hop), _name(hop), short(hop["event"]["id"]), detail]
        return self._joined(hop, "xxx", "red", cells)

    def _received(self, hop: Hop) -> str:
        event = hop["event"]
        origin = f"from {event.get('source', '')}"
        if cause := self._answered.get(event["id"]):
            ttl = event.get("knativebrokerttl")
            origin = f"reply of {short(cause)}" + (f" (ttl {ttl})" if ttl else "")
        cells = [
            self._paint(self._column("type", event.get("type", "")), "bold"),
            self._column("subject", event.get("subject", "")),
            self._paint(self._column("id", short(event["id"])), "faint"),
            self._column("hub", f"in {hop['place']}"),
            origin,
        ]
        return self._joined(hop, "-->", "", cells)

    def _attempt(self, hop: Hop) -> str:
        if 200 <= hop.get("status", 0) < 300 and not self._verbose:
            return ""  # the end of the delivery says so
        detail = f"attempt {hop.get('attempt', 1)}/{hop.get('of', 1)}"
        if hop.get("detail"):
            detail += f" {hop['detail']}"
        if hop.get("next"):
            detail += f", next in {hop['next']:g}s"
        return self._told(hop, detail)

    def _told(self, hop: Hop, detail: str) -> str:
        """What a destination has answered."""
        cells = [
            self._code(hop),
            f"{hop.get('ms', 0):5.0f}ms",
            self._column("sink", shown(hop.get("sink", ""), self._status)),
            self._column("link", _name(hop)),
            detail,
        ]
        return self._joined(hop, "<--", "", cells)

    def _code(self, hop: Hop) -> str:
        status = hop.get("status", 0)
        if not 100 <= status < 600 or (hop["step"] == "attempt" and hop.get("detail")):
            return self._paint("ERR", "red")  # there was no HTTP answer
        style = "green" if status < 300 else "yellow" if status < 500 else "red"
        return self._paint(str(status), style)

    def _joined(self, hop: Hop, sign: str, style: str, cells: list[str]) -> str:
        shown_sign = self._paint(sign, style) if style else sign
        return "  ".join([_clock(hop), shown_sign, *(cell for cell in cells if cell)]).rstrip()

    def _column(self, name: str, text: str) -> str:
        """The text, as wide as the widest one in this place so far."""
        self._widths[name] = width = max(self._widths.get(name, 0), len(text))
        return text.ljust(width)

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
