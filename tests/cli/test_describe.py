"""`kne describe` shows an object in kn's layout."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kne import clock
from kne.cli.describe import Describer, age
from kne.cli.discovery import ResourceType
from kne.cli.printing import Terminal
from kne.cli.traffic import traffic_rows
from kne.client import Client
from kne.client import Running as Found
from kne.model.resource import Json
from tests.api import small
from tests.cli.conftest import Kne
from tests.cli.shop import Running

KSVC = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "cart"}


def condition(type: str, status: str = "True", **more: Any) -> Json:
    return {"type": type, "status": status, **more}


def show(kne: Kne, shop: Running, it: Json, *words: str) -> list[str]:
    """The lines that describe the object."""
    shop.do(lambda: shop.shop.put(it))
    result = kne("describe", it["kind"], it["metadata"]["name"], *words)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def block(lines: list[str], title: str) -> list[str]:
    """The lines below a title, to the next empty one."""
    rest = lines[lines.index(f"{title}:") + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


def trigger(**spec: Any) -> Json:
    it = small.trigger("t", labels={"app": "shop", "a": "b"}, annotations={"x": "y " * 60})
    it["spec"] = {"broker": "default", "subscriber": {"ref": KSVC}, **spec}
    it["status"] = {
        "subscriberUri": "http://cart.default.svc.cluster.local",
        "conditions": [
            condition("SubscriptionReady", "Unknown", reason="Waiting", message="not yet"),
            condition("BrokerReady"),
            condition("Ready", "False", reason="Broken", message="see below"),
            condition("Late", "False", severity="Warning"),
            condition("Aside", "False", severity="Info"),
            condition("Fine", reason="Because", message="it is"),
        ],
    }
    return it


def test_attributes_come_first(kne: Kne, shop: Running) -> None:
    lines = show(kne, shop, trigger())
    assert lines[:3] == ["Name:         t", "Namespace:    default", "Labels:       a=b, app=shop"]
    assert lines[3] == "Annotations:  x=" + "y " * 47 + "y..."
    assert lines[4] in ("Age:          0s", "Age:          1s")
    assert lines[5] == "File:         shop.yaml:3:1"
    assert lines[6] == "Broker:       default"
    assert not show(kne, shop, trigger(), "-v")[3].endswith("...")


def test_the_sink_is_shown_with_who_serves_it(kne: Kne, shop: Running) -> None:
    assert block(show(kne, shop, trigger()), "Sink") == [
        "  Name:       cart",
        "  Resource:   Service (serving.knative.dev/v1)",
        "  URI:        http://cart.default.svc.cluster.local",
        "  Serving:    built in event-display  ready",
    ]


def test_conditions_have_marks_and_ready_is_first(kne: Kne, shop: Running) -> None:
    lines = block(show(kne, shop, trigger()), "Conditions")
    assert [line.replace("1s", "0s") for line in lines] == [
        "  OK TYPE                 AGE REASON",
        "  !! Ready                 0s Broken (see below)",
        "  ++ BrokerReady           0s",
        "  ++ Fine                  0s Because",
        "  ?? SubscriptionReady     0s Waiting (not yet)",
        "   W Late                  0s",
        "   I Aside                 0s",
    ]


def test_a_filter_is_shown_by_attribute(kne: Kne, shop: Running) -> None:
    lines = show(
        kne, shop, trigger(filter={"attributes": {"type": "t", "knativearrivaltime": "x"}})
    )
    assert block(lines, "Filter") == ["  type:                t", "  knativearrivaltime:  x"]
    assert block(show(kne, shop, trigger(filter={})), "Filter") == ["  (everything)"]


def test_filters_are_shown_whole(kne: Kne, shop: Running) -> None:
    filters = [
        {"cesql": "type = 'a'"},
        {"exact": {"type": "a", "source": "b"}},
        {"not": {"any": [{"prefix": {"type": "c"}}, {"all": [{"suffix": {"type": "d"}}]}]}},
    ]
    lines = show(kne, shop, trigger(filters=filters, filter={}))
    assert "Filter:" not in lines
    assert block(lines, "Filters") == [
        "  cesql:      type = 'a'",
        "  exact:      type = a, source = b",
        "  not:",
        "    any:",
        "      prefix:     type = c",
        "      all:",
        "        suffix:     type = d",
    ]


def test_a_delivery_of_its_own_is_shown(kne: Kne, shop: Running) -> None:
    delivery = {"retry": 3, "backoffDelay": "PT1S", "deadLetterSink": {"ref": KSVC}}
    assert block(show(kne, shop, trigger(delivery=delivery)), "Delivery") == [
        "  Retry:             3",
        "  Backoff delay:     PT1S",
        "  Dead letter sink:  Service:cart",
    ]


def test_without_one_that_of_the_broker_is_shown(kne: Kne, shop: Running) -> None:
    assert block(show(kne, shop, trigger()), "Delivery (from broker default)") == [
        "  Retry:             10 exponential PT0.2S",
        "  Dead letter sink:  ksvc/dlq",
    ]


def test_other_fields_of_a_spec_are_shown_as_yaml(kne: Kne, shop: Running) -> None:
    channel = small.thing(
        "messaging.knative.dev/v1",
        "Channel",
        "c",
        spec={"channelTemplate": {"kind": "InMemoryChannel"}, "replicaCount": 2, "flag": True},
    )
    lines = show(kne, shop, channel)
    assert "Replica count:  2" in lines
    assert "Flag:           true" in lines
    assert block(lines, "Channel template") == ["  kind: InMemoryChannel"]


def test_a_broker_has_a_class_and_an_address(kne: Kne, shop: Running) -> None:
    lines = kne("describe", "broker/default").stdout.splitlines()
    assert "Class:        MTChannelBasedBroker" in lines
    assert block(lines, "Address")[0].endswith("/default/default")


def test_a_sink_in_another_namespace_that_is_not_resolved(kne: Kne, shop: Running) -> None:
    it = trigger(subscriber={"ref": KSVC | {"namespace": "far"}})
    del it["status"]["subscriberUri"]
    assert block(show(kne, shop, it), "Sink")[1:] == [
        "  Namespace:  far",
        "  Resource:   Service (serving.knative.dev/v1)",
        "  URI:        <not resolved>",
    ]


def test_what_the_api_has_to_say_is_shown_last(kne: Kne, shop: Running) -> None:
    event = small.thing(
        "v1", "Event", "e", type="Warning", reason="Lost", message="it is gone",
        involvedObject={"kind": "Trigger", "name": "t"},
    )  # fmt: skip
    shop.do(lambda: shop.shop.put(event))
    assert block(show(kne, shop, trigger()), "Events") == [
        "  LAST SEEN  TYPE     REASON  MESSAGE",
        "  <unknown>  Warning  Lost    it is gone",
    ]


class Knows(Client):
    """Knows where every object is defined."""

    def get(self, path: str, query: Any = None, *, accept: str = "application/json") -> Json:
        if path != "/kne/v1/where":
            return {}
        return {"where": f"manifests/{query['kind']}/{query['name']}.yaml:3:1"}


def test_the_file_is_named_where_it_is_known() -> None:
    out = io.StringIO()
    describer = Describer(Knows(Found("http://127.0.0.1:1")), Terminal(out, out), {})
    describer.show(
        trigger(), ResourceType("eventing.knative.dev", "v1", "triggers", "", ""), "human"
    )
    assert "\nFile:         manifests/Trigger/t.yaml:3:1\n" in out.getvalue()


def test_several_objects_are_set_apart(kne: Kne, shop: Running) -> None:
    found = kne("describe", "trigger", "-n", "default").stdout
    assert [line.split()[1] for line in found.splitlines() if line.startswith("Name:")] == [
        "t1",
        "t2",
    ]
    assert "\n\nName:         t2" in found


def test_an_object_can_be_given_as_a_url_or_a_document(kne: Kne, shop: Running) -> None:
    result = kne("describe", "broker", "default", "-o", "url")
    assert result.stdout.endswith("/default/default\n")
    assert kne("describe", "broker", "default", "-o", "yaml").stdout.startswith("apiVersion: ")
    assert kne("describe", "broker", "default", "-o", "json").stdout.startswith("{\n")


def test_what_is_not_there_is_told(kne: Kne, shop: Running) -> None:
    result = kne("describe", "trigger", "nope")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith('triggers.eventing.knative.dev "nope" not found\n')
    result = kne("describe", "secrets")
    assert result.stderr == "No resources found in default namespace.\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (600, "10m"), (10799, "179m"),
        (10800, "3h"), (10860, "3h1m"), (8 * 3600, "8h"), (47 * 3600, "47h"), (48 * 3600, "2d"),
        (51 * 3600, "2d3h"), (8 * 86400, "8d"), (729 * 86400, "729d"), (730 * 86400, "2y"),
        (731 * 86400, "2y1d"), (3000 * 86400, "8y"),
    ],
)  # fmt: skip
def test_ages_are_kubectls(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_the_file_of_an_object_is_named(kne: Kne, shop: Running) -> None:
    assert "File:         shop.yaml:3:1" in show(kne, shop, trigger())


def test_a_trigger_without_events_has_no_traffic(kne: Kne, shop: Running) -> None:
    assert "Traffic:" not in show(kne, shop, trigger())


def test_what_goes_wrong_on_the_wire_is_told_with_count_error_and_next_attempt(
    kne: Kne, shop: Running
) -> None:
    now = clock.now_ns()
    shop.shop.links["trigger/default/t"] = {
        "delivered": 2, "deadLettered": 1, "lost": 0, "attempts": 9, "failed": 7, "retrying": 1,
        "lastError": "connection refused", "lastErrorAt": clock.rfc3339(now - 5 * 10**9),
        "nextAttemptAt": clock.rfc3339(now + 60 * 10**9),
    }  # fmt: skip
    told = block(show(kne, shop, trigger()), "Traffic")
    assert told[:3] == [
        "  Delivered:      2",
        "  Dead-lettered:  1",
        "  Attempts:       9  (7 failed)",
    ]
    assert told[3].startswith("  Last error:     connection refused  ")
    assert told[4].startswith("  Retrying:       1, next attempt in ")


def test_the_next_attempt_is_counted_from_the_servers_clock() -> None:
    found = {
        "delivered": 0, "deadLettered": 0, "lost": 0, "attempts": 1, "failed": 1, "retrying": 1,
        "nextAttemptAt": "2026-01-01T00:01:00Z",
    }  # fmt: skip
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows = dict(traffic_rows(found, now, lambda then: str(then)))
    assert rows["Retrying"] == "1, next attempt in 60s"
    late = dict(traffic_rows(found, now + timedelta(hours=1), lambda then: str(then)))
    assert late["Retrying"] == "1, next attempt in 0s"
