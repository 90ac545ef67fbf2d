"""What a running kne tells of itself, and of an event that was sent."""

import json
import socket
from pathlib import Path

import pytest

from kne.event import Event
from tests.control.up import ORDER, Up, running, shop_in, trigger


@pytest.fixture
def shop(tmp_path: Path) -> Up:
    return shop_in(tmp_path)


async def test_the_status_tells_what_runs(shop: Up, tmp_path: Path) -> None:
    async with running(shop):
        found = shop.emulator.status()
        assert found["ready"]
        assert found["files"] == 3
        assert found["resources"] == 3
        assert found["paths"] == ["m"]
        [broker] = found["brokers"]
        assert broker["url"] == f"{shop.emulator.ingress_url}/default/default"
        assert (broker["ready"], broker["delivery"], broker["dead_letter"]) == (
            "True",
            "retry 0",
            "",
        )
        [seen] = broker["triggers"]
        assert (seen["name"], seen["filter"], seen["sink"]) == ("t", "type = order", "ksvc/display")
        assert (seen["served"], seen["ready"]) == ("built in event-display", "True")
        assert found["services"][0]["state"] == "ready"
        assert json.loads(json.dumps(found)) == found


async def test_a_sent_event_is_reported_link_by_link(shop: Up) -> None:
    shop.write(other=trigger("payment", "pay"))
    async with running(shop):
        report = await shop.emulator.send(ORDER, f"{shop.emulator.ingress_url}/default/default")
        assert (report["id"], report["type"], report["to"]) == ("1", "order", "broker/default")
        assert (report["status"], report["matched"], report["of"]) == (202, 1, 2)
        filtered, taken = sorted(report["deliveries"], key=lambda it: str(it["link"]))
        assert (filtered["link"], filtered["outcome"]) == ("trigger/default/pay", "filtered")
        assert filtered["why"] == 'type is "order"'
        assert (taken["outcome"], taken["sink"]) == ("delivered", "ksvc/display")
        assert (taken["attempts"], taken["error"], taken["reply"]) == (1, "", None)
        assert json.loads(json.dumps(report)) == report


async def test_what_cannot_be_delivered_is_reported_with_the_reason(shop: Up) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    sink = trigger().partition("    ref:")[0] + f"    uri: http://127.0.0.1:{port}/\n"
    shop.write(trigger=sink)
    async with running(shop):
        report = await shop.emulator.send(ORDER, f"{shop.emulator.ingress_url}/default/default")
        [delivery] = report["deliveries"]
        assert report["status"] == 500
        assert (delivery["outcome"], delivery["status"]) == ("lost", 500)
        assert delivery["sink"] == f"http://127.0.0.1:{port}/"
        assert delivery["error"] != ""


async def test_an_event_to_nobody_and_an_invalid_one_are_refused(shop: Up) -> None:
    async with running(shop):
        url = shop.emulator.ingress_url
        nobody = await shop.emulator.send(ORDER, f"{url}/default/nobody")
        assert (nobody["status"], nobody["of"]) == (404, 0)
        assert nobody["error"] == f"nothing takes events at {url}/default/nobody"
        invalid = await shop.emulator.send(Event({"id": "1"}), f"{url}/default/default")
        assert invalid["status"] == 400
        assert invalid["error"] != ""


async def test_a_service_can_be_sent_to_directly(shop: Up) -> None:
    async with running(shop):
        url = f"{shop.emulator.ingress_url}/services/default/display"
        report = await shop.emulator.send(ORDER, url)
        assert (report["to"], report["status"], report["of"]) == ("ksvc/display", 200, 0)
