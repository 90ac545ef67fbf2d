"""The emulator: from the first file read to the last event delivered."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kne.control.emulator import Emulator
from kne.control.services import Services
from kne.errors import KneError, ManifestErrors
from kne.kinds.base import Serving
from kne.model.resource import Key
from kne.plane.table import Handler
from tests.control.up import BROKER, ORDER, SERVICE, Up, following, running, shop_in, trigger


@pytest.fixture
def shop(tmp_path: Path) -> Up:
    return shop_in(tmp_path)


async def test_events_flow_when_it_is_ready(shop: Up) -> None:
    async with running(shop):
        assert shop.emulator.ready
        assert await shop.post() == 202
        assert any(source == "display" for source, _ in shop.said)
    assert not shop.emulator.ready


def files_below(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def test_it_is_found_by_its_files_while_it_runs(shop: Up, tmp_path: Path) -> None:
    async with running(shop):
        found = json.loads((tmp_path / ".kne/run.json").read_text())
        assert found["ingress"] == shop.emulator.ingress_url
        assert found["api"] == shop.emulator.api_url
        assert found["folder"] == str(tmp_path)
    assert files_below(tmp_path) == {"broker.yaml", "trigger.yaml", "service.yaml", ".gitignore"}


async def test_with_a_fault_at_the_start_nothing_is_started(shop: Up, tmp_path: Path) -> None:
    shop.write(a=trigger().replace("filter", "filtre"), b="apiVersion: v1\nkind: Nothing\n")
    with pytest.raises(ManifestErrors) as raised:
        await shop.emulator.run()
    places = [str(fault.where) for fault in raised.value.faults]
    assert [place.split(":")[0] for place in places] == ["m/a.yaml", "m/b.yaml"]
    assert shop.emulator.ingress_url == ""
    assert not (tmp_path / ".kne").exists()
    assert not shop.emulator.ready


async def test_a_path_that_is_not_there_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(KneError, match="nowhere: no such file or folder"):
        await Up(tmp_path, paths=("nowhere",)).emulator.run()


async def test_without_manifests_it_waits_for_some(tmp_path: Path) -> None:
    async with running(Up(tmp_path)) as it:
        await it.until_said("! no manifests in m")
        assert await it.post() == 404
        await following(it)
        it.write(broker=BROKER)
        await it.until_said("~ added m/broker.yaml: broker/default")
        assert await it.post() == 202


async def test_a_changed_file_changes_what_runs_and_is_told(shop: Up) -> None:
    async with running(shop):
        shop.write(trigger=trigger("other"))
        line = await shop.until_said("~ reloaded m/trigger.yaml")
        assert line.startswith("~ reloaded m/trigger.yaml: trigger/t filter changed (")
        report = await shop.emulator.send(ORDER, f"{shop.emulator.ingress_url}/default/default")
        assert (report["matched"], report["of"]) == (0, 1)


async def test_a_fault_later_leaves_the_last_good_version_and_is_kept(shop: Up) -> None:
    async with running(shop):
        shop.write(trigger=trigger("other").replace("subscriber", "subscribr"))
        line = await shop.until_said("✗ m/trigger.yaml:10:3")
        assert line.endswith("(last good version stays active)")
        assert shop.emulator.problems()[0]["where"] == "m/trigger.yaml:10:3"
        before = len(shop.said)
        assert await shop.post() == 202
        assert len(shop.said) > before
        shop.write(trigger=trigger("other"))
        await shop.until_said("~ reloaded m/trigger.yaml: fault mended, trigger/t filter changed")
        assert shop.emulator.problems() == []


async def test_a_trigger_without_a_broker_is_told_of_and_mended(shop: Up) -> None:
    async with running(shop):
        (shop.manifests / "broker.yaml").unlink()
        await shop.until_said("~ removed m/broker.yaml: broker/default")
        line = await shop.until_said("! m/trigger.yaml:")
        assert "default" in line
        assert shop.emulator.problems() != []
        shop.write(broker=BROKER)
        await shop.until_said("~ added m/broker.yaml: broker/default")
        assert shop.emulator.problems() == []


class Refusing(Services):
    """Services of which one can never be served."""

    def adopt(self, servings: Mapping[Key, Serving]) -> dict[str, Handler]:
        if any(key.name == "odd" for key in servings):
            raise KneError("nobody can play odd", hint="name another image")
        return super().adopt(servings)


async def test_what_cannot_be_served_leaves_the_last_good_version(shop: Up) -> None:
    it = shop.emulator
    it.services = Refusing(shop.say, it.settings, it.engine.post)
    async with running(shop):
        shop.write(odd=SERVICE.replace("name: display", "name: odd"))
        line = await shop.until_said("✗ nobody can play odd")
        assert line.endswith("; name another image (last good version stays active)")
        assert it.problems()[0]["message"] == "nobody can play odd"
        assert await shop.post() == 202
        (shop.manifests / "odd.yaml").unlink()
        await shop.until_said("~ removed m/odd.yaml: service/odd")
        assert it.problems() == []


async def test_what_cannot_be_served_ends_the_start(shop: Up) -> None:
    it = shop.emulator
    it.services = Refusing(shop.say, it.settings, it.engine.post)
    shop.write(odd=SERVICE.replace("name: display", "name: odd"))
    with pytest.raises(KneError, match="nobody can play odd"):
        await it.run()
    assert not it.ready


def more_than(number: int, found: list[int]) -> bool:
    return len(found) > number


async def test_a_chosen_port_that_is_taken_ends_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(KneError, match=f"port {port} is taken"):
            await Up(tmp_path, port=port).emulator.run()
        with pytest.raises(KneError, match=f"port {port} is taken"):
            await Up(tmp_path, api_port=port).emulator.run()
    assert not (tmp_path / ".kne").exists()


async def test_reloads_lose_no_event_and_refuse_none(shop: Up) -> None:
    answers: list[int] = []
    async with running(shop):
        sending = True

        async def send() -> None:
            while sending:
                answers.append(await shop.post())

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(send())
            for number in range(20):
                shop.write(trigger=trigger(), **{f"t{number % 3}": trigger("x", f"n{number}")})
                shop.emulator.reload()
                await shop.until(partial(more_than, len(answers), answers))
            sending = False
    heads = [line for source, line in shop.said if source == "display" and "cloudevents" in line]
    assert len(answers) >= 20
    assert set(answers) == {202}
    assert len(heads) == len(answers)


async def test_the_store_shows_local_addresses_and_versions(shop: Up) -> None:
    async with running(shop):
        broker = shop.emulator.store.get(
            Key("eventing.knative.dev", "Broker", "default", "default")
        )
        assert broker is not None
        url = f"{shop.emulator.ingress_url}/default/default"
        assert broker["status"]["address"]["url"] == url
        assert int(broker["metadata"]["resourceVersion"]) > 1_000_000_000_000


async def test_cluster_addresses_are_shown_if_so_wanted(tmp_path: Path) -> None:
    it = Up(tmp_path, addresses="cluster")
    it.write(broker=BROKER)
    async with running(it):
        [broker] = it.emulator.store.list("eventing.knative.dev", "Broker")
        assert "svc.cluster.local" in broker["status"]["address"]["url"]


@asynccontextmanager
async def slow_server(answer: asyncio.Event) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A server that answers 200 once it may, and tells when it was asked."""
    asked, busy = asyncio.Event(), set[asyncio.Task[Any]]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        busy.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await answer.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        answer.set()
        server.close()
        await asyncio.gather(*busy, return_exceptions=True)


async def test_what_is_under_way_ends_before_it_stops(tmp_path: Path) -> None:
    it, answer = Up(tmp_path), asyncio.Event()
    async with slow_server(answer) as (port, asked):
        to = trigger().partition("    ref:")[0] + f"    uri: http://127.0.0.1:{port}/\n"
        it.write(broker=BROKER, trigger=to)
        async with running(it):
            posting = asyncio.create_task(it.post())
            await asked.wait()
            it.emulator.request_stop()
            await asyncio.sleep(0)
            answer.set()
            assert await posting == 202


async def test_asked_twice_it_stops_at_once(tmp_path: Path) -> None:
    it, answer = Up(tmp_path, grace=3600.0), asyncio.Event()
    async with slow_server(answer) as (port, asked):
        to = trigger().partition("    ref:")[0] + f"    uri: http://127.0.0.1:{port}/\n"
        it.write(broker=BROKER, trigger=to)
        posting: asyncio.Task[int] | None = None
        async with running(it):
            posting = asyncio.create_task(it.post())
            await asked.wait()
            it.emulator.request_stop()
            await asyncio.sleep(0)
        posting.cancel()
        with contextlib.suppress(asyncio.CancelledError, IndexError, OSError):
            await posting
    assert not (tmp_path / ".kne/run.json").exists()


async def test_the_api_comes_after_events_are_taken_and_goes_before_they_stop(
    tmp_path: Path,
) -> None:
    seen: list[tuple[str, bool]] = []

    @asynccontextmanager
    async def management(
        emulator: Emulator, opened: socket.socket, token: str
    ) -> AsyncIterator[None]:
        assert (tmp_path / ".kne/run.json").exists()
        assert token in (tmp_path / ".kne/kubeconfig").read_text()
        socket.create_connection(opened.getsockname(), timeout=5).close()
        seen.append(("entered", emulator.ready))
        yield
        seen.append(("left", emulator.ready))

    it = Up(tmp_path, management)
    async with running(it):
        await following(it)
    assert seen == [("entered", True), ("left", False)]


async def test_the_real_api_answers(shop: Up, tmp_path: Path) -> None:
    server = pytest.importorskip("kne.api.server")
    it = Up(tmp_path, server.serve)
    async with running(it):
        await following(it)
        port = int(it.emulator.api_url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in await reader.readline()
        writer.close()


async def test_files_are_left_alone_if_so_wanted(tmp_path: Path) -> None:
    it = Up(tmp_path, watch=False)
    it.write(broker=BROKER)
    async with running(it):
        it.write(broker=BROKER.replace("name: default", "name: other"))
        it.emulator.reload()
        await it.until_said("~ reloaded m/broker.yaml: broker/other added, broker/default removed")
