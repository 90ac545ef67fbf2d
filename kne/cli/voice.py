"""What `kne up` prints while it runs: lines of services to stdout, kne's own to stderr.

event-display | ☁️  cloudevents.Event          each service in a colour of its own
14:02:30 ~ reloaded manifests/billing.yaml     a notice, with the time of the wall clock
"""

from kne import clock
from kne.cli.printing import Terminal, colour_of

STYLES = {"~": "cyan", "✗": "red", "!": "yellow"}
"""By the sign a notice begins with."""


class Voice:
    """Prints who says what, names in one column."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._width = 0

    def say(self, source: str, line: str) -> None:
        """Print a line of a service, or a notice of kne itself if `source` is empty."""
        if source:
            self._width = max(self._width, len(source))
            name = self._terminal.paint(f"{source:<{self._width}} |", colour_of(source))
            self._terminal.data(f"{name} {line}")
            return
        sign, space, rest = line.partition(" ")
        if style := STYLES.get(sign):
            line = self._terminal.paint_note(sign, style) + space + rest
        self._terminal.note(f"{clock.now().astimezone():%H:%M:%S} {line}")
