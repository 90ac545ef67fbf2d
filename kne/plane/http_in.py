"""HTTP/1.1 server: one protocol and one task per connection.

The parser is httptools' (llhttp: strict, fuzzed).  A connection handles its requests one after
the other in a task of its own, which lives as long as the connection does: an event costs no task,
and when the client hangs up the task is cancelled, and with it all that was done for the request,
as in upstream's servers (spec core 1.6; docs/decisions/0007).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import httptools

from kne import clock

RawHeaders = list[tuple[bytes, bytes]]


class Incoming:
    """One request as it came off the wire; `headers` in order, names as they were sent."""

    __slots__ = ("body", "headers", "keep_alive", "method", "target")

    def __init__(
        self, method: bytes, target: bytes, headers: RawHeaders, body: bytes, keep_alive: bool
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.keep_alive = keep_alive

    def header(self, name: bytes) -> str:
        """The first value of a field, its name in lower case; empty if it is not there."""
        for key, value in self.headers:
            if key.lower() == name:
                return value.decode("utf-8", "surrogateescape")
        return ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `Content-Length`, `Date` and `Connection` are added when it is written."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Serve = Callable[[Incoming], Awaitable[Reply]]

REASONS = {
    200: "OK", 202: "Accepted", 204: "No Content", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    413: "Request Entity Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Unavailable",
}  # fmt: skip

_PIPELINED = 16
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may ask of the server: bytes of head and body, seconds for one request."""

    head: int = 1 << 20
    body: int = 128 << 20
    read_timeout: float = 10.0
    connections: int = 4096


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._requests: deque[Incoming] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._flushed: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._error: Reply | None = None
        self.busy = False
        self.since = 0.0  # when the request that is being read began; 0 between requests
        self._reset()

    def _reset(self) -> None:
        self._target = b""
        self._headers: RawHeaders = []
        self._body: list[bytes] = []
        self._size = 0

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._server.closing:  # accepted while the listener was being closed
            self._transport.abort()
            return
        self._server.connections.add(self)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    def eof_received(self) -> bool:
        return False  # a half-closed connection counts as closed, as in Go's server

    def data_received(self, data: bytes) -> None:
        if self._error is not None:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(Reply(400, _TEXT, b"400 Bad Request"))
        except httptools.HttpParserError:
            self._fail(self._error or Reply(400, _TEXT, b"400 Bad Request"))

    def pause_writing(self) -> None:
        self._flushed = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._flushed is not None:
            self._flushed.set_result(None)
            self._flushed = None

    # httptools calls these

    def on_message_begin(self) -> None:
        self.since = clock.monotonic()

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._grow(len(url), self._server.limits.head, 431)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        self._grow(len(name) + len(value), self._server.limits.head, 431)

    def on_headers_complete(self) -> None:
        self._size = 0
        for name, value in self._headers:
            if len(name) == 6 and name.lower() == b"expect" and value.lower() == b"100-continue":
                self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)
        self._grow(len(body), self._server.limits.body, 413)

    def on_message_complete(self) -> None:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._requests.append(
            Incoming(
                self._parser.get_method(),
                self._target,
                self._headers,
                body,
                self._parser.should_keep_alive(),
            )
        )
        self.since = 0.0
        self._reset()
        if len(self._requests) >= _PIPELINED:
            self._transport.pause_reading()
        self._wake()

    def _grow(self, size: int, limit: int, status: int) -> None:
        self._size += size
        if self._size > limit:
            text = f"{status} {REASONS[status]}: more than {limit} bytes"
            self._error = Reply(status, _TEXT, text.encode())
            raise ValueError(text)  # comes out of feed_data as a parser error

    def _fail(self, reply: Reply) -> None:
        self._error = reply
        self._transport.pause_reading()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # the connection's task

    async def _run(self) -> None:
        while not self._transport.is_closing():
            if not self._requests:
                if self._error is not None:
                    self._write(self._error, close=True)
                    return
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
                continue
            request = self._requests.popleft()
            if len(self._requests) == _PIPELINED - 1:
                self._transport.resume_reading()
            self.busy = True
            try:
                reply = await self._server.serve(request)
            finally:
                self.busy = False
            close = not request.keep_alive or self._server.closing
            self._write(reply, close=close, head_only=request.method == b"HEAD")
            if self._flushed is not None:
                await self._flushed

    def _write(self, reply: Reply, *, close: bool, head_only: bool = False) -> None:
        head = self._server.head(reply, close=close)
        self._transport.write(head if head_only or not reply.body else head + reply.body)
        if close:
            self._transport.close()

    def abort_if_late(self, now: float, limit: float) -> None:
        """Hang up on a client that takes longer than `limit` seconds to send one request."""
        if self.since and now - self.since > limit and not self.busy:
            self._transport.abort()

    def close_if_idle(self) -> None:
        """Close the connection unless a request is being handled or waits to be."""
        if not self.busy and not self._requests:
            self._transport.close()


_TEXT = (("Content-Type", "text/plain; charset=utf-8"),)


class Server:
    """The connections of one listener, and what they answer with."""

    def __init__(self, serve: Serve, limits: Limits) -> None:
        self.serve = serve
        self.limits = limits
        self.connections: set[Connection] = set()
        self.closing = False
        self._listener: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._heads: dict[tuple[int, tuple[tuple[str, str], ...], int, bool], bytes] = {}
        self._date = b""
        self._date_of = 0

    async def listen(self, host: str, port: int) -> int:
        """Start to accept; returns the port.

        Raises:
            OSError: the port is taken, or the address is not ours.
        """
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self), host, port, backlog=self.limits.connections
        )
        self._sweeper = loop.create_task(self._sweep())
        port = self._listener.sockets[0].getsockname()[1]
        return port

    async def close(self, grace: float) -> None:
        """Stop accepting, let requests end for `grace` seconds, then hang up."""
        self.closing = True
        if self._listener is not None:
            self._listener.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        end = clock.monotonic() + grace
        for connection in tuple(self.connections):
            connection.close_if_idle()
        while self.connections and clock.monotonic() < end:
            await clock.sleep(0.01)
        for connection in tuple(self.connections):
            connection._transport.abort()
        await clock.sleep(0)  # the loop closes what was aborted in its next turn

    async def _sweep(self) -> None:
        while True:
            await clock.sleep(1.0)
            now = clock.monotonic()
            for connection in tuple(self.connections):
                connection.abort_if_late(now, self.limits.read_timeout)

    def head(self, reply: Reply, *, close: bool) -> bytes:
        """Status line and header fields; those of answers without a body are kept."""
        key = (reply.status, reply.headers, len(reply.body), close)
        known = self._heads.get(key)
        if known is None:
            known = _render_head(reply, close)
            if len(self._heads) < 1024 and not reply.body:
                self._heads[key] = known
        return known + self._now()

    def _now(self) -> bytes:
        second = clock.now_ns() // 1_000_000_000
        if second != self._date_of:
            self._date_of = second
            self._date = f"Date: {clock.now():%a, %d %b %Y %H:%M:%S} GMT\r\n\r\n".encode()
        return self._date


def _render_head(reply: Reply, close: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if reply.status not in (204, 304):
        lines.append(f"Content-Length: {len(reply.body)}")
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n").encode("utf-8", "surrogateescape")
