"""kne's own API: status, send, tail, stop."""

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest

from kne.event import Event
from kne.model.resource import Json
from kne.plane.journal import Flow, Journal, Tail
from tests.api.small import TOKEN, Shop, served, shop

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORDER = {"id": "1", "type": "order.created", "source": "/shop", "specversion": "1.0"}
BROKER = "http://broker-ingress.knative-eventing.svc.cluster.local/default/default"


async def send(it: Shop, body: Any) -> tuple[int, Json]:
    async with (
        served(it) as session,
        session.post("/kne/v1/send", json=body, headers=BEARER) as response,
    ):
        assert response.headers["Content-Type"] == "application/json"
        return response.status, await response.json()


async def test_status_is_the_emulators() -> None:
    async with served(shop()) as session, session.get("/kne/v1/status") as response:
        assert await response.json() == {"name": "kne", "ready": True, "problems": []}


async def test_an_event_is_sent_and_what_became_of_it_comes_back() -> None:
    it = shop()
    data = base64.b64encode(b'{"a": 1.0}').decode()
    status, report = await send(it, {"to": "broker:default", "attributes": ORDER, "data": data})
    assert (status, report["id"], report["to"]) == (200, "1", BROKER)
    ((event, to),) = it.sent
    assert (dict(event.attributes), event.data, to) == (ORDER, b'{"a": 1.0}', BROKER)


async def test_an_event_need_not_have_data_nor_an_id() -> None:
    it = shop()
    body = {"to": "http://sink.example.com/", "attributes": {"type": "t"}, "data": None}
    assert (await send(it, body))[0] == 200
    ((event, to),) = it.sent
    assert (event.data, event["specversion"], event.source, to) == (
        None,
        "1.0",
        "kne/api",
        "http://sink.example.com/",
    )
    assert len(event.id) == 36


async def test_an_empty_data_is_not_the_same_as_none() -> None:
    it = shop()
    await send(it, {"to": "http://x/", "attributes": ORDER, "data": ""})
    assert it.sent[0][0].data == b""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "the request is not a JSON object"),
        ({}, '"attributes" is missing'),
        ({"attributes": {"type": ""}}, 'attribute "type" is missing'),
        (
            {"attributes": {"type": "t", "Bad": "x"}},
            'attribute name "Bad" may hold only small letters and digits',
        ),
        ({"attributes": {"type": 1}}, 'attribute "type" has to be a text, not 1'),
        ({"attributes": ORDER, "data": "?"}, '"data" is not base64'),
        ({"attributes": ORDER, "data": {}}, '"data" has to be a text, not {}'),
        ({"attributes": ORDER, "to": 3}, '"to" has to be a text, not 3'),
    ],
)
async def test_what_is_no_event_is_refused(body: Any, message: str) -> None:
    it = shop()
    status, found = await send(it, body)
    assert (status, found["message"]) == (422, message)
    assert it.sent == []


async def test_what_is_no_json_is_refused() -> None:
    async with (
        served(shop()) as session,
        session.post("/kne/v1/send", data=b"{", headers=BEARER) as response,
    ):
        assert response.status == 422
        assert (await response.json())["message"] == "the request is not JSON"


async def test_a_missing_sink_is_told_with_the_nearest() -> None:
    status, found = await send(shop(), {"to": "broker:defualt", "attributes": ORDER})
    assert status == 404
    assert found == {
        "message": 'brokers.eventing.knative.dev "defualt" not found',
        "why": 'namespace "default" has 1 of them: default',
        "hint": "did you mean broker:default?",
    }


async def test_stop_asks_the_emulator_to_end() -> None:
    it = shop()
    async with (
        served(it) as session,
        session.post("/kne/v1/stop", headers=BEARER) as response,
    ):
        assert (response.status, await response.json()) == (200, {})
    assert it.stopped


async def test_an_event_of_a_client_that_hangs_up_is_given_up() -> None:
    it = Slow()
    async with served(it) as session:
        body = {"to": "http://x/", "attributes": ORDER}
        asking = asyncio.create_task(send_with(session, body))
        async with asyncio.timeout(5):
            await it.begun.wait()
            asking.cancel()
            await it.given_up.wait()


async def send_with(session: aiohttp.ClientSession, body: Json) -> None:
    async with session.post("/kne/v1/send", json=body, headers=BEARER):
        pass


class Slow(Shop):
    """A shop that never finishes sending."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.given_up = asyncio.Event(), asyncio.Event()

    async def send(self, event: Event, to: str) -> Json:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.given_up.set()
            raise
        return {}


class Short(Journal):
    """A journal whose readers may fall behind by three hops."""

    def tail(self, size: int = 3) -> Tail:
        return super().tail(size)


class Line:
    """A tail that was opened: its lines one by one."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        assert response.headers["Content-Type"] == "application/x-ndjson"
        self._content = response.content

    async def next(self) -> Json:
        async with asyncio.timeout(5):
            found: Json = json.loads(await self._content.readline())
            return found


def happen(it: Shop, place: str, hub: str = "broker/default/default", sink: str = "") -> None:
    it.journal.record(Flow(), "attempt", hub, place, Event(ORDER, b"x"), sink, 200, 1.25, 1, 11)


async def test_a_tail_tells_each_hop_on_a_line() -> None:
    it = shop()
    async with served(it) as session, session.get("/kne/v1/tail") as response:
        happen(it, "trigger/default/t1", sink="http://cart.default.svc.cluster.local")
        found = await Line(response).next()
    assert found.pop("at").endswith("Z")
    assert found == {
        "seq": 1,
        "step": "attempt",
        "hub": "broker/default/default",
        "place": "trigger/default/t1",
        "event": ORDER,
        "data": "eA==",
        "sink": "http://cart.default.svc.cluster.local",
        "status": 200,
        "ms": 1.25,
        "attempt": 1,
        "of": 11,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("?kind=all", [1, 2, 3, 4]),
        ("?kind=broker", [1, 2]),
        ("?kind=broker&name=default", [1, 2]),
        ("?kind=broker&name=other", []),
        ("?kind=channel", [3, 4]),
        ("?kind=channel&namespace=billing", [4]),
        ("?kind=trigger&name=t1&namespace=default", [1]),
        ("?kind=subscription", [3, 4]),
        ("?kind=service&name=cart", [1, 3]),
        ("?kind=service&name=cart&namespace=shop", [3]),
    ],
)
async def test_a_tail_can_be_of_one_place(query: str, expected: list[int]) -> None:
    it = shop()
    async with served(it) as session, session.get(f"/kne/v1/tail{query}") as response:
        happen(it, "trigger/default/t1", sink="http://cart.default.svc.cluster.local/x")
        happen(it, "trigger/default/t2", sink="http://sink.example/")
        happen(
            it,
            "subscription/default/s1",
            hub="channel/default/c1",
            sink="http://cart.shop.svc.cluster.local",
        )
        happen(it, "subscription/billing/s1", hub="channel/billing/c2")
        line = Line(response)
        found = [(await line.next())["seq"] for _ in expected]
    assert found == expected


async def test_what_cannot_be_followed_is_refused() -> None:
    async with served(shop()) as session, session.get("/kne/v1/tail?kind=pod") as response:
        assert response.status == 422
        assert (await response.json())["message"] == '"pod" cannot be followed'


async def test_a_reader_that_was_too_slow_is_told_how_much_it_missed() -> None:
    it = shop()
    it.journal = Short()
    query = {"kind": "trigger", "name": "t1"}
    async with served(it) as session, session.get("/kne/v1/tail", params=query) as response:
        for _ in range(10):
            happen(it, "trigger/default/t1")
        line = Line(response)
        gap = await line.next()
        assert (gap["step"], gap["detail"]) == ("skipped", "7 hops were skipped")
        assert "event" not in gap
        assert [(await line.next())["seq"] for _ in range(3)] == [8, 9, 10]


async def test_a_reader_that_goes_is_forgotten() -> None:
    it = shop()
    async with served(it) as session:
        async with session.get("/kne/v1/tail") as response:
            assert len(it.journal._tails) == 1
            response.close()
        async with asyncio.timeout(5):
            while it.journal._tails:
                await asyncio.sleep(0.01)


async def test_a_reader_that_does_not_read_holds_up_neither_events_nor_the_end() -> None:
    it = shop()
    big = Event(ORDER, b"x" * 1_000_000)
    async with aiohttp.ClientSession() as client, asyncio.timeout(4):
        async with served(it) as session:
            async with session.get("/version") as response:
                url = response.url.origin()
            unread = await client.get(url.with_path("/kne/v1/tail"))
            for _ in range(50):
                it.journal.record(Flow(), "received", "broker/default/default", "", big)
                await asyncio.sleep(0)
        assert not it.journal._tails
        unread.close()
