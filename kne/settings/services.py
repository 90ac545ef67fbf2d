"""The `services:` of `kne.yaml`: how a service is served, if not as its manifest says.

    billing:  {run: "uvicorn billing:app --port $PORT", watch: [billing/], ready: /healthz}
    shipping: {url: "http://localhost:3000/events"}
    audit:    {mock: {status: 202}}
    crm:      {mock: {drop_first: 2, delay: 150ms, reply: {type: crm.synced, data: {ok: true}}}}

Here entries are judged, and their paths made absolute; `kne.control.services` brings them to life.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kne.settings.values import At, Misfit, known, seconds, text, texts, whole

_NAME = re.compile(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_WAYS = ("run", "url", "mock")
_WITH_RUN = ("watch", "ready", "cwd", "env")
_LATER = {"image": "run images", "python": "call Python functions"}
_ATTRIBUTE = re.compile(r"[a-z0-9]+\Z")
_OWN = ("id", "type", "specversion")
"""Attributes that a reply has of its own."""


def services(value: object, at: At, base: Path) -> dict[str, dict[str, Any]]:
    """All entries, by name; `base` is the folder from which their paths are seen."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Misfit(at, f"not a mapping: {value!r}")
    for name in value:
        if not isinstance(name, str) or not _NAME.match(name):
            raise Misfit((*at, name), "not the name of a service", "NAME, or NAMESPACE/NAME")
    return {name: _service(entry, (*at, name), base) for name, entry in value.items()}


def _service(value: object, at: At, base: Path) -> dict[str, Any]:
    for word, what in _LATER.items():
        if isinstance(value, dict) and word in value:
            raise Misfit((*at, word), f"kne does not {what} yet: use run, url or mock")
    entry = known(value, at, (*_WAYS, *_WITH_RUN))
    ways = [word for word in _WAYS if word in entry]
    if len(ways) != 1:
        message = f"{' and '.join(ways)} exclude each other" if ways else "nothing serves it"
        raise Misfit(at, message, "give exactly one of run, url and mock")
    way = ways[0]
    for word in _WITH_RUN:
        if word in entry and way != "run":
            raise Misfit((*at, word), f"{word} goes with run, not with {way}")
    if way == "run":
        return _run(entry, at, base)
    return {way: (_url if way == "url" else mock)(entry[way], (*at, way))}


def _run(entry: dict[str, Any], at: At, base: Path) -> dict[str, Any]:
    found: dict[str, Any] = {
        "run": text(entry["run"], (*at, "run")),
        "cwd": str((base / text(entry.get("cwd", "."), (*at, "cwd"))).resolve()),
    }
    if "watch" in entry:
        watched = texts(entry["watch"], (*at, "watch"))
        found["watch"] = tuple(str((base / path).resolve()) for path in watched)
    if "ready" in entry:
        found["ready"] = text(entry["ready"], (*at, "ready"))
        if not found["ready"].startswith("/"):
            raise Misfit((*at, "ready"), "not the path of a URL", "such as /healthz")
    if "env" in entry:
        found["env"] = _env(entry["env"], (*at, "env"))
    return found


def _env(value: object, at: At) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Misfit(at, f"not a mapping: {value!r}")
    for name, it in value.items():
        if not isinstance(name, str) or not isinstance(it, str | int | float):
            raise Misfit((*at, name), f"not a text: {it!r}")
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in value.items()}


def _url(value: object, at: At) -> str:
    url = text(value, at)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Misfit(at, f"not a URL: {url!r}", "such as http://localhost:3000/events")
    return url


def mock(value: object, at: At = ()) -> dict[str, Any]:
    """What a mock is told to do: `status`, `drop_first`, `delay` (seconds then), `reply`.

    The words are those of upstream's test receiver (knative.dev/reconciler-test pkg/eventshub).
    """
    words = known({} if value is None else value, at, ("status", "drop_first", "delay", "reply"))
    found: dict[str, Any] = {}
    if "status" in words:
        found["status"] = whole(words["status"], (*at, "status"), lowest=200, highest=599)
    if "drop_first" in words:
        found["drop_first"] = whole(words["drop_first"], (*at, "drop_first"), lowest=0)
    if "delay" in words:
        found["delay"] = seconds(words["delay"], (*at, "delay"))
    if "reply" in words:
        found["reply"] = _reply(words["reply"], (*at, "reply"))
        if not found.get("drop_first") and found.get("status", 200) >= 300:
            raise Misfit((*at, "status"), "only an answer of 200 to 299 carries a reply")
    return found


def _reply(value: object, at: At) -> dict[str, Any]:
    words = known(value, at, ("type", "source", "data", "copy"))
    if "type" not in words:
        raise Misfit(at, "a reply needs a type", "else the same event would come again and again")
    found: dict[str, Any] = {"type": text(words["type"], (*at, "type"))}
    if "source" in words:
        found["source"] = text(words["source"], (*at, "source"))
    if "copy" in words:
        found["copy"] = texts(words["copy"], (*at, "copy"))
        for name in found["copy"]:
            if not _ATTRIBUTE.match(name) or name in _OWN:
                raise Misfit((*at, "copy"), f"{name!r} cannot be copied", "attributes, or data")
    if "data" in words:
        found["data"] = words["data"]
    return found
