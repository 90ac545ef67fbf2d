"""All that kne prints passes here: streams, colours, signs, tables, JSON and YAML.

Data goes to stdout, narration and errors to stderr.  What a colour means is also said by a sign
or a word.  A sign that the terminal's encoding lacks is replaced by a plain one when it is
written, so nobody above thinks of it.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from kne.errors import KneError, ManifestErrors

if TYPE_CHECKING:
    import yaml

STYLES = {
    "bold": "1",
    "faint": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
PALETTE = ("cyan", "magenta", "blue", "green", "yellow")

PLAIN = str.maketrans(
    {
        "☁": "*",
        "✓": "+",
        "✗": "x",
        "–": "-",
        "→": "->",
        "↳": "`",
        "…": "...",
        "├": "|",
        "└": "`",
        "─": "-",
        "·": ".",
    }
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """The two streams of a command, and whether each is shown in colour."""

    out: TextIO
    err: TextIO
    out_colour: bool = False
    err_colour: bool = False

    def data(self, line: str) -> None:
        """One line of what the user asked for, to stdout."""
        _write(self.out, line + "\n")

    def raw(self, text: str) -> None:
        """Text to stdout as it is, without an end of line (`-o jsonpath`)."""
        _write(self.out, text)

    def document(self, it: Any, form: str) -> None:
        """An object to stdout, as `json` or `yaml`."""
        self.raw(yaml_text(it) if form == "yaml" else json_text(it) + "\n")

    def note(self, line: str) -> None:
        """One line about what kne does, to stderr."""
        _write(self.err, line + "\n")

    def paint(self, text: str, *styles: str) -> str:
        """`text` for stdout in these styles, if stdout is shown in colour."""
        return _paint(text, styles) if self.out_colour else text

    def paint_note(self, text: str, *styles: str) -> str:
        """`text` for stderr in these styles, if stderr is shown in colour."""
        return _paint(text, styles) if self.err_colour else text

    def error(self, error: KneError) -> None:
        """What went wrong, where, why and what to do: the only place that says so."""
        if isinstance(error, ManifestErrors):
            for fault in error.faults:
                self.error(fault)
            return
        reason = getattr(error, "reason", None)  # only what Kubernetes' API says has one
        heading = "Error" if reason is None else "Error from server"
        if reason:
            heading += f" ({reason})"
        self.note(f"{self.paint_note(heading, 'red', 'bold')}: {error.message}")
        for name, text in (("where", error.where), ("why", error.why), ("fix", error.hint)):
            if text:
                self.note(f"  {name:<5}  {text}")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding
        stream.write(text.translate(PLAIN).encode(encoding, "replace").decode(encoding))
    stream.flush()


def _paint(text: str, styles: Sequence[str]) -> str:
    codes = ";".join(STYLES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m" if text else text


def colour_of(name: str) -> str:
    """The style in which a service is shown: the same one each time."""
    return PALETTE[sum(name.encode()) % len(PALETTE)]


def terminal(color: str, environ: Mapping[str, str] | None = None) -> Terminal:
    """The terminal this process has; `color` is auto, always or never."""
    environ = os.environ if environ is None else environ
    return Terminal(
        sys.stdout,
        sys.stderr,
        wants_colour(color, environ, sys.stdout.isatty()),
        wants_colour(color, environ, sys.stderr.isatty()),
    )


def wants_colour(color: str, environ: Mapping[str, str], tty: bool) -> bool:
    """True if a stream is to be coloured.

    NO_COLOR wins, then the flag, then FORCE_COLOR and CLICOLOR_FORCE, then CLICOLOR=0, then
    TERM=dumb, then whether the stream is a terminal (no-color.org, bixense.com/clicolors).
    """
    if environ.get("NO_COLOR") or color == "never":
        return False
    if color == "always":
        return True
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return tty and environ.get("CLICOLOR") != "0" and environ.get("TERM") != "dumb"


class Columns:
    """Rows in aligned columns, as kubectl aligns them.

    Three spaces apart, no column narrower than six; the last one is not filled up.  Widths
    only grow, so that rows printed later (`--watch`) stand under the ones before.

    Source: k8s.io/cli-runtime printers.GetNewTabWriter (liggitt/tabwriter, RememberWidths).
    """

    def __init__(self, *, gap: int = 3, least: int = 6) -> None:
        self._gap = gap
        self._least = least
        self._widths: list[int] = []

    def lines(self, rows: Iterable[Sequence[str]]) -> list[str]:
        """The rows as lines of text; a row may have fewer cells than another."""
        rows = list(rows)
        for row in rows:
            for number, cell in enumerate(row[:-1]):
                if number == len(self._widths):
                    self._widths.append(self._least)
                self._widths[number] = max(self._widths[number], len(cell) + self._gap)
        return [
            "".join(
                [cell.ljust(self._widths[number]) for number, cell in enumerate(row[:-1])]
                + [row[-1]]
            )
            for row in rows
        ]


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows for people, two spaces apart, nothing hanging over at the right."""
    return [line.rstrip() for line in Columns(gap=2, least=1).lines(rows)]


def json_text(it: Any) -> str:
    """JSON as kubectl prints it: sorted, four spaces, `<`, `>` and `&` escaped as Go does."""
    import json

    text = json.dumps(it, indent=4, sort_keys=True, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def json_line(it: Any) -> str:
    """JSON on one line, for streams."""
    import json

    return json.dumps(it, ensure_ascii=False, separators=(",", ":"))


def yaml_text(it: Any) -> str:
    """YAML as kubectl prints it: sorted, `|` for texts of several lines."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Chooses quotes as sigs.k8s.io/yaml does."""

        def ignore_aliases(self, data: Any) -> bool:
            """Never write `&id001`: an object may hold the same part twice."""
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> "yaml.ScalarNode":
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, _style(dumper, value))

    Dumper.add_representer(str, text)
    found: str = yaml.dump(
        it, Dumper=Dumper, sort_keys=True, allow_unicode=True, width=2**31, default_flow_style=False
    )
    return found


def _style(dumper: Any, value: str) -> str | None:
    import yaml

    if "\n" in value:
        return "|"
    means = dumper.resolve(yaml.ScalarNode, value, (True, False))
    is_text = means == "tag:yaml.org,2002:str" and value not in ("y", "Y", "n", "N")
    return None if is_text and not _is_float(value) else '"'


def _is_float(value: str) -> bool:
    """Whether others than PyYAML read a number, such as `1e3`."""
    try:
        float(value)
    except ValueError:
        return False
    return True
