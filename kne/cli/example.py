"""A `kne send event` line that some trigger really takes, to be copied by whoever starts."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
TYPE = "dev.kne.manual"
"""The type of an event that is sent without one."""


def example(status: Json, triggers: Sequence[Json]) -> str:
    """The line, empty if there is no broker to send to; `triggers` are objects of the API.

    A trigger that is ready and asks for a type makes the best example.
    """
    brokers = status.get("brokers") or []
    if not brokers:
        return ""
    there = [(it["namespace"], it["name"]) for it in brokers]
    found = [
        (attributes, broker)
        for trigger in sorted(triggers, key=lambda it: not _is_ready(it))
        if (broker := (trigger["metadata"]["namespace"], trigger["spec"].get("broker"))) in there
        and (attributes := _matching(trigger["spec"])) is not None
    ]
    found.sort(key=lambda it: "type" not in it[0])
    attributes, broker = found[0] if found else ({}, there[0])
    return _line(attributes, _sink(broker, there, status))


def _is_ready(trigger: Json) -> bool:
    conditions = (trigger.get("status") or {}).get("conditions") or ()
    return any(it["type"] == "Ready" and it["status"] == "True" for it in conditions)


def _sink(broker: tuple[str, str], there: Sequence[tuple[str, str]], status: Json) -> str:
    """What has to stand after `--to`; empty for the broker that is meant without it."""
    own = str(status.get("namespace") or "default")
    if len(there) == 1 or broker == (own, "default"):
        return ""
    namespace, name = broker
    return f"broker:{name}" if namespace == own else f"broker:{name}:{namespace}"


def _line(attributes: Mapping[str, str], to: str) -> str:
    words = ["kne", "send", "event"]
    if to:
        words += ["--to", to]
    words += ["--type", attributes.get("type", TYPE)]
    for name, value in attributes.items():
        if name in ("source", "subject", "id", "time", "dataschema"):
            words += [f"--{name}", value]
        elif name != "type":
            words += ["-e", f"{name}={value}"]
    return shlex.join(words)


def _matching(spec: Json) -> dict[str, str] | None:
    """Attributes that the trigger's filter accepts; None if that cannot be told simply.

    `filters` beats `filter` (spec core 2.4).
    """
    filters = spec.get("filters")
    if filters:
        return _all(filters)
    wanted = (spec.get("filter") or {}).get("attributes") or {}
    return {name: value or "any" for name, value in wanted.items()}  # empty: it must be there


def _all(filters: Sequence[Json]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for it in filters:
        part = _one(it)
        if part is None or any(found.get(k, v) != v for k, v in part.items()):
            return None
        found |= part
    return found


def _one(it: Json) -> dict[str, str] | None:
    for dialect, wanted in it.items():
        if dialect == "exact":
            return dict(wanted)
        if dialect == "prefix":
            return {name: f"{value}example" for name, value in wanted.items()}
        if dialect == "suffix":
            return {name: f"example{value}" for name, value in wanted.items()}
        if dialect == "all":
            return _all(wanted)
        if dialect == "any":
            return next((found for part in wanted if (found := _one(part)) is not None), None)
    return None
