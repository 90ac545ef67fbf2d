"""What runs, and what is wrong, as JSON for `kne status`, the banner and the web."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kne import __version__, clock
from kne.control.names import destination
from kne.errors import KneError
from kne.kinds.base import Problem
from kne.model.resource import Json, ready_of

if TYPE_CHECKING:
    from kne.control.emulator import Emulator

EVENTING = "eventing.knative.dev"
EVERYTHING = "(everything)"


def report(it: "Emulator") -> Json:
    """All of it; URLs as they are shown."""
    return {
        "name": "kne",
        "version": __version__,
        "pid": os.getpid(),
        "ready": it.ready,
        "ready_ms": it.ready_ms,
        "started": rfc3339(it.started),
        "folder": str(it.settings.folder),
        "namespace": it.settings.namespace,
        "paths": list(it.settings.paths),
        "files": len(it.folder),
        "resources": len(it.store.given()),
        "ingress": it.ingress_url,
        "api": it.api_url,
        "journal": "in memory, lost at exit",
        "brokers": [_broker(broker, it) for broker in it.store.list(EVENTING, "Broker")],
        "services": it.services.states(),
        "problems": it.problems(),
    }


def problems(found: Iterable[KneError | Problem]) -> list[Json]:
    """Faults and problems, each with its place, its reason and what to do."""
    return [
        {
            "where": str(it.where or ""),
            "message": it.message,
            "why": it.why,
            "hint": it.hint,
        }
        for it in found
    ]


def rfc3339(time: datetime) -> str:
    """A time in whole seconds."""
    return clock.rfc3339(int(time.timestamp()) * 1_000_000_000)


def _broker(it: Json, emulator: "Emulator") -> Json:
    metadata, status = it["metadata"], it.get("status") or {}
    triggers = [
        _trigger(trigger, emulator)
        for trigger in emulator.store.list(EVENTING, "Trigger", metadata["namespace"])
        if _belongs(trigger, metadata["name"])
    ]
    delivery = it["spec"].get("delivery") or {}
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "url": (status.get("address") or {}).get("url", ""),
        **_ready(status),
        "delivery": delivery_text(delivery),
        "dead_letter": destination(delivery.get("deadLetterSink")),
        "triggers": triggers,
    }


def _belongs(trigger: Json, broker: str) -> bool:
    spec = trigger["spec"]
    return not spec.get("brokerRef") and spec.get("broker") == broker


def _trigger(it: Json, emulator: "Emulator") -> Json:
    metadata, spec = it["metadata"], it["spec"]
    gate = emulator.plan.table.gates.get(f"{metadata['namespace']}/{metadata['name']}")
    subscriber = gate.subscriber if gate else None
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "filter": filter_text(spec),
        "sink": destination(spec.get("subscriber")),
        "served": emulator.services.served(subscriber) if subscriber else "",
        **_ready(it.get("status") or {}),
    }


def _ready(status: Json) -> Json:
    ready = ready_of(status) or {}
    return {
        "ready": ready.get("status", "Unknown"),
        "reason": ready.get("reason", ""),
        "message": ready.get("message", ""),
    }


def delivery_text(delivery: Mapping[str, Any]) -> str:
    """How hard it is tried: `retry 10 exponential PT0.2S`."""
    parts = [f"retry {delivery['retry']}"] if delivery.get("retry") is not None else []
    parts += [
        str(delivery[name]) for name in ("backoffPolicy", "backoffDelay") if delivery.get(name)
    ]
    parts += [f"timeout {delivery['timeout']}"] if delivery.get("timeout") else []
    return " ".join(parts)


def filter_text(spec: Mapping[str, Any]) -> str:
    """What a Trigger's filter lets pass, in one line (spec core 2.4 says which one counts)."""
    if spec.get("filters"):
        texts = [text for entry in spec["filters"] for text in _dialect(entry)]
    else:
        attributes = (spec.get("filter") or {}).get("attributes") or {}
        texts = [f"{k} = {v}" if v else f"{k} is set" for k, v in attributes.items()]
    return " and ".join(texts) or EVERYTHING


def _dialect(entry: Mapping[str, Any]) -> Iterator[str]:
    """One filter; the first dialect that is there counts (spec core 2.5)."""
    signs = {"exact": "=", "prefix": "begins with", "suffix": "ends with"}
    for name, sign in signs.items():
        if entry.get(name):
            yield " and ".join(f"{k} {sign} {v}" for k, v in entry[name].items())
            return
    for name, word in (("all", " and "), ("any", " or ")):
        if entry.get(name):
            inner = [text for child in entry[name] for text in _dialect(child)]
            yield f"({word.join(inner)})" if len(inner) > 1 else "".join(inner)
            return
    if entry.get("not"):
        yield f"not ({' and '.join(_dialect(entry['not']))})"
    elif entry.get("cesql"):
        yield f"cesql: {entry['cesql']}"
