"""`kne tail` shows what happens to events, line by line."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from kne.cli.printing import Terminal
from kne.cli.tailing import Follower, Wish
from kne.event import Event
from kne.plane.journal import Flow
from tests.cli.conftest import Kne
from tests.cli.shop import Running
from tests.conftest import ROOT

BROKER = "broker/default/default"
CART = "http://cart.default.svc.cluster.local"
ORDER = Event(
    {
        "specversion": "1.0",
        "id": "9f3c1c5e-0000-4000-8000-000000000000",
        "type": "com.shop.order.created",
        "source": "kne/cli",
        "subject": "order/1001",
        "knativebrokerttl": "255",
    },
    b"{}",
)
BILLED = ORDER.with_attributes(id="b71e", type="com.shop.order.billed", knativebrokerttl="254")


def record(shop: Running) -> None:
    """An order comes in, is billed, and its bill is lost."""
    journal = shop.shop.journal
    flow = Flow()

    def note(step: str, place: str, event: Event, *rest: object) -> int:
        return journal.record(flow, step, BROKER, place, event, *rest)  # type: ignore[arg-type]

    taken = note("received", BROKER, ORDER)
    note("filtered", "trigger/default/other", ORDER, "", 0, 0.0, 0, 0, 'type is "x"')
    note("attempt", "trigger/default/t1", ORDER, CART, 503, 1.2, 1, 4, "", 0.2)
    note("attempt", "trigger/default/t1", ORDER, CART, 500, 0.6, 2, 4, "connection refused", 0.4)
    note("attempt", "trigger/default/t1", ORDER, CART, 200, 38.0, 3, 4)
    note("delivered", "trigger/default/t1", ORDER, CART, 200, 638.0, 0, 0, "b71e")
    note("received", BROKER, BILLED, "", 0, 0.0, 0, 0, "", 0.0, taken)
    note("dead-lettered", "trigger/default/t2", BILLED, CART, 202, 9.0, 0, 0, "500")
    note("lost", "trigger/default/t2", BILLED, "http://x/y", 500, 9.0, 0, 0, "refused")
    note("rejected", BROKER, ORDER, "", 400, 0.0, 0, 0, "id is missing")


def tail(kne: Kne, shop: Running, *words: str, what: Callable[[Running], None] = record) -> Result:
    """Follow, let it happen, and stop."""

    def run() -> None:
        try:
            while not shop.shop.journal.followers:
                time.sleep(0.01)
            shop.do(lambda: what(shop))
            time.sleep(0.1)
        finally:
            shop.shop.stopped = True

    thread = threading.Thread(target=run)
    thread.start()
    result = kne("tail", *words)
    thread.join()
    return result


def lines(result: Result) -> list[str]:
    """What was printed, without the times."""
    found = result.stdout.splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d{3}  ", line) for line in found)
    return [line[14:] for line in found]


def test_a_line_is_printed_for_what_matters(kne: Kne, shop: Running) -> None:
    result = tail(kne, shop, "all")
    assert result.exit_code == 0
    assert lines(result) == [
        f"-->  com.shop.order.created  order/1001  9f3c1c5e  in {BROKER}  from kne/cli",
        "<--  503      1ms  ksvc/cart  t1  attempt 1/4, next in 0.2s",
        "<--  ERR      1ms  ksvc/cart  t1  attempt 2/4 connection refused, next in 0.4s",
        "<--  200    638ms  ksvc/cart  t1  reply b71e",
        f"-->  com.shop.order.billed   order/1001  b71e      in {BROKER}"
        "  reply of 9f3c1c5e (ttl 254)",
        "xxx  dead letter → ksvc/cart  202  t2  b71e  500",
        "xxx  lost  500  t2  b71e  refused",
        "xxx  rejected  400  default  9f3c1c5e  id is missing",
    ]
    assert result.stderr == "kne has stopped; 8 shown, 0 hidden by filters\n"


def test_more_is_shown_when_asked_for(kne: Kne, shop: Running) -> None:
    found = lines(tail(kne, shop, "all", "-v"))
    assert '---  other  9f3c1c5e  no match: type is "x"' in found
    assert "<--  200     38ms  ksvc/cart  t1  attempt 3/4" in found


def test_globs_choose_events(kne: Kne, shop: Running) -> None:
    result = tail(kne, shop, "broker", "default", "--type", "*.billed", "--source", "kne/*")
    assert [line.split()[0] for line in lines(result)] == ["-->", "xxx", "xxx"]
    assert result.stderr.endswith("3 shown, 7 hidden by filters\n")


def test_an_extension_that_is_absent_does_not_match(kne: Kne, shop: Running) -> None:
    assert lines(tail(kne, shop, "all", "-e", "region=*")) == []


def test_every_attribute_can_be_globbed(kne: Kne, shop: Running) -> None:
    words = ["--id", "b7??", "--subject", "order/*", "-e", "knativebrokerttl=25[4]"]
    assert len(lines(tail(kne, shop, "all", *words))) == 3


def test_json_is_one_object_a_line(kne: Kne, shop: Running) -> None:
    found = [json.loads(it) for it in tail(kne, shop, "all", "-o", "json").stdout.splitlines()]
    assert [hop["step"] for hop in found][:2] == ["received", "filtered"]
    assert len(found) == 10
    assert found[0]["event"]["id"] == ORDER.id


def test_another_trigger_is_not_shown(kne: Kne, shop: Running) -> None:
    assert len(lines(tail(kne, shop, "trigger", "t1"))) == 3


def test_another_namespace_is_not_shown(kne: Kne, shop: Running) -> None:
    assert lines(tail(kne, shop, "trigger", "t1", "-n", "billing")) == []


def test_what_cannot_be_followed_is_a_usage_error(kne: Kne, shop: Running) -> None:
    assert kne("tail", "pods").exit_code == 2


def test_a_reader_that_was_too_slow_is_told() -> None:
    out = io.StringIO()
    gap = {
        "seq": 7,
        "at": "2026-01-01T00:00:00.5Z",
        "step": "skipped",
        "detail": "3 hops were skipped",
    }
    Follower(Terminal(out, out), Wish({"type": "*"}), {}).follow([gap])
    assert out.getvalue()[8:] == ".500  ...  3 hops were skipped\n"


def test_ctrl_c_ends_it_with_130_and_a_summary(shop: Running, folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "kne", "tail", "all"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    while not shop.shop.journal.followers:
        time.sleep(0.01)
    shop.do(lambda: record(shop))
    assert process.stdout is not None
    first = process.stdout.readline()  # lines come at once, also through a pipe
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert "-->  com.shop.order.created" in first
    assert process.returncode == 130
    assert re.fullmatch(r"\d shown, 0 hidden by filters\n", errors)
