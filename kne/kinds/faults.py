"""The faults that Knative's admission finds, in its words (spec core B.1).

Each function makes one `Fault` for one field, named by its path below whoever calls; `within`
moves faults below a field, `report` joins them to the text that the webhook answers with.
Source: knative.dev/pkg apis/field_error.go.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kne.model.resource import Fault, Path


def missing(*path: str | int, details: str = "", hint: str = "") -> Fault:
    """A field that must be there."""
    return _one("missing field(s)", path, details, hint)


def disallowed(*path: str | int, details: str = "", hint: str = "") -> Fault:
    """A field that must not be there."""
    return _one("must not set the field(s)", path, details, hint)


def invalid(value: object, *path: str | int, details: str = "", hint: str = "") -> Fault:
    """A value that cannot be."""
    return _one(f"invalid value: {value}", path, details, hint)


def generic(message: str, *paths: str, at: Path = (), details: str = "", hint: str = "") -> Fault:
    """Any other fault: of several fields, or of the object as a whole."""
    return Fault(message, paths, at, details, hint)


def immutable(what: str, *paths: str, at: Path = (), details: str = "") -> Fault:
    """Something that cannot be changed: `what` is "fields" or "annotations"."""
    return generic(
        f"Immutable {what} changed (-old +new)",
        *paths,
        at=at,
        details=details,
        hint="delete the object and create it anew",
    )


def difference(before: object, after: object, where: str = "{string}") -> str:
    """What changed, much as upstream shows it (go-cmp's diff): one block for each value."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(before.keys() | after.keys())
        return "".join(
            difference(before.get(name), after.get(name), f"{where}.{name[:1].upper()}{name[1:]}")
            for name in names
        )
    if before == after:
        return ""
    return f"{where}:\n\t-: {_go(before)}\n\t+: {_go(after)}\n"


def _go(value: object) -> str:
    return "<nil>" if value is None else json.dumps(value, ensure_ascii=False)


def _one(message: str, path: Path, details: str, hint: str) -> Fault:
    return Fault(message, (written(path),), path, details, hint)


def written(path: Path) -> str:
    """A path as upstream prints it: `spec.steps[1].ref`; keys in brackets come so already."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.startswith("[") or not text:
            text += part
        else:
            text += f".{part}"
    return text


def within(path: Path, faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults of a part as faults of the whole."""
    prefix = written(path)
    for fault in faults:
        paths = tuple(_joined(prefix, below) for below in fault.paths)
        yield replace(fault, paths=paths, at=(*path, *fault.at))


def _joined(prefix: str, below: str) -> str:
    if not below or not prefix:
        return prefix or below
    return prefix + below if below.startswith("[") else f"{prefix}.{below}"


def report(faults: Iterable[Fault]) -> str:
    """All faults as one text: equal ones merged, sorted, one after the other."""
    merged: dict[tuple[str, str], set[str]] = {}
    for fault in faults:
        merged.setdefault((fault.message, fault.details), set()).update(fault.paths)
    return "\n".join(
        str(Fault(message, tuple(sorted(paths)), (), details))
        for (message, details), paths in sorted(merged.items())
    )
