"""The command line: the app, and the one place where errors are printed and become exit codes.

Only light modules are imported here; a command imports what it needs when it runs, so that
`kne --help` answers in well under 150 ms.  Exit codes: docs/exit-codes.md.
"""

from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from kne import __version__
from kne.cli import evaluate, events, graph, resources, status, up
from kne.cli.printing import terminal
from kne.cli.session import Session
from kne.errors import KneError

GLOBAL = {"--url": True, "--color": True, "--no-color": False}
"""Flags of kne itself, and whether a value follows; they may stand anywhere, as kubectl's may."""


class Commands(TyperGroup):
    """All commands: takes global flags from wherever they stand, and prints what goes wrong."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the global flags first, where they are looked for."""
        return super().parse_args(ctx, globals_first(args))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; every error that a person can mend is printed here."""
        try:
            return super().invoke(ctx)
        except KneError as error:
            session: Session = ctx.obj
            session.terminal.error(error)
            raise typer.Exit(error.exit_code) from None


def globals_first(args: list[str]) -> list[str]:
    """The same words, global flags before the command; what follows `--` stays as it is."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            rest.append(word)
            break
        name, equals, _ = word.partition("=")
        if name not in GLOBAL:
            rest.append(word)
            continue
        first.append(word)
        if GLOBAL[name] and not equals:
            first += [value for value in [next(words, None)] if value is not None]
    return [*first, *rest, *words]


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        terminal("never").data(f"kne {__version__}")
        raise typer.Exit


@app.callback()
def _kne(
    ctx: typer.Context,
    url: Annotated[
        str,
        typer.Option(
            "--url", envvar="KNE_URL", metavar="URL", help="Management URL of the kne to talk to."
        ),
    ] = "",
    color: Annotated[
        Literal["auto", "always", "never"], typer.Option("--color", help="Whether to use colours.")
    ] = "auto",
    no_color: Annotated[
        bool, typer.Option("--no-color", help="The same as --color never.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Print the version."),
    ] = False,
) -> None:
    """Knative Eventing on a laptop: no Kubernetes, no containers, no account."""
    ctx.obj = Session(terminal("never" if no_color else color), url, ctx.call_on_close)


@app.command("version")
def _print_version() -> None:
    """Print the version."""
    _version(True)


app.command("up")(up.up)
app.command("status")(status.status)
app.command("down")(status.down)
app.add_typer(events.send, name="send")
app.command("tail")(events.tail)
app.command("get")(resources.get)
app.command("describe")(resources.describe)
app.command("api-resources")(resources.api_resources)
app.command("graph")(graph.graph)
app.command("eval")(evaluate.evaluate)


def main() -> None:
    """The program `kne`."""
    app(prog_name="kne")
