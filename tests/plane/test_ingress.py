"""The event port answers as upstream's ingress, filter and channel dispatcher do (core 1, 2, 4)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kne import addresses
from kne.event import Event
from kne.plane.engine import Engine
from kne.plane.hub import MOST_ROUNDS
from kne.plane.journal import Journal
from kne.plane.table import (
    Answer,
    Entrance,
    Gate,
    Handler,
    Headers,
    Hub,
    Link,
    Retry,
    Table,
)  # fmt: skip
from tests.plane.wire import answering, talk

EVENT = {
    "Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "/s", "Ce-Type": "t.a",
}  # fmt: skip
CHANNEL = addresses.channel("ns", "b-kne-trigger")
KUBELET = {"User-Agent": "kube-probe/1.32"}
NOWHERE = "http://127.0.0.1:1/"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class OfType:
    """Lets events of one type pass."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted

    def accepts(self, event: Event) -> bool:
        return event.type == self._wanted


def mesh(subscriber: str | None, *, retry: Retry | None = None, only: str = "t.a") -> Table:
    """Broker ns/b with the trigger ns/t."""
    filter_url = addresses.trigger("ns", "t", "uid-1")
    link = Link("trigger/ns/t", filter_url, addresses.broker("ns", "b"), retry=retry or Retry())
    gate = Gate(filter_url, "ns", "t", "uid-1", "b", subscriber, OfType(only))
    return Table(
        entrances={"ns/b": Entrance("ns", "b", CHANNEL)},
        hubs={CHANNEL: Hub(CHANNEL, "ns", "b-kne-trigger", (link,))},
        gates={"ns/t": gate},
    )


@asynccontextmanager
async def running(table: Table) -> AsyncIterator[tuple[Engine, int]]:
    engine = Engine(Journal())
    engine.adopt(table)
    port = await engine.listen("127.0.0.1", 0)
    try:
        yield engine, port
    finally:
        await engine.close(0.1)


async def ask(
    port: int, path: str, *, method: str = "POST", host: str = "localhost", body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
    """Status, header fields and body of one request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{k}: {v}" for k, v in (EVENT if headers is None else headers).items()]
    lines.append(f"Content-Length: {len(body)}")
    raw = await talk(port, ("\r\n".join(lines) + "\r\n\r\n").encode() + body, quiet=20.0)
    head, _, rest = raw.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    pairs = (field.split(": ", 1) for field in fields)
    return int(status.split()[1]), {k: v for k, v in pairs}, rest


async def test_an_accepted_event_is_answered_202_with_allow_and_nothing_else() -> None:
    async with answering(ACCEPTED) as (sink, seen), running(mesh(f"http://127.0.0.1:{sink}/x")) as (
        _, port,
    ):  # fmt: skip
        status, headers, body = await ask(port, "/ns/b")
    assert (status, body) == (202, b"")
    assert headers["Allow"] == "POST, OPTIONS"
    assert len(seen) == 1


async def test_the_subscriber_sees_arrival_time_and_no_time_to_live() -> None:
    async with answering(ACCEPTED) as (sink, seen), running(mesh(f"http://127.0.0.1:{sink}/x")) as (
        _, port,
    ):  # fmt: skip
        await ask(port, "/ns/b", headers={**EVENT, "X-Request-Id": "r", "X-Other": "o"})
    got = seen[0].decode()
    for line in ("Ce-Knativearrivaltime: 20", "Kn-Namespace: ns", "Prefer: reply",
                 "X-Request-Id: r", "Accept-Encoding: gzip"):  # fmt: skip
        assert line in got
    assert "Knativebrokerttl" not in got
    assert "X-Other" not in got


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("OPTIONS", "/ns/nobody", 200),
        ("GET", "/ns/b", 405),
        ("PUT", "/ns/b", 405),
        ("GET", "/", 405),
        ("POST", "/", 404),
        ("POST", "/ns", 400),
        ("POST", "/ns/b/c", 400),
        ("POST", "//ns//b", 400),
        ("POST", "/ns/b//", 400),
        ("POST", "/ns/b?x=1", 404),
        ("POST", "//b", 404),
        ("POST", "/ns/none", 404),
        ("POST", "/ns/b/", 202),
    ],
)
async def test_method_and_path_are_judged_in_upstreams_order(
    method: str, path: str, status: int
) -> None:
    async with running(mesh(NOWHERE, only="other")) as (_, port):
        got, headers, body = await ask(port, path, method=method)
    assert got == status
    assert headers["Allow"] == "POST, OPTIONS"
    assert body == b""


async def test_probes_of_kubernetes_are_answered() -> None:
    async with running(Table()) as (_, port):
        assert (await ask(port, "/x", method="GET", headers=KUBELET))[0] == 200
        probe = {"K-Network-Probe": "probe", "K-Network-Hash": "h"}
        status, headers, _ = await ask(port, "/", method="GET", headers=probe)
        assert (status, headers["K-Network-Hash"]) == (200, "h")
        assert (await ask(port, "/", method="GET", headers={"K-Network-Probe": "probe"}))[0] == 400


async def test_a_bad_event_to_an_unknown_broker_is_400() -> None:
    async with running(Table()) as (_, port):
        assert (await ask(port, "/ns/none", headers={}))[0] == 400


@pytest.mark.parametrize(("ttl", "status"), [("1", 400), ("0", 400), ("2", 202), ("abc", 202)])
async def test_an_event_whose_time_to_live_runs_out_is_refused(ttl: str, status: int) -> None:
    async with running(mesh(NOWHERE, only="other")) as (_, port):
        got = await ask(port, "/ns/b", headers={**EVENT, "Ce-Knativebrokerttl": ttl})
    assert got[0] == status


async def test_the_broker_is_reached_by_its_cluster_name() -> None:
    async with running(mesh(NOWHERE, only="other")) as (_, port):
        got = await ask(port, "/ns/b", host=addresses.INGRESS_HOST)
    assert got[0] == 202


async def test_an_answer_that_is_no_event_is_repeated_and_then_fails() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    async with answering(answer) as (sink, seen):
        table = mesh(f"http://127.0.0.1:{sink}/", retry=Retry(2))
        async with running(table) as (_, port):
            assert (await ask(port, "/ns/b"))[0] == 500
    assert len(seen) == 3


async def test_a_reply_comes_back_into_the_broker_and_is_filtered() -> None:
    reply = (
        b"HTTP/1.1 200 OK\r\nCe-Specversion: 1.0\r\nCe-Id: 2\r\nCe-Source: /r\r\n"
        b"Ce-Type: t.b\r\nContent-Length: 0\r\n\r\n"
    )
    async with answering(reply) as (sink, seen), running(mesh(f"http://127.0.0.1:{sink}/")) as (
        engine, port,
    ):  # fmt: skip
        assert (await ask(port, "/ns/b"))[0] == 202
        received = [h for h in engine.journal if h.step == "received"]
    assert len(seen) == 1
    assert [h.event.id for h in received] == ["1", "2"]
    assert [h.event["knativebrokerttl"] for h in received] == ["255", "254"]


async def test_a_ring_of_replies_ends_when_its_time_to_live_does() -> None:
    reply = (
        b"HTTP/1.1 200 OK\r\nCe-Specversion: 1.0\r\nCe-Id: 2\r\nCe-Source: /r\r\n"
        b"Ce-Type: t.a\r\nContent-Length: 0\r\n\r\n"
    )
    async with answering(reply) as (sink, seen), running(mesh(f"http://127.0.0.1:{sink}/")) as (
        _, port,
    ):  # fmt: skip
        assert (await ask(port, "/ns/b"))[0] == 500
    assert len(seen) == 255


async def test_the_storm_of_a_ring_that_retries_is_capped() -> None:
    reply = (
        b"HTTP/1.1 200 OK\r\nCe-Specversion: 1.0\r\nCe-Id: 2\r\nCe-Source: /r\r\n"
        b"Ce-Type: t.a\r\nContent-Length: 0\r\n\r\n"
    )
    async with answering(reply) as (sink, seen):
        table = mesh(f"http://127.0.0.1:{sink}/", retry=Retry(10))
        async with running(table) as (_, port):
            status = (await ask(port, "/ns/b", headers={**EVENT, "Ce-Knativebrokerttl": "20"}))[0]
    assert status == 500
    assert len(seen) < 2000


async def test_the_filter_answers_as_upstreams_filter() -> None:
    ttl = {**EVENT, "Ce-Knativebrokerttl": "7"}
    answer = b"HTTP/1.1 418 Teapot\r\nContent-Length: 3\r\nRetry-After: 5\r\n\r\nno!"
    async with answering(answer) as (sink, _), running(mesh(f"http://127.0.0.1:{sink}/")) as (
        _, port,
    ):  # fmt: skip
        path, host = "/triggers/ns/t/uid-1", addresses.FILTER_HOST
        assert (await ask(port, path, method="OPTIONS", host=host))[0] == 405
        assert (await ask(port, "/x", host=host))[0] == 400
        assert (await ask(port, "/triggers/ns/none/u", host=host))[0] == 404
        assert (await ask(port, "/triggers/ns/t/uid-2", host=host))[0] == 400
        assert (await ask(port, path, host=host))[0] == 400  # no time to live
        assert (await ask(port, path, headers={**ttl, "Ce-Type": "t.b"}))[0] == 200
        status, headers, body = await ask(port, path, headers=ttl)
    assert (status, headers["Retry-After"]) == (418, "5")
    assert json.loads(body)["errresponsebody"] == "bm8h"


async def test_channels_are_reached_by_host_name_and_by_path() -> None:
    async with running(mesh(None)) as (_, port):
        named = CHANNEL.removeprefix("http://")
        ttl = {**EVENT, "Ce-Knativebrokerttl": "7"}
        assert (await ask(port, "/", host=named, headers=ttl))[0] == 500  # 404 from the filter
        assert (await ask(port, "/x", host=named))[0] == 400
        assert (await ask(port, "/", host="none-kn-channel.ns.svc.cluster.local"))[0] == 500
        assert (await ask(port, "/channels/ns/none"))[0] == 500
        assert (await ask(port, "/channels/ns/b-kne-trigger", method="GET"))[0] == 405


async def test_a_broker_relays_to_the_broker_of_another_kne() -> None:
    async with (
        answering(ACCEPTED) as (sink, seen),
        running(mesh(f"http://127.0.0.1:{sink}/")) as (_, far),
        running(mesh(f"http://127.0.0.1:{far}/ns/b")) as (_, near),
    ):
        assert (await ask(near, "/ns/b"))[0] == 202
    assert seen[0].count(b"Ce-Id: 1") == 1


async def test_a_ring_of_channels_ends() -> None:
    one, other = addresses.channel("ns", "one"), addresses.channel("ns", "other")
    reply = (
        b"HTTP/1.1 200 OK\r\nCe-Specversion: 1.0\r\nCe-Id: 2\r\nCe-Source: /r\r\n"
        b"Ce-Type: t.a\r\nContent-Length: 0\r\n\r\n"
    )
    async with answering(reply) as (sink, seen):
        url = f"http://127.0.0.1:{sink}/"
        hubs = {
            one: Hub(one, "ns", "one", (Link("subscription/ns/a", url, reply=other),)),
            other: Hub(other, "ns", "other", (Link("subscription/ns/b", url, reply=one),)),
        }
        async with running(Table(hubs=hubs)) as (engine, port):
            assert (await ask(port, "/channels/ns/one"))[0] == 500
            assert [hop.step for hop in engine.journal].count("looped") == 1
    assert len(seen) == MOST_ROUNDS


async def test_a_service_of_ours_is_reached_by_every_name_it_has() -> None:
    seen: list[tuple[str, str]] = []

    async def handle(event: Event, headers: Headers, path: str) -> Answer:
        seen.append((event.id, path))
        return Answer(200)

    address = addresses.service("ns", "display")
    table = Table(handlers={address: Handler(address, "display", handle)})
    async with running(table) as (_, port):
        for host in ("display.ns", "display.ns.svc", "display.ns.svc.cluster.local:80"):
            assert (await ask(port, "/p?q=1", host=host))[0] == 200
        assert (await ask(port, "/services/ns/display/p?q=1"))[0] == 200
        assert (await ask(port, "/services/ns/none/p"))[0] == 404
        assert (await ask(port, "/services/ns/display", headers={}))[0] == 405
    assert seen == [("1", "/p?q=1")] * 4


async def test_trace_context_goes_on_unchanged_and_none_is_invented() -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with answering(ACCEPTED) as (sink, seen), running(mesh(f"http://127.0.0.1:{sink}/")) as (
        _, port,
    ):  # fmt: skip
        await ask(port, "/ns/b", headers={**EVENT, "traceparent": parent, "tracestate": "a=1"})
        await ask(port, "/ns/b", headers={**EVENT, "traceparent": "nonsense"})
        await ask(port, "/ns/b")
    assert f"Traceparent: {parent}\r\nTracestate: a=1" in seen[0].decode()
    assert "raceparent" not in seen[1].decode() + seen[2].decode()


async def test_an_attribute_with_a_line_break_cannot_be_sent_on() -> None:
    body = b'{"specversion":"1.0","id":"1","source":"/s","type":"t","x":"a\\r\\nEvil: 1"}'
    headers = {"Content-Type": "application/cloudevents+json"}
    async with running(mesh(NOWHERE, only="other")) as (_, port):
        assert (await ask(port, "/ns/b", headers=headers, body=body))[0] == 500
