"""Services that answer, made from descriptions by hand."""

import asyncio
import http.client
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kne.control.processes import free_port
from kne.control.services import Services
from kne.errors import KneError
from kne.event import Event
from kne.kinds.base import Builtin, Mock, Process, Serving, Url
from kne.model.resource import Key
from kne.plane.table import Answer, Headers
from kne.settings import Settings
from tests.control.programs import Screen, gone, server

EVENT = Event({"specversion": "1.0", "id": "1", "type": "t", "source": "/s"}, b"{}")


def serving(
    by: Process | Url | Builtin | Mock, name: str = "it", group: str = "serving.knative.dev"
) -> Serving:
    address = f"http://{name}.default.svc.cluster.local"
    return Serving(Key(group, "Service", "default", name), address, by)


def by_key(*servings: Serving) -> Mapping[Key, Serving]:
    return {it.key: it for it in servings}


class Wire:
    """Takes what is posted, and answers the same to all."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.seen: list[tuple[str, Event, Headers]] = []
        self._answer = answer or Answer(200)

    async def __call__(self, url: str, event: Event, headers: Headers) -> Answer:
        self.seen.append((url, event, headers))
        return self._answer


async def http_post(url: str, event: Event, headers: Headers) -> Answer:
    """One attempt over HTTP, without the plane."""

    def post() -> Answer:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            fields = {f"Ce-{name.title()}": value for name, value in event.attributes.items()}
            connection.request("POST", parts.path, event.data, fields | dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, body=answer.read())
        except OSError as error:
            body = f'dispatch error: Post "{url}": {error}'.encode()
            return Answer(500, body=body, error=str(error))
        finally:
            connection.close()

    return await asyncio.to_thread(post)


def settings(folder: Path, **services: Mapping[str, Any]) -> Settings:
    return Settings(folder=folder, services=services, grace=2)


async def test_a_mock_and_a_builtin_answer_by_themselves(tmp_path: Path) -> None:
    screen, wire = Screen(), Wire()
    mock, display = serving(Mock(204), "a"), serving(Builtin("event_display"), "b", group="")
    async with Services(screen, settings(tmp_path), wire) as services:
        handlers = services.adopt(by_key(mock, display))
        assert set(handlers) == {mock.address, display.address}
        assert (await handlers[mock.address].handle(EVENT, (), "")).status == 204
        assert (await handlers[display.address].handle(EVENT, (), "")).status == 200
        assert services.states() == [
            {"namespace": "default", "name": "a", "kind": "ksvc", "served": "mock 204",
             "state": "ready"},
            {"namespace": "default", "name": "b", "kind": "svc", "served": "built in event-display",
             "state": "ready"},
        ]  # fmt: skip
    assert screen.of("a")[0] == "mock 204  t  1  from /s"
    assert screen.of("b")[0] == "☁️  cloudevents.Event"
    assert wire.seen == []


async def test_how_an_address_is_served_is_known_whatever_its_path(tmp_path: Path) -> None:
    async with Services(Screen(), settings(tmp_path), Wire()) as services:
        services.adopt(by_key(serving(Mock())))
        assert services.served("http://it.default.svc.cluster.local/some/path") == "mock 202"
        assert services.served("http://it.default.svc.cluster.local") == "mock 202"
        assert services.served("http://other.default.svc.cluster.local") == ""


@pytest.mark.parametrize(
    ("path", "posted"),
    [
        ("", "http://127.0.0.1:{port}/events?a=1"),
        ("/", "http://127.0.0.1:{port}/events?a=1"),
        ("/x", "http://127.0.0.1:{port}/events/x?a=1"),
        ("/x?b=2", "http://127.0.0.1:{port}/events/x?a=1&b=2"),
    ],
)
async def test_a_server_gets_events_at_its_url_and_below(
    tmp_path: Path, path: str, posted: str
) -> None:
    wire, port = Wire(Answer(202)), free_port()
    it = serving(Url(f"http://127.0.0.1:{port}/events?a=1"))
    async with Services(Screen(), settings(tmp_path), wire) as services:
        handler = services.adopt(by_key(it))[it.address]
        headers: Headers = (("Prefer", "reply"),)
        assert await handler.handle(EVENT, headers, path) == Answer(202)
    assert wire.seen == [(posted.format(port=port), EVENT, headers)]


async def test_a_server_is_ready_if_it_listens(tmp_path: Path) -> None:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        there.listen()
        near = serving(Url(f"http://localhost:{there.getsockname()[1]}"), "near")
        down = serving(Url(f"http://127.0.0.1:{free_port()}/x"), "down")
        far = serving(Url("https://far.example/"), "far")
        async with Services(Screen(), settings(tmp_path), Wire()) as services:
            services.adopt(by_key(near, down, far))
            states = {it["name"]: it["state"] for it in services.states()}
    assert states == {"near": "ready", "down": "not listening", "far": "ready"}


async def test_an_event_that_does_not_reach_a_server_is_told_with_the_clusters_address(
    tmp_path: Path,
) -> None:
    url = "https://far.example/events"
    refused = Answer(500, body=f'dispatch error: Post "{url}": EOF'.encode(), error="EOF")
    it = serving(Url(url))
    async with Services(Screen(), settings(tmp_path), Wire(refused)) as services:
        handler = services.adopt(by_key(it))[it.address]
        answer = await handler.handle(EVENT, (), "/")
        assert answer.body == f'dispatch error: Post "{it.address}": EOF'.encode()
        assert services.states()[0]["state"] == "not listening"


async def test_an_event_waits_for_a_program_that_is_starting(tmp_path: Path) -> None:
    screen = Screen()
    it = serving(Process(server(tmp_path), str(tmp_path), (("COLOUR", "blue"),)))
    async with Services(screen, settings(tmp_path), http_post) as services:
        handler = services.adopt(by_key(it))[it.address]
        assert services.states()[0]["state"] == "starting"
        answer = await handler.handle(EVENT, (), "/orders")
        assert (answer.status, answer.body) == (200, b"it blue")
        assert await screen.until("got") == ["got t /orders {}"]
        state = services.states()[0]
        assert state["state"] == "ready"
        assert state["served"].startswith("process :")


async def test_a_program_that_has_died_refuses_as_an_empty_port_does(tmp_path: Path) -> None:
    it = serving(Process("exit 3", str(tmp_path)))
    wire, screen = Wire(), Screen()
    async with Services(screen, settings(tmp_path), wire) as services:
        handler = services.adopt(by_key(it))[it.address]
        port = services.states()[0]["served"].removeprefix("process :")
        answer = await handler.handle(EVENT, (), "/x")
        assert services.states()[0]["state"] == "failed"
    body = (
        f'dispatch error: Post "{it.address}/x": '
        f"dial tcp 127.0.0.1:{port}: connect: connection refused"
    )
    assert answer == Answer(500, body=body.encode(), error="connection refused")
    assert wire.seen == []


async def test_a_program_of_a_plain_service_is_not_told_that_it_is_knatives(
    tmp_path: Path,
) -> None:
    it = serving(Process(server(tmp_path), str(tmp_path)), group="")
    async with Services(Screen(), settings(tmp_path), http_post) as services:
        handler = services.adopt(by_key(it))[it.address]
        assert (await handler.handle(EVENT, (), "")).body == b"None None"


async def test_an_unrelated_change_does_not_restart_a_program(tmp_path: Path) -> None:
    screen = Screen()
    it = serving(Process(server(tmp_path), str(tmp_path)))
    async with Services(screen, settings(tmp_path), http_post) as services:
        before = services.adopt(by_key(it))[it.address]
        await before.handle(EVENT, (), "")
        same = serving(Process(server(tmp_path), str(tmp_path)))
        after = services.adopt(by_key(same, serving(Mock(), "new")))
        assert after[it.address] is before
        await before.handle(EVENT, (), "")
        assert len(await screen.until("pid")) == 1


async def test_a_mock_remembers_what_it_dropped_when_others_change(tmp_path: Path) -> None:
    words = {"mock": {"drop_first": 2}}
    it = serving(Mock())
    async with Services(Screen(), settings(tmp_path, it=words), Wire()) as services:
        before = services.adopt(by_key(it))[it.address]
        first = await before.handle(EVENT, (), "")
        after = services.adopt(by_key(it, serving(Mock(), "new")))[it.address]
        answers = [first, await after.handle(EVENT, (), ""), await after.handle(EVENT, (), "")]
    assert [answer.status for answer in answers] == [503, 503, 202]


async def test_a_changed_program_is_replaced_and_a_vanished_one_ends(tmp_path: Path) -> None:
    screen = Screen()
    command = server(tmp_path)
    async with Services(screen, settings(tmp_path), http_post) as services:
        for number, colour in enumerate(("red", "blue")):
            it = serving(Process(command, str(tmp_path), (("COLOUR", colour),)))
            handler = services.adopt(by_key(it))[it.address]
            answer = await handler.handle(EVENT, (), "")
            assert answer.body == f"it {colour}".encode()
            pid = int((await screen.until("pid", times=number + 1))[number].split()[1])
        first = int(screen.of("it")[0].split()[1])
        assert await gone(first)
        assert services.adopt({}) == {}
        assert services.states() == []
        assert await gone(pid)


async def test_every_program_ends_with_the_services(tmp_path: Path) -> None:
    screen = Screen()
    it = serving(Process(server(tmp_path), str(tmp_path)))
    async with Services(screen, settings(tmp_path), http_post) as services:
        await services.adopt(by_key(it))[it.address].handle(EVENT, (), "")
        pid = int((await screen.until("pid"))[0].split()[1])
    assert await gone(pid)


async def test_a_killed_program_serves_again(tmp_path: Path) -> None:
    screen = Screen()
    it = serving(Process(server(tmp_path), str(tmp_path)))
    async with Services(screen, settings(tmp_path), http_post) as services:
        handler = services.adopt(by_key(it))[it.address]
        await handler.handle(EVENT, (), "")
        os.kill(int((await screen.until("pid"))[0].split()[1]), signal.SIGKILL)
        told = await screen.until("!", source="")
        assert told == ["! it: ended by SIGKILL; starting it again in 1 s"]
        assert (await handler.handle(EVENT, (), "")).error == "connection refused"
        await screen.until("pid", times=2)
        assert (await handler.handle(EVENT, (), "")).status == 200


async def test_an_entry_of_kne_yaml_comes_before_the_manifest(tmp_path: Path) -> None:
    entries: dict[str, Mapping[str, Any]] = {
        "a": {"mock": {"status": 200}},
        "default/b": {"url": "http://far.example/x"},
        "b": {"mock": {}},
        "other/c": {"mock": {"status": 299}},
    }
    servings = [serving(Builtin("event-display"), name) for name in "abc"]
    async with Services(Screen(), settings(tmp_path, **entries), Wire()) as services:
        services.adopt(by_key(*servings))
        served = [it["served"] for it in services.states()]
    assert served == ["mock 200", "http://far.example/x", "built in event-display"]


async def test_a_program_of_kne_yaml_gets_the_variables_of_the_container_and_its_own(
    tmp_path: Path,
) -> None:
    entry = {"run": server(tmp_path), "cwd": str(tmp_path), "env": {"K_SERVICE": "mine"}}
    it = serving(Builtin("event-display", (("COLOUR", "red"),)))
    async with Services(Screen(), settings(tmp_path, it=entry), http_post) as services:
        handler = services.adopt(by_key(it))[it.address]
        assert (await handler.handle(EVENT, (), "")).body == b"mine red"


async def test_an_entry_whose_service_is_nowhere_is_told_once(tmp_path: Path) -> None:
    screen = Screen()
    entries: dict[str, Mapping[str, Any]] = {"biling": {"mock": {}}, "default/it": {"mock": {}}}
    async with Services(screen, settings(tmp_path, **entries), Wire()) as services:
        services.adopt(by_key(serving(Mock(), "billing"), serving(Mock())))
        services.adopt(by_key(serving(Mock(), "billing"), serving(Mock())))
    assert screen.of("") == [
        "! kne.yaml: services.biling: no manifest names this service; did you mean billing?"
    ]


async def test_what_cannot_be_served_changes_nothing(tmp_path: Path) -> None:
    async with Services(Screen(), settings(tmp_path), Wire()) as services:
        services.adopt(by_key(serving(Mock())))
        with pytest.raises(KneError, match="kne does not play sockeye"):
            services.adopt(by_key(serving(Builtin("sockeye"))))
        assert services.states()[0]["served"] == "mock 202"
