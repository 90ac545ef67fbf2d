"""Our HTTP/1.1 client behaves as Go's does: pools, redirects, gzip, broken servers."""

import gzip
import socket

import pytest

from kne.plane.http_out import Client, Unanswered, target
from tests.plane.wire import answering

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
EMPTY = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


async def test_a_connection_serves_one_request_after_the_other() -> None:
    client = Client()
    async with answering(OK) as (port, seen):
        where = target(f"http://127.0.0.1:{port}/a?q=1")
        for _ in range(3):
            assert (await client.post(where, b"X-A: 1\r\n", b"body")).body == b"ok"
    assert len(seen) == 3
    assert seen[0].startswith(b"POST /a?q=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert seen[0].endswith(b"X-A: 1\r\n\r\nbody")
    client.close()


async def test_a_body_may_end_with_the_connection() -> None:
    client = Client()
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end"
    async with answering(answer) as (port, _):
        got = await client.post(target(f"http://127.0.0.1:{port}/"), b"", b"")
    assert got.body == b"until the end"


async def test_a_chunked_body_is_put_together() -> None:
    client = Client()
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    async with answering(answer) as (port, _):
        assert (await client.post(target(f"http://127.0.0.1:{port}"), b"", b"")).body == b"abc"
    client.close()


async def test_an_interim_answer_is_not_the_answer() -> None:
    client = Client()
    async with answering(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK) as (port, _):
        assert (await client.post(target(f"http://127.0.0.1:{port}"), b"", b"")).status == 200
    client.close()


async def test_a_gzip_answer_is_unpacked() -> None:
    client = Client()
    packed = gzip.compress(b'{"a":1}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with answering(head + packed) as (port, _):
        got = await client.post(target(f"http://127.0.0.1:{port}"), b"", b"")
    assert got.body == b'{"a":1}'
    assert not got.header(b"content-encoding")
    client.close()


async def test_a_gzip_bomb_does_not_go_off() -> None:
    client = Client(limit=1000)
    packed = gzip.compress(b"0" * 100_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with answering(head + packed) as (port, _):
        with pytest.raises(Unanswered, match="more than 1000 bytes"):
            await client.post(target(f"http://127.0.0.1:{port}"), b"", b"")
    client.close()


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_these_redirects_become_a_get_without_a_body(status: int) -> None:
    client = Client()
    moved = b"HTTP/1.1 %d Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n" % status
    async with answering(moved, OK) as (port, seen):
        await client.post(target(f"http://127.0.0.1:{port}/old"), b"", b"body")
    assert seen[1].startswith(b"GET /new HTTP/1.1\r\n")
    assert seen[1].endswith(b"Referer: http://127.0.0.1:%d/old\r\n\r\n" % port)
    client.close()


@pytest.mark.parametrize("status", [307, 308])
async def test_these_redirects_repeat_the_post(status: int) -> None:
    client = Client()
    moved = b"HTTP/1.1 %d Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n" % status
    async with answering(moved, OK) as (port, seen):
        await client.post(target(f"http://127.0.0.1:{port}/old"), b"", b"body")
    assert seen[1].startswith(b"POST /new HTTP/1.1\r\n")
    assert seen[1].endswith(b"body")
    client.close()


async def test_a_redirect_without_a_location_is_an_answer() -> None:
    client = Client()
    async with answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n") as (port, _):
        assert (await client.post(target(f"http://127.0.0.1:{port}"), b"", b"")).status == 302
    client.close()


async def test_a_ring_of_redirects_ends() -> None:
    client = Client()
    moved = b"HTTP/1.1 307 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
    async with answering(moved) as (port, seen):
        with pytest.raises(Unanswered, match="stopped after 10 redirects"):
            await client.post(target(f"http://127.0.0.1:{port}"), b"", b"")
    assert len(seen) == 11
    client.close()


async def test_nobody_listening_is_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unanswered, match=r"dial tcp 127.0.0.1:\d+: connect: connection refused"):
        await Client().post(target(f"http://127.0.0.1:{port}"), b"", b"")


async def test_a_server_that_hangs_up_gives_eof_and_is_asked_once() -> None:
    async with answering(b"") as (port, seen):
        with pytest.raises(Unanswered, match="EOF"):
            await Client().post(target(f"http://127.0.0.1:{port}"), b"", b"")
    assert len(seen) == 1


async def test_an_idle_connection_that_was_closed_is_not_used_again() -> None:
    client = Client()
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with answering(closing, OK) as (port, _):
        where = target(f"http://127.0.0.1:{port}")
        assert (await client.post(where, b"", b"")).status == 200
        assert (await client.post(where, b"", b"")).body == b"ok"
    client.close()


async def test_bytes_that_nobody_asked_for_are_not_taken_for_an_answer() -> None:
    client = Client()
    async with answering(EMPTY + b"HTTP/1.1 500 Evil\r\nContent-Length: 0\r\n\r\n", OK) as (
        port,
        _,
    ):
        where = target(f"http://127.0.0.1:{port}")
        assert (await client.post(where, b"", b"")).status == 202
        assert (await client.post(where, b"", b"")).body == b"ok"
    client.close()


async def test_an_answer_that_is_not_http_is_none() -> None:
    async with answering(b"hello\r\n\r\n") as (port, _):
        with pytest.raises(Unanswered, match="malformed HTTP response"):
            await Client().post(target(f"http://127.0.0.1:{port}"), b"", b"")


def test_a_url_that_is_not_http_means_the_root_of_its_host() -> None:
    assert target("ftp://h/some/path").url == "http://h/"


def test_a_url_without_a_host_leads_nowhere() -> None:
    with pytest.raises(ValueError, match="no Host"):
        target("/only/a/path")
