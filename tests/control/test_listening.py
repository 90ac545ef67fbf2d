"""Ports: the usual ones, the next free ones, and the chosen ones."""

import socket
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from kne.control import listening
from kne.errors import KneError
from kne.plane.engine import Engine
from kne.plane.journal import Journal
from kne.settings import Settings

USUAL = {field.name: field.default for field in fields(Settings)}


class Taken(Engine):
    """An engine whose machine has some ports taken."""

    def __init__(self, *taken: int, error: int = 98) -> None:
        super().__init__(Journal())
        self.taken, self.error, self.asked = taken, error, list[int]()

    async def listen(self, host: str, port: int) -> int:
        self.asked.append(port)
        if port in self.taken:
            raise OSError(self.error, "no")
        return port or 55555


@pytest.fixture
def said() -> list[str]:
    return []


def settings(tmp_path: Path, port: int = 8080, api_port: int = 8081, host: str = "") -> Settings:
    host = host or "127.0.0.1"
    return Settings(folder=tmp_path, port=port, api_port=api_port, host=host)


async def test_events_are_taken_on_the_usual_port(tmp_path: Path, said: list[str]) -> None:
    url = await listening.events(Taken(), settings(tmp_path), lambda _, line: said.append(line))
    assert (url, said) == ("http://127.0.0.1:8080", [])


async def test_the_next_free_port_is_taken_but_not_that_of_the_api(
    tmp_path: Path, said: list[str]
) -> None:
    engine = Taken(8080, 8082)
    url = await listening.events(engine, settings(tmp_path), lambda _, line: said.append(line))
    assert url == "http://127.0.0.1:8083"
    assert engine.asked == [8080, 8082, 8083]
    assert said == ["! port 8080 is taken: events are on 8083"]


async def test_a_chosen_port_is_that_one_or_an_error(tmp_path: Path) -> None:
    with pytest.raises(KneError, match="port 9000 is taken"):
        await listening.events(Taken(9000), settings(tmp_path, 9000), lambda _, line: None)


async def test_a_port_that_may_not_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KneError, match=r"cannot listen on http://127\.0\.0\.1:8080: no"):
        await listening.events(Taken(8080, error=13), settings(tmp_path), lambda _, line: None)


async def test_any_free_port_needs_no_words(tmp_path: Path, said: list[str]) -> None:
    url = await listening.events(Taken(), settings(tmp_path, 0), lambda _, line: said.append(line))
    assert (url, said) == ("http://127.0.0.1:55555", [])


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]")]
)
async def test_the_url_is_one_that_works_on_this_machine(
    tmp_path: Path, host: str, shown: str
) -> None:
    url = await listening.events(Taken(), settings(tmp_path, host=host), lambda _, line: None)
    assert url == f"http://{shown}:8080"


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_chosen_port_of_the_api_is_that_one_or_an_error(tmp_path: Path, busy: int) -> None:
    with pytest.raises(KneError, match=f"port {busy} is taken"):
        listening.management(settings(tmp_path, api_port=busy), "http://x:1", lambda _, line: None)


def test_the_socket_of_the_api_lets_clients_come_and_wait(tmp_path: Path) -> None:
    chosen = settings(tmp_path, api_port=0)
    with (
        listening.management(chosen, "http://127.0.0.1:1", lambda _, line: None) as opened,
        socket.create_connection(opened.getsockname(), timeout=5),
    ):
        assert opened.getsockname()[0] == "127.0.0.1"
