"""What runs and where, as `kne up` says when it is ready and `kne status` whenever asked.

On a terminal brokers are drawn as trees; elsewhere each record is one indented line.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kne.cli.printing import aligned

Json = Mapping[str, Any]
Paint = Callable[..., str]


def banner(status: Json, paint: Paint, *, tree: bool) -> list[str]:
    """The lines from the name of the program to the problems."""
    lines = [_title(status, paint), "", *_places(status, paint)]
    for broker in status.get("brokers") or ():
        lines += ["", *_broker(broker, status, paint, tree=tree)]
    lines += _services(status, paint)
    problems = list(status.get("problems") or ())
    return (
        lines
        + ([""] if problems else [])
        + [line for problem in problems for line in problem_lines(problem, paint)]
    )


def _title(status: Json, paint: Paint) -> str:
    name = paint(f"{status['name']} {status['version']}", "bold")
    counts = f"{_count(status['files'], 'file')}, {_count(status['resources'], 'resource')}"
    return f"{name}   {' '.join(status['paths'])}  ({counts})"


def _places(status: Json, paint: Paint) -> list[str]:
    ingress, api = status["ingress"], status["api"]
    rows = [
        ("Ingress", f"{ingress}/<namespace>/<broker>", ""),
        ("Management", str(api), ""),
        ("Kubernetes", f"KUBECONFIG={_kubeconfig(status)}", "(kubectl, kn and k9s work)"),
        ("Journal", str(status.get("journal", "")), ""),
    ]
    if brokers := status.get("brokers"):
        rows[0] = (*rows[0][:2], f"K_SINK={brokers[0]['url']}")
    return [f"  {line}" for line in aligned([(n, paint(a, "cyan"), b) for n, a, b in rows])]


def _kubeconfig(status: Json) -> Path:
    """The file, seen from here."""
    folder = Path(status["folder"])
    return Path(".kne" if folder == Path.cwd() else folder / ".kne", "kubeconfig")


def _broker(broker: Json, status: Json, paint: Paint, *, tree: bool) -> Iterable[str]:
    triggers = broker.get("triggers") or []
    parts = [
        paint(f"broker/{broker['name']}", "bold") + _elsewhere(broker, status),
        _count(len(triggers), "trigger"),
        broker.get("delivery") or "",
        f"dead letter → {broker['dead_letter']}" if broker.get("dead_letter") else "",
        _trouble(broker, paint),
    ]
    yield "  " + "   ".join(part for part in parts if part)
    rows = [_trigger(it, paint) for it in triggers]
    for number, line in enumerate(aligned(rows)):
        stem = "└─ " if number == len(rows) - 1 else "├─ "
        yield f"  {paint(stem, 'faint')}{line}" if tree else f"    trigger/{line}"


def _trigger(it: Json, paint: Paint) -> Sequence[str]:
    trouble = _trouble(it, paint)
    return (it["name"], it.get("filter") or "", f"→ {it['sink']}", _both(it.get("served"), trouble))


def _services(status: Json, paint: Paint) -> list[str]:
    """The services that do not run yet, or not any more."""
    bad = [it for it in status.get("services") or () if it.get("state") not in ("ready", "")]
    rows = [
        (f"{it['kind']}/{it['name']}", str(it.get("served") or ""), paint(it["state"], "yellow"))
        for it in bad
    ]
    return ["", *(f"  {line}" for line in aligned(rows))] if rows else []


def problem_lines(problem: Json, paint: Paint) -> list[str]:
    """A fault or a warning with its place, its reason and what to do."""
    code = f"{problem['code']} " if problem.get("code") else ""
    where = f"{problem['where']}  " if problem.get("where") else ""
    lines = [f"  {paint('!', 'yellow')} {code}{where}{problem['message']}"]
    lines += [
        f"      {name}  {problem[key]}"
        for name, key in (("why", "why"), ("fix", "hint"))
        if problem.get(key)
    ]
    return lines


def _elsewhere(broker: Json, status: Json) -> str:
    own = str(status.get("namespace") or "default")
    return "" if broker["namespace"] == own else f" in {broker['namespace']}"


def _trouble(it: Json, paint: Paint) -> str:
    if it.get("ready") in ("True", "", None):
        return ""
    why = it.get("message") or it.get("reason") or ""
    return paint(f"not ready{f': {why}' if why else ''}", "red")


def _both(*parts: str | None) -> str:
    return "  ".join(part for part in parts if part)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
