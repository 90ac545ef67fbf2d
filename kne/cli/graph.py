"""`kne graph`: who sends to whom, as a tree, or for a program that draws."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

import typer

from kne.cli.session import Session

HUBS = ("broker", "channel", "imc", "sequence", "parallel")
"""Places that stand in the tree even if nothing leaves them."""

Json = Mapping[str, Any]
Paint = Callable[..., str]

GraphFormat = Annotated[
    Literal["human", "mermaid", "dot", "json"],
    typer.Option("--output", "-o", help="mermaid and dot are for programs that draw."),
]


def graph(ctx: typer.Context, output: GraphFormat = "human") -> None:
    """Draw the mesh: sources, brokers, filters, flows, sinks, replies, dead letters."""
    session: Session = ctx.obj
    terminal = session.terminal
    found = session.client().get("/kne/v1/graph")
    if output == "json":
        terminal.document(found, "json")
        return
    if output == "mermaid":
        lines = _mermaid(found)
    elif output == "dot":
        lines = _dot(found)
    else:
        lines = _tree(found, terminal.paint, tree=terminal.out.isatty())
    for line in lines:
        terminal.data(line)


def _names(graph: Json) -> dict[str, str]:
    """What to call each node: its namespace only where two would be called the same."""
    count: dict[str, int] = defaultdict(int)
    for node in graph["nodes"]:
        count[node["name"]] += 1
    return {
        node["id"]: node["name"] if count[node["name"]] == 1 else node["id"]
        for node in graph["nodes"]
    }


def _tree(graph: Json, paint: Paint, *, tree: bool) -> Iterator[str]:
    """Each place that passes events on, and below it where they go from there."""
    names = _names(graph)
    leaving: dict[str, list[Json]] = defaultdict(list)
    for edge in graph["edges"]:
        leaving[edge["leaves"]].append(edge)
    if not names:
        yield "nothing is connected: there are no brokers, channels, flows or sources"
    for node, name in names.items():
        if leaving[node] or node.partition("/")[0] in HUBS:
            yield paint(name, "bold")
            yield from _branches(node, leaving, names, paint, "" if tree else None)
    yield from _circles(graph, names, paint)


def _branches(
    stop: str,
    leaving: Mapping[str, list[Json]],
    names: Mapping[str, str],
    paint: Paint,
    drawn: str | None,
    depth: int = 1,
) -> Iterator[str]:
    """The edges that leave a stop, each followed by those of the stop it reaches."""
    edges = leaving[stop]
    for number, edge in enumerate(edges, 1):
        last = number == len(edges)
        stem = "  " * depth if drawn is None else drawn + ("└─ " if last else "├─ ")
        yield f"{paint(stem, 'faint')}{_edge(edge, names, paint, first=depth == 1)}"
        if edge["way"] != "dead letter" and edge["reaches"] != edge["target"]:
            below = None if drawn is None else drawn + ("   " if last else "│  ")
            yield from _branches(edge["reaches"], leaving, names, paint, below, depth + 1)


def _edge(edge: Json, names: Mapping[str, str], paint: Paint, *, first: bool) -> str:
    target = names[edge["target"]]
    if edge["way"] == "dead letter":
        text = f"{paint('dead letter', 'red')} → {target}"
    elif edge["way"] == "reply":
        text = f"{paint('reply', 'cyan')} → {target}"
    else:
        text = f"{edge['filter']} → {target}" if edge["filter"] else f"→ {target}"
    by = edge["by"] if first and edge["by"] != names.get(edge["source"]) else ""
    return f"{text}   {paint(by, 'faint')}" if by else text


def _circles(graph: Json, names: Mapping[str, str], paint: Paint) -> Iterator[str]:
    for cycle in graph["cycles"]:
        ring = " → ".join(names[node] for node in cycle["nodes"])
        if cycle["filters"]:
            verdict = f"only events that pass: {'; '.join(cycle['filters'])}"
            yield f"cycle: {ring}  ({verdict})"
        else:
            yield paint(f"cycle: {ring}  (no filter breaks it)", "yellow")


def _mermaid(graph: Json) -> Iterator[str]:
    numbers = {node["id"]: f"n{at}" for at, node in enumerate(graph["nodes"])}
    names = _names(graph)
    yield "flowchart LR"
    for node, number in numbers.items():
        yield f'  {number}["{_plain(names[node])}"]'
    for edge in graph["edges"]:
        arrow = "-->" if edge["way"] == "event" else "-.->"
        text = _plain(_label(edge))
        middle = f'|"{text}"|' if text else ""
        yield f"  {numbers[edge['source']]} {arrow}{middle} {numbers[edge['target']]}"


def _dot(graph: Json) -> Iterator[str]:
    names = _names(graph)
    yield "digraph kne {"
    yield "  rankdir=LR;"
    yield "  node [shape=box];"
    for node in graph["nodes"]:
        yield f'  "{_dotted(node["id"])}" [label="{_dotted(names[node["id"]])}"];'
    for edge in graph["edges"]:
        style = "solid" if edge["way"] == "event" else "dashed"
        ends = f'"{_dotted(edge["source"])}" -> "{_dotted(edge["target"])}"'
        yield f'  {ends} [label="{_dotted(_label(edge))}", style={style}];'
    yield "}"


def _label(edge: Json) -> str:
    """What stands at an edge: the filter, or what kind of way it is."""
    return str(edge["filter"] if edge["way"] == "event" else edge["way"])


def _plain(text: str) -> str:
    """Text for mermaid, which knows quotation marks only by name."""
    return text.replace('"', "#quot;")


def _dotted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
