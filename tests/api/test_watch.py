"""Watches: what a client is told, when, and what happens if it does not listen."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from kne.api import watching
from kne.control.store import Store
from kne.model.resource import Json
from tests.api.small import EVENTING, TABLE, Shop, broker, served, shop, trigger

TRIGGERS = f"/apis/{EVENTING}/v1/namespaces/default/triggers"
ALL = f"/apis/{EVENTING}/v1/triggers"


class Told:
    """A watch that was answered: its events one by one."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> Json:
        async with asyncio.timeout(5):
            line = await self.response.content.readline()
        assert line, "the watch has ended"
        found: Json = json.loads(line)
        return found

    async def names(self, count: int) -> list[tuple[str, str]]:
        found = [await self.next() for _ in range(count)]
        return [(it["type"], it["object"]["metadata"]["name"]) for it in found]

    async def rest(self) -> list[Json]:
        async with asyncio.timeout(5):
            return [json.loads(line) for line in (await self.response.read()).splitlines()]


@asynccontextmanager
async def watched(
    session: aiohttp.ClientSession, path: str = TRIGGERS, accept: str = "", **query: Any
) -> AsyncIterator[Told]:
    params = {"watch": "true", **{name: str(value) for name, value in query.items()}}
    headers = {"Accept": accept or "application/json"}
    async with session.get(path, params=params, headers=headers) as response:
        yield Told(response)


async def test_a_watch_tells_what_is_there_and_then_what_changes() -> None:
    it = shop()
    async with served(it) as session, watched(session) as told:
        assert told.response.headers["Content-Type"] == "application/json"
        assert await told.names(2) == [("ADDED", "t1"), ("ADDED", "t2")]
        it.put(trigger("t4"), broker("other"), trigger("t5", "billing"))
        it.put(trigger("t4", labels={"new": "yes"}))
        it.drop(trigger("t1"))
        expected = [("ADDED", "t4"), ("MODIFIED", "t4"), ("DELETED", "t1")]
        assert await told.names(3) == expected


async def test_a_watch_from_a_version_tells_what_came_after_it() -> None:
    it = shop()
    version = it.store.version
    it.put(trigger("t4"))
    async with served(it) as session, watched(session, resourceVersion=version) as told:
        assert await told.names(1) == [("ADDED", "t4")]


async def test_a_watch_of_version_zero_tells_what_is_there() -> None:
    async with served(shop()) as session, watched(session, ALL, resourceVersion=0) as told:
        assert len(await told.names(3)) == 3


async def test_a_watch_ends_in_its_time() -> None:
    async with served(shop()) as session, watched(session, timeoutSeconds=1) as told:
        assert len(await told.rest()) == 2


async def test_a_watch_hears_only_of_what_it_chose() -> None:
    it = shop()
    async with served(it) as session, watched(session, labelSelector="app=shop") as told:
        assert await told.names(1) == [("ADDED", "t1")]
        it.put(trigger("t2", labels={"app": "shop"}))
        it.put(trigger("t1", labels={"app": "none"}))
        it.put(trigger("t1", labels={"app": "other"}))
        it.drop(trigger("t2"))
        expected = [("ADDED", "t2"), ("DELETED", "t1"), ("DELETED", "t2")]
        assert await told.names(3) == expected


async def test_a_watch_from_the_past_knows_what_had_been_chosen() -> None:
    it = shop()
    version = it.store.version
    it.put(trigger("t1", labels={"app": "none"}))
    it.put(trigger("t2", labels={"app": "shop"}))
    async with (
        served(it) as session,
        watched(session, resourceVersion=version, labelSelector="app=shop") as told,
    ):
        assert await told.names(2) == [("DELETED", "t1"), ("MODIFIED", "t2")]


async def test_a_watch_by_name_hears_of_no_other() -> None:
    it = shop()
    version = it.store.version
    it.put(trigger("t1", labels={"app": "none"}))
    it.put(trigger("t2", labels={"app": "none"}))
    it.drop(trigger("t1"))
    query: Json = {"resourceVersion": version, "fieldSelector": "metadata.name=t2"}
    async with served(it) as session, watched(session, **query) as told:
        assert await told.names(1) == [("MODIFIED", "t2")]
        it.drop(trigger("t2"))
        assert await told.names(1) == [("DELETED", "t2")]


async def test_the_old_way_to_watch_works_for_lists_and_for_one() -> None:
    it = shop()
    root = f"/apis/{EVENTING}/v1/watch/namespaces/default/triggers"
    async with served(it) as session:
        async with session.get(root) as response:
            assert await Told(response).names(2) == [("ADDED", "t1"), ("ADDED", "t2")]
        async with session.get(f"{root}/t2") as response:
            assert await Told(response).names(1) == [("ADDED", "t2")]


async def test_only_the_first_table_tells_the_columns() -> None:
    async with served(shop()) as session, watched(session, accept=TABLE) as told:
        first, second = [(await told.next())["object"] for _ in range(2)]
    assert (first["kind"], first["columnDefinitions"][0]["name"]) == ("Table", "Name")
    assert second["columnDefinitions"] is None
    assert second["rows"][0]["cells"][0] == "t2"


async def test_a_watch_may_be_of_metadata() -> None:
    accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    async with served(shop()) as session, watched(session, accept=accept) as told:
        assert (await told.next())["object"]["kind"] == "PartialObjectMetadata"


async def test_bookmarks_tell_how_far_the_client_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BOOKMARKS", 0.05)
    it = shop()
    query: Json = {"resourceVersion": it.store.version, "allowWatchBookmarks": "true"}
    async with served(it) as session, watched(session, **query) as told:
        assert await told.next() == {
            "type": "BOOKMARK",
            "object": {
                "kind": "Trigger",
                "apiVersion": f"{EVENTING}/v1",
                "metadata": {"resourceVersion": str(it.store.version)},
            },
        }
        it.put(broker("other"))
        async with asyncio.timeout(5):
            while (await told.next())["object"]["metadata"] != {
                "resourceVersion": str(it.store.version)
            }:
                pass


async def test_the_end_of_what_is_there_can_be_marked() -> None:
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }
    it = shop()
    async with served(it) as session, watched(session, **query) as told:
        assert await told.names(2) == [("ADDED", "t1"), ("ADDED", "t2")]
        mark = await told.next()
        assert mark["type"] == "BOOKMARK"
        assert mark["object"]["metadata"] == {
            "resourceVersion": str(it.store.version),
            "annotations": {"k8s.io/initial-events-end": "true"},
        }


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            {"sendInitialEvents": "true"},
            422,
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (
            {"resourceVersion": "abc"},
            500,
            'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": '
            "invalid syntax",
        ),
        ({"timeoutSeconds": "x"}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ({"labelSelector": "a b"}, 400, "unable to parse requirement: found 'b', expected: in, "
         "notin, =, ==, !=, gt, lt"),
    ],
)  # fmt: skip
async def test_a_watch_that_cannot_be_is_refused_at_once(
    query: dict[str, str], code: int, message: str
) -> None:
    async with served(shop()) as session, watched(session, **query) as told:
        found = await told.response.json()
        assert (told.response.status, found["code"], found["message"]) == (code, code, message)


async def gone(it: Shop, version: int) -> Json:
    async with served(it) as session, watched(session, resourceVersion=version) as told:
        (event,) = await told.rest()
        return event


async def test_who_starts_too_far_back_has_to_list_anew() -> None:
    it = Shop()
    it.store = Store(100, history=2)
    it.put(*(trigger(f"t{n}") for n in range(5)))
    found = await gone(it, 101)
    assert found["type"] == "ERROR"
    assert (found["object"]["reason"], found["object"]["code"]) == ("Expired", 410)
    assert found["object"]["message"] == "too old resource version: 101 (103)"


async def test_who_knows_versions_of_another_run_has_to_list_anew() -> None:
    assert (await gone(shop(), 99999))["object"]["code"] == 410


async def test_a_client_that_does_not_read_holds_up_nothing_and_is_told_to_list_anew() -> None:
    it = Shop()
    it.store = Store(100, history=50)
    big = {"big": "x" * 200_000}
    async with served(it) as session, watched(session) as told:
        async with asyncio.timeout(5):
            for n in range(300):  # far more than fits into the sockets
                it.put(trigger("t1", annotations=big | {"n": str(n)}))
                await asyncio.sleep(0)
        found = await told.rest()
    assert len(found) < 300
    assert found[-1]["type"] == "ERROR"
    assert found[-1]["object"]["code"] == 410


async def test_watches_end_with_the_server() -> None:
    async with aiohttp.ClientSession() as client:
        async with served(shop()) as session:
            async with session.get("/version") as response:
                url = response.url.origin().with_path(TRIGGERS)
            told = Told(await client.get(url, params={"watch": "1"}))
            assert len(await told.names(2)) == 2
        assert await told.rest() == []


async def test_a_client_that_goes_is_forgotten() -> None:
    it = shop()
    counted = Counted(it.store)
    it.store = counted  # type: ignore[assignment]
    async with served(it) as session:
        async with watched(session) as told:
            await told.names(2)
            assert counted.watching == 1
            told.response.close()
        async with asyncio.timeout(5):
            while counted.watching:
                await asyncio.sleep(0.01)


class Counted:
    """A store that counts who watches it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.watching = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def watch(self, since: int) -> AsyncIterator[Any]:
        self.watching += 1
        try:
            async for change in self._store.watch(since):
                yield change
        finally:
            self.watching -= 1
