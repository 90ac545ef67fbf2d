"""kne's own side of the API, /kne/v1: what kubectl has no word for.

    GET  status    what runs, brokers with their triggers, problems
    POST send      one event, and what became of it
    GET  problems  what is wrong, alone
    GET  graph     who sends to whom, and where events may go round
    GET  where     the file, line and column of an object
    GET  traffic   what became of the events of a trigger or subscription, in numbers
    GET  tail      what happens to events, one JSON object a line, for as long as one listens
    POST stop      finish what is under way, then end

Faults are JSON too: message, why, hint.
"""

import base64
import binascii
import json
import re
import uuid
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web

from kne.api.answers import PLAIN, answer, encode
from kne.api.emulator import Emulator
from kne.api.sinks import Sinks
from kne.api.watching import Streams
from kne.errors import Invalid, KneError
from kne.event import Event
from kne.model.resource import Key
from kne.plane.journal import Hop

ROOT = "/kne/v1"
Wanted: TypeAlias = Callable[[Hop], bool]


class Native:
    """Answers everything below /kne/v1."""

    def __init__(self, emulator: Emulator, sinks: Sinks, streams: Streams) -> None:
        self._emulator = emulator
        self._sinks = sinks
        self._streams = streams

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the addresses."""
        router.add_get(f"{ROOT}/status", self.status)
        router.add_get(f"{ROOT}/problems", self.problems)
        router.add_get(f"{ROOT}/graph", self.graph)
        router.add_get(f"{ROOT}/where", self.where)
        router.add_get(f"{ROOT}/traffic", self.traffic)
        router.add_get(f"{ROOT}/tail", self.tail)
        router.add_post(f"{ROOT}/send", self.send)
        router.add_post(f"{ROOT}/stop", self.stop)

    async def status(self, _: web.Request) -> web.StreamResponse:
        """Everything `kne status` shows."""
        return answer(self._emulator.status())

    async def problems(self, _: web.Request) -> web.StreamResponse:
        """Faults in files, dangling references, and the like, each with its place."""
        return answer({"problems": self._emulator.problems()})

    async def graph(self, _: web.Request) -> web.StreamResponse:
        """Everything `kne graph` draws."""
        return answer(self._emulator.graph())

    async def where(self, request: web.Request) -> web.StreamResponse:
        """Where an object is written; empty if in no file."""
        query = request.query
        names = (query.get(name, "") for name in ("group", "kind", "namespace", "name"))
        return answer({"where": self._emulator.where(Key(*names))})

    async def traffic(self, request: web.Request) -> web.StreamResponse:
        """The counters of one link; empty before its first event."""
        query = request.query
        link = "/".join(query.get(name, "") for name in ("kind", "namespace", "name"))
        return answer(self._emulator.traffic(link))

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Send one event; answers when its ways have ended.

        A client that hangs up gives the event up, as it does at a broker (spec core 0).
        """
        body = await _body(request)
        event = _event(body)
        namespace = _text(body, "namespace") or "default"
        address = self._sinks.address(_text(body, "to"), namespace)
        return answer(await self._emulator.send(event, address))

    async def stop(self, _: web.Request) -> web.StreamResponse:
        """End; the answer is part of what is finished first."""
        self._emulator.request_stop()
        return answer({})

    async def tail(self, request: web.Request) -> web.StreamResponse:
        """Follow what happens; a reader that is too slow is told how much it missed."""
        wanted = _wanted(request.query)
        hops = self._emulator.journal.tail()
        try:
            response = web.StreamResponse(headers=PLAIN)
            response.content_type = "application/x-ndjson"
            response.enable_chunked_encoding()
            await response.prepare(request)
            async with self._streams.until(None):
                async for hop in hops:
                    if hop.step == "skipped":
                        await response.write(encode(_gap(hop)))
                    elif wanted(hop):
                        await response.write(encode(hop.json()))
            return response
        finally:
            hops.close()


def _gap(hop: Hop) -> dict[str, Any]:
    """That hops are missing here; the event of such a hop is not what was missed."""
    return {name: value for name, value in hop.json().items() if name not in ("event", "data")}


KINDS = ("all", "broker", "channel", "trigger", "subscription", "service")


def _wanted(query: Any) -> Wanted:
    """Which hops a tail shows: those in a broker or channel, of a trigger, to a service."""
    kind = query.get("kind") or "all"
    name, namespace = query.get("name", ""), query.get("namespace", "")
    if kind not in KINDS:
        raise Invalid(f'"{kind}" cannot be followed', hint=f"one of: {', '.join(KINDS)}")

    def fits(place: str) -> bool:
        found_kind, _, rest = place.partition("/")
        found_namespace, _, found = rest.partition("/")
        return (
            kind in ("all", found_kind)
            and name in ("", found)
            and namespace in ("", found_namespace)
        )

    def wanted(hop: Hop) -> bool:
        if kind == "service":
            return fits(_service(hop.sink))
        return fits(hop.place) or fits(hop.hub)

    return wanted


def _service(url: str) -> str:
    """The service that a cluster address means, `service/NS/NAME`."""
    name, _, rest = (urlsplit(url).hostname or "").partition(".")
    return f"service/{rest.partition('.')[0]}/{name}" if rest else ""


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.read())
    except ValueError as error:
        raise Invalid("the request is not JSON", why=str(error)) from None
    if not isinstance(found, dict):
        raise Invalid("the request is not a JSON object", hint='{"attributes": {"type": "…"}}')
    return found


def _text(body: dict[str, Any], name: str) -> str:
    found = body.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Invalid(f'"{name}" has to be a text, not {json.dumps(found)[:40]}')
    return found


_NAME = re.compile(r"[a-z0-9]+\Z")


def _event(body: dict[str, Any]) -> Event:
    """The event in the request; what every event has and nobody chooses is filled in."""
    given = body.get("attributes")
    if not isinstance(given, dict):
        raise Invalid('"attributes" is missing', hint='{"attributes": {"type": "…"}}')
    for name, value in given.items():
        if not _NAME.match(name):
            raise Invalid(f'attribute name "{name}" may hold only small letters and digits')
        if not isinstance(value, str):
            raise Invalid(f'attribute "{name}" has to be a text, not {json.dumps(value)[:40]}')
    if not given.get("type"):
        raise Invalid('attribute "type" is missing')
    attributes = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "kne/api", **given}
    data = _text(body, "data") if body.get("data") is not None else None
    try:
        return Event(attributes, None if data is None else base64.b64decode(data, validate=True))
    except binascii.Error as error:
        raise Invalid('"data" is not base64', why=str(error)) from None


def fault(error: KneError) -> dict[str, Any]:
    """A fault as a client gets it."""
    where = {"where": str(error.where)} if error.where else {}
    return {**where, "message": error.message, "why": error.why, "hint": error.hint}
