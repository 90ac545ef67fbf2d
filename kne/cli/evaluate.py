"""`kne eval`: what a CESQL expression makes of an event, and why.

Without a running kne: the same code that filters events is asked here.  Events are JSON in
structured mode, so an extension may be a number or a boolean, as it never is inside a mesh.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kne.cli.printing import json_line

if TYPE_CHECKING:
    from kne.cli.session import Session
    from kne.plane.cesql.parser import DialectName

LARGEST = 2**31 - 1
DATA = ("data", "data_base64")


def evaluate(
    ctx: typer.Context,
    expression: Annotated[str, typer.Argument(help="The expression.", show_default=False)] = "",
    event: Annotated[
        str,
        typer.Option("--event", metavar="FILE", help="The event, as JSON; - is standard input."),
    ] = "",
    standard: Annotated[
        bool, typer.Option("--standard", help="As CloudEvents SQL 1.0 has it, not as Knative does.")
    ] = False,
    batch: Annotated[
        str,
        typer.Option(
            "--batch",
            metavar="FILE",
            help='Lines of JSON, {"expression": ..., "event": {...}}; - is standard input.',
        ),
    ] = "",
) -> None:
    """Evaluate a CESQL expression, as in a Trigger's filters.

    Prints the value and what made it so. Without an event no attribute is set.
    """
    session: Session = ctx.obj
    dialect: DialectName = "standard" if standard else "knative"
    if batch:
        if expression or event:
            raise typer.BadParameter("it brings its own expressions", param_hint="--batch")
        for line in _lines(batch, "--batch"):
            session.terminal.data(json_line(_answer(line, dialect)))
        return
    if not expression:
        raise typer.BadParameter("give an expression, or --batch")
    _one(session, expression, _event(event), dialect)


def _one(
    session: "Session", source: str, attributes: Mapping[str, Any], dialect: "DialectName"
) -> None:
    from kne.plane.cesql.evaluate import expression
    from kne.plane.cesql.explain import explain
    from kne.plane.cesql.lint import oddities
    from kne.plane.cesql.values import shown
    from kne.plane.panic import CesqlPanic

    found = expression(source, dialect)
    say = session.terminal.data
    try:
        outcome = found.evaluate(attributes)
        say(shown(outcome.value, sys.maxsize))
        if outcome.error:
            say(f"error: {outcome.error.kind}: {outcome.error.message}")
    except CesqlPanic as panic:
        say(f"error: Knative's filter panics: {panic}")
    for line in explain(found, attributes).lines():
        say(f"  {line}")
    if dialect == "knative":
        for oddity in oddities(found):
            session.terminal.note(f"! {oddity}")


def _answer(line: bytes, dialect: "DialectName") -> dict[str, Any]:
    """The answer to one line of a batch."""
    from kne.plane.cesql.evaluate import expression
    from kne.plane.cesql.values import ParseError
    from kne.plane.panic import CesqlPanic

    try:
        source, attributes = _question(line)
    except ValueError as error:
        return {"result": None, "error": "generic", "message": str(error)}
    try:
        outcome = expression(source, dialect).evaluate(attributes)
    except ParseError as error:
        return {"result": None, "error": error.kind}
    except CesqlPanic:
        return {"result": None, "error": "generic"}
    return {"result": outcome.value, "error": outcome.error.kind if outcome.error else None}


def _question(line: bytes) -> tuple[str, Mapping[str, Any]]:
    asked = _json(line)
    if not isinstance(asked, dict) or not isinstance(asked.get("expression"), str):
        raise ValueError('a line is an object with an "expression"')
    return asked["expression"], _attributes(asked.get("event") or {})


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None


def _event(path: str) -> Mapping[str, Any]:
    """The event of `--event`; without one, none of its attributes is set."""
    if not path:
        return {}
    try:
        return _attributes(_json(b"".join(_lines(path, "--event"))))
    except ValueError as error:
        raise typer.BadParameter(f"{path}: {error}", param_hint="--event") from None


def _attributes(event: Any) -> dict[str, str | int | bool]:
    """The attributes of a JSON event as Knative takes them: a fraction is cut off (core A.1)."""
    if not isinstance(event, dict):
        raise ValueError("an event is a JSON object")
    found: dict[str, str | int | bool] = {}
    for name, value in event.items():
        if name in DATA or value is None:
            continue
        if isinstance(value, float) and abs(value) <= LARGEST + 1:
            value = int(value)
        if not isinstance(value, str | int) or not -LARGEST - 1 <= _number(value) <= LARGEST:
            raise ValueError(f"the attribute {name} is no text, boolean or 32-bit integer")
        found[name] = value
    return found


def _number(value: str | int) -> int:
    return 0 if isinstance(value, str) else value


def _lines(path: str, flag: str) -> Iterator[bytes]:
    """The lines of a file or of standard input that are not empty."""
    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as stream:
            yield from (line for line in stream if line.strip())
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint=flag) from None
