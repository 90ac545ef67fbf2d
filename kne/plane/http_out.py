"""HTTP/1.1 client: a pool of connections per destination, one request at a time on each.

Behaves as Go's client does for upstream's dispatcher (spec core 3.2): redirects are followed,
gzip answers are unpacked, a request that fails on a connection is not sent again by the client.
"""

import asyncio
import ssl
import zlib
from collections import deque
from typing import NamedTuple, cast

import httptools

from kne import __version__, uri
from kne.plane.http_in import RawHeaders

MAX_REDIRECTS = 10
_USER_AGENT = f"kne/{__version__}"


class Unanswered(Exception):
    """No HTTP answer came; the message is worded as Go words it, with the URL."""


class HttpAnswer(NamedTuple):
    """What a server answered; `headers` in order, names as they were sent."""

    status: int
    headers: RawHeaders
    body: bytes

    def header(self, name: bytes) -> str:
        """The first value of a field, its name in lower case; empty if it is not there."""
        for key, value in self.headers:
            if key.lower() == name:
                return value.decode("utf-8", "surrogateescape")
        return ""


class Target(NamedTuple):
    """Where a URL leads: whom to connect to, and how the request begins."""

    url: str
    host: str
    port: int
    secure: bool
    head: bytes


def target(url: str) -> Target:
    """Read a URL; one that is not http(s) means `http://<host>/` (spec core 3.2).

    Raises:
        ValueError: it has no host.
    """
    parsed = uri.parse(url)
    if parsed.scheme not in ("http", "https"):
        parsed = uri.Url("http", host=parsed.host, path="/", rooted=True)
    name, _, port = parsed.host.rpartition(":")
    if not name or not port.isdigit():
        name, port = parsed.host, "443" if parsed.scheme == "https" else "80"
    if not name.strip("[]"):
        raise ValueError(f"no Host in request URL: {url!r}")
    path = parsed.path or "/"
    if parsed.query is not None:
        path += f"?{parsed.query}"
    head = (
        f" {path} HTTP/1.1\r\nHost: {parsed.host}\r\nUser-Agent: {_USER_AGENT}\r\n"
        "Accept-Encoding: gzip\r\n"
    )
    return Target(str(parsed), name.strip("[]"), int(port), parsed.scheme == "https", head.encode())


class Connection(asyncio.Protocol):
    """One connection to a server."""

    def __init__(self, pool: "Pool", limit: int) -> None:
        self._pool = pool
        self._limit = limit
        self._waiter: asyncio.Future[HttpAnswer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._reusable = False
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("EOF" if exc is None else _reason(exc))

    def eof_received(self) -> bool:
        if self._waiter is not None and self._status and not self._framed:
            self._complete()  # a body that ends with the connection
        return False

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            self._end("unsolicited response")  # nothing was asked: the connection is not ours
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._end("unexpected protocol upgrade")
        except httptools.HttpParserError:
            self._end("malformed HTTP response")

    # httptools calls these

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        self._framed = self._status in (204, 304) or any(
            name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self._headers
        )

    def on_body(self, body: bytes) -> None:
        self._body.append(body)
        self._size += len(body)
        if self._size > self._limit:
            self._end(f"response body of more than {self._limit} bytes")

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200:  # an interim answer; the real one follows
            self._reset()
        elif self._waiter is not None:
            self._reusable = self._framed and self._parser.should_keep_alive()
            self._complete()

    # one exchange

    async def exchange(self, request: bytes) -> HttpAnswer:
        """Send a request and wait for its answer.

        Raises:
            Unanswered: the connection ended first.
        """
        self._reset()
        self._reusable = False
        waiter: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        self.transport.write(request)
        try:
            return await waiter
        finally:
            self._waiter = None
            if self._reusable and not self.closed:
                self._pool.give_back(self)
            else:
                self.transport.abort()

    def _reset(self) -> None:
        self._headers: RawHeaders = []
        self._body: list[bytes] = []
        self._size = 0
        self._status = 0
        self._framed = False

    def _complete(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            waiter.set_result(HttpAnswer(self._status, self._headers, body))

    def _end(self, why: str) -> None:
        if not self.closed:
            self.closed = True
            self._pool.forget(self)
            self.transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(Unanswered(why))


class Pool:
    """The idle connections to one server; takes the last one used first."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, limit: int) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._limit = limit
        self._idle: deque[Connection] = deque()

    async def take(self) -> Connection:
        """An idle connection, or a new one.

        Raises:
            Unanswered: the server cannot be reached.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and not connection.transport.is_closing():
                return connection
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(
                lambda: Connection(self, self._limit), self._host, self._port, ssl=self._tls
            )
        except OSError as error:
            raise Unanswered(self._dial_error(error)) from None
        return made

    def _dial_error(self, error: OSError) -> str:
        if isinstance(error, ssl.SSLError):
            return f"tls: {_reason(error)}"
        if error.errno is not None and error.errno < 0:
            return f"dial tcp: lookup {self._host}: no such host"
        return f"dial tcp {self._host}:{self._port}: connect: {_reason(error)}"

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next request."""
        self._idle.append(connection)

    def forget(self, connection: Connection) -> None:
        """Drop a connection that has ended."""
        if connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """Hang up on every idle connection."""
        for connection in tuple(self._idle):
            connection.transport.abort()


class Client:
    """Sends requests; its connections are kept per server.

    `limit` bounds the body of an answer, in bytes.
    """

    def __init__(self, *, limit: int = 128 << 20) -> None:
        self._limit = limit
        self._pools: dict[tuple[str, int, bool], Pool] = {}
        self._tls: ssl.SSLContext | None = None

    async def post(self, where: Target, head: bytes, body: bytes) -> HttpAnswer:
        """POST to a server; `head` are more header lines, each with its line end.

        Raises:
            Unanswered: there was no HTTP answer.
        """
        return await self.request("POST", where, head, body)

    async def request(
        self, method: str, where: Target, head: bytes, body: bytes, *, follow: bool = True
    ) -> HttpAnswer:
        """Send a request and follow redirects as Go does: 307 and 308 repeat it, others GET.

        Raises:
            Unanswered: there was no HTTP answer.
        """
        referer = b""
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._exchange(method, where, head + referer, body)
            if not follow or answer.status not in (301, 302, 303, 307, 308):
                return answer
            location = answer.header(b"location")
            if not location:
                return answer
            if answer.status < 307 and method not in ("GET", "HEAD"):
                method, body = "GET", b""
            referer = f"Referer: {where.url}\r\n".encode()
            try:
                where = target(uri.resolve(where.url, location))
            except ValueError as error:
                raise Unanswered(f"failed to parse Location header {location!r}: {error}") from None
        raise Unanswered(f"stopped after {MAX_REDIRECTS} redirects")

    async def _exchange(self, method: str, where: Target, head: bytes, body: bytes) -> HttpAnswer:
        pool = self._pools.get(where[1:4]) or self._pool(where)
        connection = await pool.take()
        length = b"" if method in ("GET", "HEAD") else b"Content-Length: %d\r\n" % len(body)
        request = b"%b%b%b%b\r\n%b" % (method.encode(), where.head, length, head, body)
        return _unpacked(await connection.exchange(request), self._limit)

    def _pool(self, where: Target) -> Pool:
        if where.secure and self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_3  # spec core 3.10
        made = Pool(where.host, where.port, self._tls if where.secure else None, self._limit)
        self._pools[where.host, where.port, where.secure] = made
        return made

    def close(self) -> None:
        """Hang up on every idle connection."""
        for pool in self._pools.values():
            pool.close()


def _unpacked(answer: HttpAnswer, limit: int) -> HttpAnswer:
    """The answer with a gzip body unpacked and its framing fields taken off, as Go does."""
    if answer.header(b"content-encoding").lower() != "gzip":
        return answer
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(answer.body, limit)
    except zlib.error as error:
        raise Unanswered(f"gzip: invalid header ({error})") from None
    if unpacker.unconsumed_tail:
        raise Unanswered(f"response body of more than {limit} bytes")
    dropped = (b"content-encoding", b"content-length")
    headers = [(k, v) for k, v in answer.headers if k.lower() not in dropped]
    return HttpAnswer(answer.status, headers, body)


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionResetError):
        return "connection reset by peer"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).lower()
