"""Bytes on real sockets, for tests of our own server and client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


async def talk(port: int, *parts: bytes, pause: float = 0.0, quiet: float = 0.3) -> bytes:
    """Send the parts, then read until the server closes or says nothing for `quiet` seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        return await read_all(reader, quiet)
    finally:
        writer.close()


async def read_all(reader: asyncio.StreamReader, quiet: float = 0.3) -> bytes:
    """All that comes until the end, or until nothing came for `quiet` seconds."""
    got = b""
    while True:
        try:
            async with asyncio.timeout(quiet):
                part = await reader.read(65536)
        except TimeoutError:
            return got
        if not part:
            return got
        got += part


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that reads a request and writes the next answer; an empty one hangs up."""
    seen: list[bytes] = []
    script = list(answers)
    tasks: set[asyncio.Task[None]] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(x.split(b":")[1]) for x in head.split(b"\r\n") if x[:15].lower()
                     == b"content-length:"), 0
                )  # fmt: skip
                seen.append(head + await reader.readexactly(length))
                answer = script.pop(0) if len(script) > 1 else script[0]
                writer.write(answer)
                if not answer or b"connection: close" in answer.lower():
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()


async def until(claim: Callable[[], bool], seconds: float = 3.0) -> None:
    """Wait until something holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not claim():
            await asyncio.sleep(0.005)
