"""What became of an event that was sent, as `kne send event` tells it."""

import re
from typing import Any

from kne.cli.printing import Terminal, aligned

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

SIGNS = {
    "delivered": ("✓", "green"),
    "filtered": ("–", "faint"),
    "dead-lettered": ("✗", "red"),
    "lost": ("✗", "red"),
    "looped": ("✗", "red"),
    "rejected": ("✗", "red"),
}
"""By outcome; any other is still under way (`~`)."""


def short(id: str) -> str:
    """An id as it is shown: of a UUID the first eight digits."""
    return id[:8] if _UUID.fullmatch(id.lower()) else id


def print_report(terminal: Terminal, report: dict[str, Any]) -> None:
    """The event, whether it was taken, and how it went on at each way out."""
    status = int(report["status"])
    accepted = 200 <= status < 300
    answer = terminal.paint(str(status), "green" if accepted else "red")
    sign = "☁" if accepted else terminal.paint("✗", "red")
    terminal.data(
        f"{sign} {terminal.paint(report['type'], 'bold')}  {short(report['id'])}"
        f"  → {report['to']}   {answer} in {_ms(report['ms'])}"
    )
    if report.get("error"):
        terminal.data(f"  {report['error']}")
    deliveries = report.get("deliveries") or []
    if report.get("of") or deliveries:
        link = "trigger" if str(report["to"]).startswith("broker/") else "subscriber"
        links = link if report["of"] == 1 else f"{link}s"
        terminal.data(f"  matched {report['matched']} of {report['of']} {links}")
    elif accepted and str(report["to"]).startswith("broker/"):
        terminal.data("  no trigger takes events from this broker")
    lines = aligned([_row(it) for it in deliveries])
    for it, line in zip(deliveries, lines, strict=True):
        sign, style = SIGNS.get(it["outcome"], ("~", "yellow"))
        terminal.data(f"  {terminal.paint(sign, style)} {line}")


def _row(it: dict[str, Any]) -> tuple[str, ...]:
    name = str(it["link"]).rpartition("/")[2]
    if it["outcome"] == "filtered":
        why = it.get("why") or "its filter does not accept the event"
        return (name, f"no match: {why}")
    status = str(it.get("status") or "ERR")
    return (name, str(it.get("sink") or ""), status, _ms(it.get("ms") or 0).rjust(7), _rest(it))


def _rest(it: dict[str, Any]) -> str:
    parts = []
    if it["outcome"] not in ("delivered", "filtered"):
        parts.append(str(it["outcome"]))
    if (it.get("attempts") or 1) > 1:
        parts.append(f"after {it['attempts']} attempts")
    if reply := it.get("reply"):
        parts.append(f"reply {reply['type']} ({short(reply['id'])})")
    if it.get("error"):
        parts.append(f"({it['error']})")
    return " ".join(parts)


def _ms(milliseconds: float) -> str:
    if milliseconds >= 10_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 1 else "<1 ms"
