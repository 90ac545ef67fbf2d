"""Watches: the changes of the store as a stream, for as long as the client listens.

A watch pulls its changes and waits for its client to read; the store waits for nobody.  Who
falls further behind than the history reaches is told to list anew (410), as by Kubernetes.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, TypeAlias

from aiohttp import web

from kne import clock
from kne.api.answers import PLAIN, Refused, bad_request, encode, expired, invalid_options
from kne.api.emulator import Store
from kne.api.selectors import Choice
from kne.control.store import Change, Gone
from kne.model.resource import Json, Key

LONGEST = 1800.0
"""Seconds after which a watch ends that names no end; clients then start the next one."""

BOOKMARKS = 60.0
"""Seconds between two bookmarks."""

Scope: TypeAlias = tuple[str, str, str | None]
"""Group, kind, and namespace; None means all of them."""


class Form(Protocol):
    """How objects are shown."""

    def show(self, it: Json, *, first: bool) -> Json: ...

    def bare(self, version: int) -> Json: ...


class Streams:
    """Answers that have no end of their own; they end when the server does."""

    def __init__(self) -> None:
        self._open: set[asyncio.Timeout] = set()
        self.ended = False

    @asynccontextmanager
    async def until(self, seconds: float | None) -> AsyncIterator[None]:
        """Leave the body after that time or when the server ends, whichever comes first."""
        try:
            async with clock.timeout(0 if self.ended else seconds) as deadline:
                self._open.add(deadline)
                try:
                    yield
                finally:
                    self._open.discard(deadline)
        except TimeoutError:
            if not deadline.expired():
                raise

    def end(self) -> None:
        """Leave all bodies now."""
        self.ended = True
        for deadline in self._open:
            deadline.reschedule(clock.monotonic())


async def watch(
    request: web.Request, store: Store, streams: Streams, scope: Scope, choice: Choice, form: Form
) -> web.StreamResponse:
    """Answer a watch request; returns when it ends."""
    options = _options(request)
    stream = Watch(request, store, scope, choice, form)
    seconds = _seconds(request)
    response = await stream.open()
    try:
        async with streams.until(seconds):
            await stream.follow(*options)
        if not streams.ended:
            await stream.bookmark()
    except Gone as gone:
        await stream.fail(expired(gone.message))
    return response


def _options(request: web.Request) -> tuple[int, bool]:
    """The version to start after, 0 for what is there now; and whether that end is marked."""
    version = request.query.get("resourceVersion", "")
    initial = request.query.get("sendInitialEvents", "").lower()
    match = request.query.get("resourceVersionMatch", "")
    if initial and match != "NotOlderThan":
        message = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise invalid_options("resourceVersionMatch", message)
    if match and not initial:
        message = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        raise invalid_options("resourceVersionMatch", message)
    if not re.fullmatch(r"[0-9]*", version):
        message = (
            f'resourceVersion: Invalid value: "{version}": '
            f'strconv.ParseUint: parsing "{version}": invalid syntax'
        )
        raise Refused(500, "", message)
    wanted = initial not in ("", "false", "0")
    return (0 if wanted else int(version or 0)), wanted


def _seconds(request: web.Request) -> float:
    text = request.query.get("timeoutSeconds", "") or "0"
    if not re.fullmatch(r"[0-9]+", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return float(text) or LONGEST


class Watch:
    """One watch: what its client knows so far, and how it is told more."""

    def __init__(
        self, request: web.Request, store: Store, scope: Scope, choice: Choice, form: Form
    ) -> None:
        self._request = request
        self._store = store
        self._scope = scope
        self._choice = choice
        self._form = form
        self._response = web.StreamResponse(headers=PLAIN)
        self._response.content_type = "application/json"
        self._bookmarks = request.query.get("allowWatchBookmarks", "").lower() in ("true", "1")
        self._first = True
        self._version = 0
        self._opened = 0
        self._shown: set[Key] = set()
        self._judged: set[Key] = set()

    async def open(self) -> web.StreamResponse:
        """Send the header, so that the client knows that it is heard."""
        self._response.enable_chunked_encoding()
        await self._response.prepare(self._request)
        return self._response

    async def follow(self, since: int, marked: bool) -> None:
        """Tell everything from a version on; never ends.

        Raises:
            Gone: some changes are no longer known.
        """
        now = self._store.version
        if since > now:
            raise Gone(f"too old resource version: {since} ({now})")
        self._version, self._opened = since or now, now
        for it in filter(self._choice.holds, self._store.list(*self._scope)):
            if since and int(it["metadata"]["resourceVersion"]) > since:
                continue
            self._shown.add(self._key(it))
            if not since:
                await self._send("ADDED", it)
        if marked:
            await self.bookmark({"k8s.io/initial-events-end": "true"})
        while True:
            try:
                async with clock.timeout(BOOKMARKS):
                    await self._changes()
            except TimeoutError:
                await self.bookmark()

    async def _changes(self) -> None:
        group, kind, namespace = self._scope
        async for change in self._store.watch(self._version):
            self._version = change.version
            key = change.key
            if (key.group, key.kind) == (group, kind) and namespace in (None, key.namespace):
                type_ = self._seen_as(change)
                if type_:
                    await self._send(type_, change.object)

    def _seen_as(self, change: Change) -> str:
        """What a change is to somebody who sees only the objects that were chosen.

        One that is no longer chosen has gone, one that is chosen now has come.  If nobody knows
        whether it was chosen when the watch's past began, it is taken for it: to hear of an
        unknown object that it has gone does no harm.
        """
        key, it = change.key, change.object
        before = key in self._shown
        if change.version <= self._opened and key not in self._judged and change.type != "ADDED":
            before = before or self._choice.may_have_held(it)
        self._judged.add(key)
        after = change.type != "DELETED" and self._choice.holds(it)
        (self._shown.add if after else self._shown.discard)(key)
        if before and after:
            return "MODIFIED"
        if after:
            return "ADDED"
        return "DELETED" if before else ""

    def _key(self, it: Json) -> Key:
        group, kind, _ = self._scope
        return Key(group, kind, it["metadata"].get("namespace", ""), it["metadata"]["name"])

    async def bookmark(self, annotations: Json | None = None) -> None:
        """Tell the version that everything was told up to, if the client wants to know."""
        if not self._bookmarks:
            return
        it = self._form.bare(self._version)
        if annotations:
            it["metadata"]["annotations"] = annotations
        await self._write("BOOKMARK", it)

    async def fail(self, refusal: Refused) -> None:
        """Tell why there is no more."""
        await self._write("ERROR", refusal.document)

    async def _send(self, type_: str, it: Json) -> None:
        first, self._first = self._first, False
        await self._write(type_, self._form.show(it, first=first))

    async def _write(self, type_: str, it: Json) -> None:
        await self._response.write(encode({"type": type_, "object": it}))
