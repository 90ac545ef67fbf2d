"""`kne send event`: what is sent, and what is told of it."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kne.event import Event
from tests.cli.conftest import Kne
from tests.cli.shop import Running, delivery

BROKER = "http://broker-ingress.knative-eventing.svc.cluster.local/default/default"


def sent(shop: Running) -> Event:
    return shop.shop.sent[-1][0]


def data(shop: Running) -> Any:
    return json.loads(sent(shop).data or b"")


def test_an_event_needs_nothing_and_goes_to_the_only_broker(kne: Kne, shop: Running) -> None:
    assert kne("send", "event").exit_code == 0
    event, to = shop.shop.sent[-1]
    assert to == BROKER
    assert (event.type, event.source, event.data) == ("dev.kne.manual", "kne/cli", None)
    assert len(event.id) == 36
    assert set(event.attributes) == {"specversion", "id", "source", "type"}


def test_every_attribute_can_be_given(kne: Kne, shop: Running) -> None:
    kne(
        "send", "event", "-t", "t", "-i", "1", "-s", "/s", "--subject", "a b", "-e", "region=eu",
        "--ext", "n=", "--time", "2026-01-01T00:00:00Z", "--dataschema", "http://x",
    )  # fmt: skip
    assert sent(shop).attributes == {
        "specversion": "1.0", "id": "1", "source": "/s", "type": "t", "subject": "a b",
        "time": "2026-01-01T00:00:00Z", "dataschema": "http://x", "region": "eu", "n": "",
    }  # fmt: skip


def test_fields_make_typed_json(kne: Kne, shop: Running) -> None:
    kne(
        "send", "event", "-f", "order.amount=2345.40", "-f", "order.paid=true", "-f", "n=12",
        "-f", "who=Ann=Bob", "-f", r"a\.b=x", "-f", "zip=007", "-f", "none=null", "-f", "e=",
        "-f", "items:=[1, {}]", "--raw-field", "raw=1", "-f", "nan=NaN", "-f", "big=1e999",
        "-f", "list=[1]",
    )  # fmt: skip
    assert data(shop) == {
        "order": {"amount": 2345.4, "paid": True}, "n": 12, "who": "Ann=Bob", "a.b": "x",
        "zip": "007", "none": "null", "e": "", "items": [1, {}], "raw": "1", "nan": "NaN",
        "big": "1e999", "list": "[1]",
    }  # fmt: skip
    assert sent(shop)["datacontenttype"] == "application/json"


@pytest.mark.parametrize(
    ("given", "content_type"),
    [('{"a": 1}', "application/json"), ("3", "application/json"), ("hello", "text/plain")],
)
def test_data_is_sent_as_it_is(kne: Kne, shop: Running, given: str, content_type: str) -> None:
    kne("send", "event", "-d", given)
    assert sent(shop).data == given.encode()
    assert sent(shop)["datacontenttype"] == content_type


def test_data_may_come_from_a_file_or_from_stdin(kne: Kne, shop: Running, folder: Path) -> None:
    (folder / "a.xml").write_bytes(b"<a/>")
    kne("send", "event", "-d", "@a.xml")
    assert (sent(shop).data, sent(shop)["datacontenttype"]) == (b"<a/>", "application/xml")
    kne("send", "event", "-d", "-", input=b"\xff\0")
    assert (sent(shop).data, sent(shop)["datacontenttype"]) == (
        b"\xff\0", "application/octet-stream",
    )  # fmt: skip
    kne("send", "event", "-d", "", "--content-type", "x/y")
    assert (sent(shop).data, sent(shop)["datacontenttype"]) == (b"", "x/y")


@pytest.mark.parametrize(
    "words",
    [
        ["-f", "a"], ["-f", "=1"], ["-f", ":=1"], ["-f", "a:={"], ["-f", "a=1", "-f", "a.b=2"],
        ["-f", "a.b=1", "-f", "a=2"], ["--raw-field", "a"], ["-d", "x", "-f", "a=1"],
        ["-d", "@no"], ["-e", "A=b"], ["-e", "a"], ["-o", "xml"], ["--nope"],
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_usage_error(kne: Kne, shop: Running, words: list[str]) -> None:
    result = kne("send", "event", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error" in result.stderr
    assert not shop.shop.sent


def test_a_sink_is_named_as_kn_names_it(kne: Kne, shop: Running) -> None:
    kne("send", "event", "-r", "broker:orders:billing")
    assert shop.shop.sent[-1][1].endswith("/billing/orders")
    kne("send", "event", "--to", "cart")
    assert shop.shop.sent[-1][1] == "http://cart.default.svc.cluster.local"
    kne("send", "event", "--to", "broker:orders", "-n", "billing")
    assert shop.shop.sent[-1][1].endswith("/billing/orders")
    result = kne("send", "event", "--to", "broker:nope")
    assert result.exit_code == 1
    assert "not found" in result.stderr


def test_what_became_of_it_is_told_way_by_way(kne: Kne, shop: Running) -> None:
    reply = {"id": "b71e", "type": "com.shop.order.billed"}
    shop.shop.deliveries = (
        delivery("orders-to-billing", reply=reply),
        delivery("audit-all", sink="ksvc/audit", status=202, ms=0.4),
        delivery("billed", outcome="filtered", why='type is "com.shop.order.created"'),
        delivery(
            "late", outcome="dead-lettered", status=500, ms=12000, attempts=4, error="refused"
        ),
        delivery("open", outcome="under way", status=0, sink="http://x/y"),
    )
    result = kne("send", "event", "-t", "com.shop.order.created", "-i",
                 "9f3c1c5e-0000-4000-8000-000000000000")  # fmt: skip
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "☁ com.shop.order.created  9f3c1c5e  → broker/default   202 in 2 ms",
        "  matched 4 of 5 triggers",
        "  ✓ orders-to-billing  ksvc/bill   200    38 ms  reply com.shop.order.billed (b71e)",
        "  ✓ audit-all          ksvc/audit  202    <1 ms",
        '  – billed             no match: type is "com.shop.order.created"',
        "  ✗ late               ksvc/bill   500   12.0 s  dead-lettered after 4 attempts (refused)",
        "  ~ open               http://x/y  ERR    38 ms  under way",
    ]


def test_a_broker_without_triggers_is_told_so(kne: Kne, shop: Running) -> None:
    shop.shop.deliveries = ()
    assert "  no trigger takes events from this broker\n" in kne("send", "event").stdout


def test_a_refused_event_ends_with_4(kne: Kne, shop: Running) -> None:
    shop.shop.answer, shop.shop.deliveries, shop.shop.error = 400, (), "id is missing"
    result = kne("send", "event", "-i", "a")
    assert result.exit_code == 4
    assert result.stdout == (
        "✗ dev.kne.manual  a  → broker/default   400 in 2 ms\n  id is missing\n"
    )
    assert result.stderr.startswith("Error: broker/default refused the event with 400\n")


def test_the_report_is_given_as_json_and_yaml(kne: Kne, shop: Running) -> None:
    found = json.loads(kne("send", "event", "-i", "a", "-o", "json").stdout)
    assert (found["id"], found["status"], found["of"]) == ("a", 202, 2)
    assert yaml.safe_load(kne("send", "event", "-i", "a", "-o", "yaml").stdout) == found


def test_curl_is_printed_and_nothing_is_sent(kne: Kne, shop: Running) -> None:
    result = kne("send", "event", "-o", "curl", "-i", "it's 1", "-f", "a=ü", "-e", "n=")
    assert shlex.split(result.stdout) == [
        "curl", "-v", "http://127.0.0.1:8080/default/default",
        "-H", "Ce-Specversion: 1.0", "-H", "Ce-Id: it's 1", "-H", "Ce-Source: kne/cli",
        "-H", "Ce-Type: dev.kne.manual", "-H", "Content-Type: application/json", "-H", "Ce-N;",
        "--data-raw", '{"a": "ü"}',
    ]  # fmt: skip
    assert not shop.shop.sent


def test_curl_takes_bytes_that_no_shell_could_carry(kne: Kne, shop: Running) -> None:
    line = kne("send", "event", "-o", "curl", "-d", "-", input=b"\xff\0\n").stdout
    stand_in = 'curl() { last=$(cat | od -An -tx1); echo "$last ${@: -2}"; }\n'
    done = subprocess.run(["bash", "-c", stand_in + line], capture_output=True, text=True)
    assert done.stdout.split() == ["ff", "00", "0a", "--data-binary", "@-"]


@pytest.mark.parametrize(
    ("sink", "url"),
    [
        ("", "http://127.0.0.1:8080/default/default"),
        ("broker:default", "http://127.0.0.1:8080/default/default"),
        ("channel:c1", "http://127.0.0.1:8080/channels/default/c1"),
        ("ksvc:cart:billing", "http://127.0.0.1:8080/services/billing/cart"),
        ("cart", "http://127.0.0.1:8080/services/default/cart"),
        ("svc:cart", "http://127.0.0.1:8080/services/default/cart"),
        ("http://x/y", "http://x/y"),
    ],
)
def test_curl_goes_where_the_event_would(kne: Kne, shop: Running, sink: str, url: str) -> None:
    words = ["--to", sink] if sink else []
    assert shlex.split(kne("send", "event", "-o", "curl", *words).stdout)[2] == url


@pytest.mark.parametrize(
    ("sink", "code"),
    [("broker:nope", 1), ("pod:x", 2), ("broker:", 1), ("ksvc:a:b:c", 2)],
)
def test_curl_needs_a_sink_with_a_url(kne: Kne, shop: Running, sink: str, code: int) -> None:
    result = kne("send", "event", "-o", "curl", "--to", sink)
    assert (result.exit_code, result.stdout) == (code, "")
