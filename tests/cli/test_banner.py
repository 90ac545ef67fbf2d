"""What `kne up` and `kne status` say runs, and the line to try."""

import io
from typing import Any

import pytest

from kne.cli.banner import banner
from kne.cli.example import example
from kne.cli.printing import Terminal
from kne.cli.voice import Voice
from tests.cli.shop import BROKER, TRIGGER, Shop

Json = dict[str, Any]
EXACT_A = {"exact": {"type": "a"}}


def plain(text: str, *styles: str) -> str:
    return text


def status(**changes: Any) -> Json:
    return Shop().status() | changes


def trigger(
    name: str = "t", namespace: str = "default", broker: str = "default", **spec: Any
) -> Json:
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"broker": broker, **spec},
    }


def broker(name: str, namespace: str = "default") -> Json:
    return {"namespace": namespace, "name": name, "url": "http://x", "triggers": []}


def test_a_terminal_is_shown_a_tree() -> None:
    assert banner(status(), plain, tree=True) == [
        "kne 0.1.0   manifests  (1 file, 12 resources)",
        "",
        "  Ingress     http://127.0.0.1:8080/<namespace>/<broker>"
        "  K_SINK=http://127.0.0.1:8080/default/default",
        "  Management  http://127.0.0.1:8081",
        "  Kubernetes  KUBECONFIG=/shop/.kne/kubeconfig            (kubectl, kn and k9s work)",
        "  Journal     in memory, lost at exit",
        "",
        "  broker/default   2 triggers   retry 10 exponential PT0.2S   dead letter → ksvc/dlq",
        "  ├─ t1           type = com.shop.order.created  → ksvc/cart  built in event-display",
        "  └─ trigger-two  type = com.shop.order.created  → ksvc/cart  built in event-display",
    ]


def test_elsewhere_each_record_is_a_line() -> None:
    lines = banner(status(), plain, tree=False)
    assert lines[-1].startswith(
        "    trigger/trigger-two  type = com.shop.order.created  → ksvc/cart"
    )
    assert not any(sign in line for line in lines for sign in "├└─")


def test_what_is_not_ready_says_why() -> None:
    it = broker("b", "shop") | {"ready": "False", "reason": "Broken", "message": "no channel"}
    it["triggers"] = [
        {"name": "t", "filter": "(everything)", "sink": "ksvc/x", "ready": "Unknown", "reason": "R"}
    ]
    lines = banner(status(brokers=[it]), plain, tree=True)
    assert lines[-2:] == [
        "  broker/b in shop   1 trigger   not ready: no channel",
        "  └─ t  (everything)  → ksvc/x  not ready: R",
    ]


def test_services_that_do_not_run_are_listed() -> None:
    it = {"kind": "ksvc", "name": "ship", "served": "http://localhost:3000"}
    lines = banner(status(services=[it | {"state": "not listening"}]), plain, tree=True)
    assert lines[-2:] == ["", "  ksvc/ship  http://localhost:3000  not listening"]


def test_problems_come_last_with_their_places() -> None:
    problems = [
        {"where": "a.yaml:3:7", "message": "it is wrong", "why": "so", "hint": "mend it"},
        {"where": "", "message": "and this", "why": "", "hint": ""},
    ]
    assert banner(status(problems=problems), plain, tree=True)[-5:] == [
        "",
        "  ! a.yaml:3:7  it is wrong",
        "      why  so",
        "      fix  mend it",
        "  ! and this",
    ]


def test_columns_stay_aligned_when_coloured() -> None:
    late = TRIGGER | {"ready": "False", "message": "x"}
    it = status(brokers=[BROKER | {"url": "http://x", "triggers": [late, TRIGGER]}])
    painted = banner(it, lambda text, *styles: f"<{text}>", tree=True)
    unpainted = [line.replace("<", "").replace(">", "") for line in painted]
    assert unpainted[4:] == [
        line.replace("<", "").replace(">", "") for line in banner(it, plain, tree=True)[4:]
    ]


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ({}, "--type dev.kne.manual"),
        ({"filter": {}}, "--type dev.kne.manual"),
        ({"filter": {"attributes": {"type": "a", "source": "b c"}}}, "--type a --source 'b c'"),
        ({"filter": {"attributes": {"region": ""}}}, "--type dev.kne.manual -e region=any"),
        ({"filters": [EXACT_A, {"exact": {"region": "eu"}}]}, "--type a -e region=eu"),
        ({"filters": [{"prefix": {"type": "com."}}]}, "--type com.example"),
        ({"filters": [{"suffix": {"type": ".made"}}]}, "--type example.made"),
        ({"filters": [{"all": [{"exact": {"type": "a"}}]}]}, "--type a"),
        ({"filters": [{"any": [{"not": {}}, {"exact": {"type": "b"}}]}]}, "--type b"),
        ({"filters": [EXACT_A], "filter": {"attributes": {"type": "b"}}}, "--type a"),
    ],
)  # fmt: skip
def test_the_line_to_try_is_one_that_the_filter_accepts(spec: Json, line: str) -> None:
    assert example(status(), [trigger(**spec)]) == f"kne send event {line}"


@pytest.mark.parametrize(
    "filters",
    [
        [{"cesql": "type = 'a'"}],
        [{"not": {"exact": {"type": "a"}}}],
        [{"exact": {"type": "a"}}, {"exact": {"type": "b"}}],
        [{"any": [{"cesql": "x"}]}],
        [{}],
    ],
)
def test_a_filter_that_is_not_simple_is_passed_over(filters: list[Json]) -> None:
    triggers = [trigger(filters=filters), trigger(filter={"attributes": {"type": "b"}})]
    assert example(status(), triggers) == "kne send event --type b"
    assert example(status(), triggers[:1]) == "kne send event --type dev.kne.manual"


def test_a_trigger_that_is_ready_and_asks_for_a_type_is_the_best_example() -> None:
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    triggers = [
        trigger() | ready,
        trigger(filter={"attributes": {"type": "late"}}),
        trigger(filter={"attributes": {"type": "ready"}}) | ready,
    ]
    assert example(status(), triggers) == "kne send event --type ready"


def test_the_broker_is_named_unless_it_is_meant_anyway() -> None:
    two = status(brokers=[broker("orders"), broker("default"), broker("far", "shop")])
    assert example(two, [trigger(broker="orders")]).startswith(
        "kne send event --to broker:orders -"
    )
    assert example(two, [trigger()]) == "kne send event --type dev.kne.manual"
    far = trigger(namespace="shop", broker="far")
    assert example(two, [far]).startswith("kne send event --to broker:far:shop ")
    assert example(status(brokers=[broker("far", "shop")]), [far]) == (
        "kne send event --type dev.kne.manual"
    )


def test_without_a_broker_there_is_nothing_to_try() -> None:
    assert example(status(brokers=[]), [trigger()]) == ""


def test_services_speak_on_stdout_and_kne_on_stderr() -> None:
    out, err = io.StringIO(), io.StringIO()
    voice = Voice(Terminal(out, err))
    voice.say("event-display", "one")
    voice.say("x", "two")
    voice.say("", "~ reloaded a.yaml")
    assert out.getvalue() == "event-display | one\nx             | two\n"
    assert err.getvalue()[8:] == " ~ reloaded a.yaml\n"
    assert err.getvalue()[2] == err.getvalue()[5] == ":"


def test_signs_and_names_are_coloured_alone() -> None:
    out, err = io.StringIO(), io.StringIO()
    voice = Voice(Terminal(out, err, True, True))
    voice.say("x", "one")
    voice.say("", "✗ a.yaml: wrong")
    assert out.getvalue() == "\x1b[36mx |\x1b[0m one\n"
    assert err.getvalue()[8:] == " \x1b[31m✗\x1b[0m a.yaml: wrong\n"
