"""Our HTTP/1.1 server: framing, keep-alive, limits, and clients that go away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from kne.plane.http_in import Incoming, Limits, Reply, Server
from tests.plane.wire import read_all, talk, until

POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"


@asynccontextmanager
async def serving(
    serve: Callable[[Incoming], Awaitable[Reply]], limits: Limits | None = None
) -> AsyncIterator[tuple[Server, int]]:
    server = Server(serve, limits or Limits())
    port = await server.listen("127.0.0.1", 0)
    try:
        yield server, port
    finally:
        await server.close(0.1)


async def echo(request: Incoming) -> Reply:
    return Reply(200, (("X-Target", request.target.decode()),), request.body)


async def test_a_request_is_answered_with_length_and_date() -> None:
    async with serving(echo) as (_, port):
        got = await talk(port, POST)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nX-Target: /a\r\nContent-Length: 2\r\nDate: ")
    assert body == b"hi"


async def test_pipelined_requests_are_answered_in_order() -> None:
    async def slow_first(request: Incoming) -> Reply:
        await asyncio.sleep(0.05 if request.target == b"/1" else 0)
        return Reply(200, body=request.target)

    asked = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in (1, 2, 3))
    async with serving(slow_first) as (_, port):
        got = await talk(port, asked)
    assert [got.index(b"/%d" % n) for n in (1, 2, 3)] == sorted(
        got.index(b"/%d" % n) for n in (1, 2, 3)
    )


async def test_a_request_may_come_byte_by_byte() -> None:
    async with serving(echo) as (_, port):
        got = await talk(port, *[POST[i : i + 1] for i in range(len(POST))])
    assert got.endswith(b"hi")


async def test_a_chunked_body_is_put_together() -> None:
    request = (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    )
    async with serving(echo) as (_, port):
        assert (await talk(port, request)).endswith(b"abcde")


async def test_a_client_that_waits_for_100_continue_gets_it() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    async with serving(echo) as (_, port):
        got = await talk(port, head, b"ok", pause=0.05)
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


async def test_http_1_0_is_answered_and_closed() -> None:
    async with serving(echo) as (_, port):
        got = await talk(port, b"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
    assert b"Connection: close" in got


async def test_an_answer_to_head_has_no_body() -> None:
    async def body(request: Incoming) -> Reply:
        return Reply(200, body=b"four")

    async with serving(body) as (_, port):
        got = await talk(port, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Length: 4" in got
    assert got.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"NONSENSE\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX\x01: a\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_refused_and_the_connection_closed(nonsense: bytes) -> None:
    async with serving(echo) as (server, port):
        got = await talk(port, nonsense)
        assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        await until(lambda: not server.connections)


async def test_a_body_over_the_limit_is_refused_by_name() -> None:
    async with serving(echo, Limits(body=10)) as (_, port):
        got = await talk(port, b"POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n" + b"x" * 20)
    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"more than 10 bytes" in got


async def test_a_head_over_the_limit_is_refused() -> None:
    async with serving(echo, Limits(head=100)) as (_, port):
        got = await talk(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 200 + b"\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 431 ")


async def test_what_was_asked_before_the_nonsense_is_answered_first() -> None:
    async with serving(echo) as (_, port):
        got = await talk(port, POST + b"NONSENSE\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 400 Bad Request" in got


async def test_when_the_client_hangs_up_its_request_is_cancelled() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def forever(request: Incoming) -> Reply:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return Reply(200)

    async with serving(forever) as (_, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST)
        await begun.wait()
        writer.close()
        async with asyncio.timeout(2):
            await ended.wait()


async def test_a_client_that_dawdles_is_hung_up_on() -> None:
    async with serving(echo, Limits(read_timeout=0.2)) as (server, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST[:20])
        await until(lambda: len(server.connections) == 1)
        await until(lambda: not server.connections)
        writer.close()


async def test_closing_lets_a_request_end_and_says_close() -> None:
    async def slow(request: Incoming) -> Reply:
        await asyncio.sleep(0.1)
        return Reply(202)

    async with serving(slow) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST)
        await until(lambda: any(c.busy for c in server.connections))
        await server.close(2.0)
        got = await read_all(reader)
        writer.close()
    assert got.startswith(b"HTTP/1.1 202 Accepted")
    assert b"Connection: close" in got
