"""What a reload did, in one line for each file.

~ reloaded manifests/orders.yaml: trigger/my-service-trigger filter changed (9 ms)
✗ manifests/x.yaml:11:7: strict decoding error: … (last good version stays active)
"""

from collections.abc import Iterator, Sequence
from typing import Any

from kne.control.folder import Outcome
from kne.errors import KneError, ManifestError
from kne.kinds.base import Problem
from kne.model.resource import Json, Key, Resource

LONGEST = 4
"""So many objects of a file are named; the rest is counted."""


KEPT = "last good version stays active"


def lines(
    outcomes: Sequence[Outcome], milliseconds: float, *, refused: KneError | None = None
) -> Iterator[str]:
    """What to say of files that were read or judged anew; nothing where nothing happened.

    `refused` is why what is in them could not be taken over, if it could not.
    """
    if refused:
        yield f"✗ {_told(refused)} ({KEPT})"
    left = {it.key: out.file for out in outcomes for it in out.before}
    left = {key: file for key, file in left.items() if not _has(outcomes, file, key)}
    for outcome in sorted(outcomes, key=lambda it: it.file):
        if outcome.faults and outcome.is_read:
            yield from faults(outcome.faults, outcome.file, still_active=bool(outcome.after))
        elif outcome.is_skipped and outcome.is_read:
            yield skipped(outcome.file)
        elif not outcome.faults and not refused:
            arrived = {it.key for out in outcomes for it in out.after}
            line = _line(outcome, left, arrived)
            if line:
                yield f"~ {line} ({milliseconds:.0f} ms)"


def faults(found: Sequence[ManifestError], file: str, *, still_active: bool) -> Iterator[str]:
    """The faults of one file, each in one line."""
    note = KEPT if still_active else "nothing of this file is active"
    for number, fault in enumerate(found, start=1):
        text = f"✗ {fault.where or file}: {_told(fault)}"
        yield text + (f" ({note})" if number == len(found) else "")


def problem(it: KneError | Problem) -> str:
    """What will not work although it can be read."""
    return f"! {it.where}: {_told(it)}" if it.where else f"! {_told(it)}"


def skipped(file: str) -> str:
    """Why nothing of a file is used."""
    return f"! {file}: not a manifest, skipped: no document in it has an apiVersion"


def _told(it: KneError | Problem) -> str:
    """In one line, with what to do about it if that is known, else with the reason."""
    rest = it.hint or it.why
    return " ".join(f"{it.message}; {rest}".split() if rest else it.message.split())


def _has(outcomes: Sequence[Outcome], file: str, key: Key) -> bool:
    return any(it.key == key for out in outcomes if out.file == file for it in out.after)


def _line(outcome: Outcome, left: dict[Key, str], arrived: set[Key]) -> str:
    """One file's line; `left` says which objects another file lost in the same moment."""
    before = {it.key: it for it in outcome.before}
    after = {it.key: it for it in outcome.after}
    told = ["fault mended"] if outcome.is_mended else []
    for key in sorted(after):
        if key in before:
            told += _difference(key, before[key], after[key])
        elif key in left:
            told.append(f"{key} moved here from {left[key]}")
        else:
            told.append(str(key) if outcome.is_new else f"{key} added")
    for key in sorted(before.keys() - after.keys() - arrived):
        told.append(str(key) if outcome.is_gone else f"{key} removed")
    verb = "added" if outcome.is_new else "removed" if outcome.is_gone else "reloaded"
    if not told:
        is_news = outcome.is_read and not (outcome.is_gone and before)
        return f"{verb} {outcome.file}: no object changed" if is_news else ""
    if len(told) > LONGEST:
        told = [*told[:LONGEST], f"and {len(told) - LONGEST} more"]
    return f"{verb} {outcome.file}: {', '.join(told)}"


def _difference(key: Key, before: Resource[Any], after: Resource[Any]) -> list[str]:
    fields = [*_fields(before.object, after.object), *_labels(before, after)]
    if not fields:
        return []
    *first, last = fields
    return [f"{key} {', '.join(first)} and {last} changed" if first else f"{key} {last} changed"]


def _fields(before: Json, after: Json) -> Iterator[str]:
    """The names of what differs: fields of spec and data, or what stands beside them."""
    for part in sorted(before.keys() | after.keys()):
        old, new = before.get(part), after.get(part)
        if part in ("metadata", "status") or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            for name in sorted(old.keys() | new.keys()):
                if old.get(name) != new.get(name):
                    yield str(name)
        else:
            yield part


def _labels(before: Resource[Any], after: Resource[Any]) -> Iterator[str]:
    if before.labels != after.labels:
        yield "labels"
    if before.annotations != after.annotations:
        yield "annotations"
