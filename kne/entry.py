"""The program `kne`: its first page at once, everything else by the command line proper.

`kne --help` is what people try first, and to import the library that parses commands takes
longer than all the rest.  So the page lies ready in `cli/help.txt`; a test holds it to what the
library would print, and `python -m kne.entry` writes it anew.
"""

import sys
from pathlib import Path

PAGE = Path(__file__).parent / "cli" / "help.txt"


def main() -> None:
    """Run one command."""
    if sys.argv[1:] in (["--help"], ["-h"]):
        sys.stdout.write(PAGE.read_text("utf-8"))
        raise SystemExit
    from kne.cli import main as command_line

    command_line()


def page() -> str:
    """What the library prints for `kne --help`, 80 columns wide."""
    from typer.main import get_command

    from kne.cli import app

    command = get_command(app)
    context = command.make_context("kne", [], resilient_parsing=True, terminal_width=78)
    return command.get_help(context) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
