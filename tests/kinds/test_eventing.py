"""Broker and Trigger: what they become, and what users are told."""

import pytest

from kne.event import Event
from kne.kinds.config import Config, read_config
from kne.kinds.faults import report
from kne.plane.table import Retry
from tests.kinds.world import KINDS, World, admitted, documents, key, world

BROKER = """
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: orders}
"""
TRIGGER = """
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: bill}
spec:
  broker: orders
  filter: {attributes: {type: order.created}}
  subscriber: {uri: http://127.0.0.1:3000/bill}
"""
SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: billing}, spec: {ports: [{port: 80}]}}"


def one_problem(it: World) -> tuple[str, str, str, str]:
    """Where, message, why, hint."""
    assert len(it.problems) == 1, it.problems
    problem = it.problems[0]
    return str(problem.where), problem.message, problem.why, problem.hint


def test_a_broker_is_an_entrance_before_a_hub() -> None:
    it = world(BROKER)
    hub = "http://orders-kne-trigger-kn-channel.default.svc.cluster.local"
    assert it.bench.parts.entrances["default/orders"].hub == hub
    assert it.bench.parts.hubs[hub].name == "orders-kne-trigger"
    assert it["svc/orders-kne-trigger-kn-channel"]["spec"]["type"] == "ExternalName"
    assert it.problems == []


def test_a_trigger_is_a_gate_behind_a_link_of_its_name() -> None:
    it = world(BROKER, TRIGGER)
    gate = it.bench.parts.gates["default/bill"]
    [link] = it.links("orders-kne-trigger")
    assert link.name == "trigger/default/bill"
    assert link.to == gate.address
    assert link.reply == ("http://broker-ingress.knative-eventing.svc.cluster.local/default/orders")
    assert link.retry == Retry(10, 0.2, "exponential")
    assert gate.broker == "default/orders"
    assert gate.subscriber == "http://127.0.0.1:3000/bill"


def test_the_gate_knows_the_filter() -> None:
    accepts = world(BROKER, TRIGGER).bench.parts.gates["default/bill"].accepts
    assert accepts is not None
    assert accepts.accepts(Event({"type": "order.created"}))
    assert not accepts.accepts(Event({"type": "order.shipped"}))


def test_without_a_filter_the_gate_is_open() -> None:
    trigger = TRIGGER.replace("  filter: {attributes: {type: order.created}}\n", "")
    assert world(BROKER, trigger).bench.parts.gates["default/bill"].accepts is None


@pytest.mark.parametrize("format_", ["json", "binary"])
def test_the_gate_knows_the_format(format_: str) -> None:
    it = world(BROKER, TRIGGER + f"  delivery: {{format: {format_}}}\n")
    assert it.bench.parts.gates["default/bill"].format == format_


def test_a_trigger_without_a_broker_has_no_status_but_is_a_problem() -> None:
    it = world(BROKER.replace("orders", "order"), TRIGGER)
    assert "status" not in it["trigger/bill"]
    assert it.bench.parts.gates["default/bill"].subscriber is None
    assert one_problem(it) == (
        "spec/broker",
        'trigger "bill" refers to a broker that does not exist',
        'namespace "default" has 1 broker: order',
        'change it to "order"',
    )


def test_the_broker_may_be_in_another_namespace() -> None:
    it = world(BROKER.replace("{name: orders}", "{name: orders, namespace: shop}"), TRIGGER)
    _, _, why, hint = one_problem(it)
    assert why == 'namespace "default" has no broker'
    assert hint == 'there is one in namespace "shop"'


def test_without_any_broker_one_is_to_be_added() -> None:
    assert one_problem(world(TRIGGER))[3] == 'add a broker named "orders"'


def test_an_unresolved_subscriber_is_a_condition_and_a_problem() -> None:
    subscriber = "{ref: {apiVersion: v1, kind: Service, name: biling}}"
    it = world(BROKER, SERVICE, TRIGGER.replace("{uri: http://127.0.0.1:3000/bill}", subscriber))
    text = 'failed to get object default/biling: services "biling" not found'
    reason = "Unable to get the Subscriber's URI"
    assert it.condition("trigger/bill", "SubscriberResolved") == ("False", reason, text)
    assert it.condition("trigger/bill") == ("False", reason, text)
    assert it.condition("trigger/bill", "SubscriptionReady") == ("Unknown", "", "")
    assert it.links("orders-kne-trigger") == []
    where, message, why, hint = one_problem(it)
    assert where == "spec/subscriber"
    assert message == 'trigger "bill" refers to a service that does not exist'
    assert (why, hint) == ('namespace "default" has 1 service: billing', 'change it to "billing"')


def test_an_unresolved_dead_letter_sink_stops_the_trigger() -> None:
    sink = "  delivery: {deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: dlq}}}\n"
    it = world(BROKER, TRIGGER + sink)
    text = 'failed to get object default/dlq: services "dlq" not found'
    reason = "Unable to get the dead letter sink's URI"
    assert it.condition("trigger/bill", "DeadLetterSinkResolved") == ("False", reason, text)
    assert it.status("trigger/bill")["subscriberUri"] == "http://127.0.0.1:3000/bill"
    assert one_problem(it)[0] == "spec/delivery/deadLetterSink"


def test_the_broker_tells_about_its_own_dead_letter_sink() -> None:
    sink = "{ref: {apiVersion: v1, kind: Service, name: dlq}}"
    it = world(BROKER + f"spec: {{delivery: {{deadLetterSink: {sink}}}}}", TRIGGER)
    assert one_problem(it)[0] == "spec/delivery/deadLetterSink"
    assert it.problems[0].key == key("broker/orders")
    assert it.bench.parts.entrances["default/orders"].hub is None


def test_a_broker_of_another_class_is_left_alone() -> None:
    kafka = "{name: orders, annotations: {eventing.knative.dev/broker.class: Kafka}}"
    it = world(BROKER.replace("{name: orders}", kafka), TRIGGER)
    assert "status" not in it["broker/orders"]
    assert "status" not in it["trigger/bill"]
    assert it.children("imc") == []
    where, message, why, _ = one_problem(it)
    assert where == "metadata/annotations/eventing.knative.dev/broker.class"
    assert message == 'broker "orders" is of class "Kafka", which kne does not have'
    assert why == "kne runs brokers of class MTChannelBasedBroker"


def test_a_trigger_delivery_replaces_the_brokers_whole_but_for_the_dead_letter_sink() -> None:
    delivery = "spec: {delivery: {retry: 7, timeout: PT2S, deadLetterSink: {uri: http://dlq}}}"
    it = world(BROKER + delivery, TRIGGER + "  delivery: {retry: 1}\n")
    [link] = it.links("orders-kne-trigger")
    assert link.retry == Retry(1)
    assert link.dead_letter == "http://dlq"
    assert it.status("trigger/bill")["deadLetterSinkUri"] == "http://dlq"


def test_an_empty_trigger_delivery_means_one_attempt() -> None:
    [link] = world(BROKER, TRIGGER + "  delivery: {}\n").links("orders-kne-trigger")
    assert link.retry == Retry()


def test_the_async_annotation_reaches_the_hub() -> None:
    asynchronous = '{messaging.knative.dev/async-handler: "true", other: x}'
    it = world(BROKER.replace("{name: orders}", f"{{name: orders, annotations: {asynchronous}}}"))
    [hub] = it.bench.parts.hubs.values()
    assert hub.asynchronous
    annotations = it["imc/orders-kne-trigger"]["metadata"]["annotations"]
    assert "other" not in annotations
    assert annotations["eventing.knative.dev/scope"] == "cluster"


CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: mine}
data:
  channel-template-spec: |
    apiVersion: messaging.knative.dev/v1
    kind: InMemoryChannel
    spec: {delivery: {retry: 2, backoffPolicy: linear, backoffDelay: PT1S}}
"""
CONFIGURED = BROKER + "spec: {config: {apiVersion: v1, kind: ConfigMap, name: mine}}\n"


def test_a_broker_takes_the_template_of_its_own_config() -> None:
    """The template's delivery wins over the Broker's, as it is for the channel as a whole."""
    it = world(CONFIG, CONFIGURED)
    assert it["imc/orders-kne-trigger"]["spec"]["delivery"]["retry"] == 2


def test_the_legacy_key_of_a_template_is_read() -> None:
    legacy = CONFIG.replace("channel-template-spec", "channelTemplateSpec")
    assert world(legacy, CONFIGURED).condition("broker/orders")[0] == "True"


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ("", 'configmap "mine" not found'),
        (CONFIG.split("\ndata:")[0], "empty or missing value for config"),
        (CONFIG.replace("kind: InMemoryChannel", "  kind: x"), "could not be converted to JSON"),
    ],
)
def test_a_config_that_cannot_be_used_is_told(config: str, text: str) -> None:
    it = world(config, CONFIGURED)
    status, reason, message = it.condition("broker/orders", "TriggerChannelReady")
    assert (status, reason) == ("False", "ChannelTemplateFailed")
    assert text in message
    where, what, why, _ = one_problem(it)
    assert (where, what) == ("spec/config", 'broker "orders" gets no channel')
    assert text in why


def test_a_channel_that_kne_does_not_have_is_told() -> None:
    kafka = CONFIG.replace("InMemoryChannel", "KafkaChannel")
    _, message, _, hint = one_problem(world(kafka, CONFIGURED))
    assert message == 'broker "orders" wants a KafkaChannel, which kne does not run'
    assert hint == "use messaging.knative.dev/v1 InMemoryChannel"


def test_a_config_of_another_kind_is_refused() -> None:
    broker = CONFIGURED.replace("kind: ConfigMap", "kind: Secret")
    text = (
        "Error on setting up the ChannelTemplate: Broker.Spec.Config configuration not "
        "supported, only [kind: ConfigMap, apiVersion: v1]"
    )
    assert world(broker).condition("broker/orders")[2] == text


CROSS = {"cross-namespace-event-links": "enabled"}
AWAY = TRIGGER.replace(
    "broker: orders",
    "brokerRef: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: orders, namespace: shop}",
)
SHOP = BROKER.replace("{name: orders}", "{name: orders, namespace: shop}")


def test_a_trigger_may_belong_to_a_broker_elsewhere_if_the_feature_is_on() -> None:
    it = world(SHOP, AWAY, features=CROSS)
    assert it.condition("trigger/bill")[0] == "True"
    [link] = it.links("shop/orders-kne-trigger")
    assert link.name == "trigger/default/bill"
    assert it["trigger/bill"]["metadata"]["labels"] == {"eventing.knative.dev/broker": "orders"}


def test_without_the_feature_a_broker_ref_does_nothing() -> None:
    it = world(SHOP, AWAY)
    assert "status" not in it["trigger/bill"]
    assert "cross-namespace-event-links" in one_problem(it)[2]


def test_a_dependency_that_is_missing_keeps_the_trigger_unready() -> None:
    ref = '{"kind":"Service","name":"nope","apiVersion":"v1"}'
    annotated = TRIGGER.replace(
        "{name: bill}", f"{{name: bill, annotations: {{knative.dev/dependency: '{ref}'}}}}"
    )
    it = world(BROKER, annotated)
    text = 'Dependency does not exist: services "nope" not found'
    assert it.condition("trigger/bill") == ("False", "DependencyDoesNotExist", text)
    assert one_problem(it)[0] == "metadata/annotations/knative.dev/dependency"


def test_a_dependency_without_a_ready_condition_is_waited_for() -> None:
    ref = '{"kind":"Service","name":"billing","apiVersion":"v1"}'
    annotated = TRIGGER.replace(
        "{name: bill}", f"{{name: bill, annotations: {{knative.dev/dependency: '{ref}'}}}}"
    )
    it = world(BROKER, SERVICE, annotated)
    assert it.condition("trigger/bill")[:2] == ("Unknown", "DependencyNotConfigured")


def test_a_filter_that_knative_passes_over_is_told() -> None:
    trigger = TRIGGER.replace(
        "filter: {attributes: {type: order.created}}", 'filters: [{exact: {type: ""}}]'
    )
    where, message, why, _ = one_problem(world(BROKER, trigger))
    assert where.startswith("spec/filters/0")
    assert message.startswith('trigger "bill": spec.filters[0]')
    assert "Knative leaves it out" in why


def faults(text: str, config: Config | None = None) -> str:
    [it] = documents(text)
    made = admitted(it, config or Config())
    return report(KINDS[made.key.group, made.key.kind].validate(made, config or Config()))


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (
            "knative.dev/dependency: nonsense",
            'The provided annotation was not a corev1.ObjectReference: "nonsense": '
            "metadata.annotations[knative.dev/dependency]",
        ),
        (
            'knative.dev/dependency: \'{"namespace": "other"}\'',
            'Namespace must be empty or equal to the trigger namespace "default": '
            "metadata.annotations[knative.dev/dependency].namespace",
        ),
        (
            "eventing.knative.dev/injection: maybe",
            'The provided injection annotation value can only be "enabled" or "disabled", '
            'not "maybe": metadata.annotations[eventing.knative.dev/injection]',
        ),
        (
            "eventing.knative.dev/injection: enabled",
            "The provided injection annotation is only used for default broker, but non-default "
            'broker specified here: "orders": metadata.annotations'
            "[eventing.knative.dev/injection]",
        ),
    ],
)
def test_annotations_of_a_trigger_are_judged(annotation: str, text: str) -> None:
    found = faults(
        TRIGGER.replace("{name: bill}", f"{{name: bill, annotations: {{{annotation}}}}}")
    )
    assert text in found


def test_broker_and_broker_ref_exclude_each_other() -> None:
    both = AWAY.replace("  brokerRef", "  broker: orders\n  brokerRef")
    assert faults(both).splitlines()[0] == (
        "expected exactly one, got both: spec.broker, spec.brokerRef"
    )
    assert "must not set the field(s): spec.namespace" in faults(both)


def test_the_config_of_a_broker_may_be_bound_to_its_namespace() -> None:
    maps = {
        ("knative-eventing", "config-br-defaults"): {
            "default-br-config": "clusterDefault: {disallowDifferentNamespaceConfig: true}"
        }
    }
    broker = BROKER + "spec: {config: {apiVersion: v1, kind: ConfigMap, name: x, namespace: y}}"
    assert "mismatched namespaces: spec.config.namespace" in faults(broker, read_config(maps))


def test_the_class_annotation_must_not_be_empty() -> None:
    empty = "{name: orders, annotations: {eventing.knative.dev/broker.class: ''}}"
    text = "missing field(s): eventing.knative.dev/broker.class"
    assert faults(BROKER.replace("{name: orders}", empty)) == text


def test_a_cesql_fault_comes_with_a_hint() -> None:
    trigger = TRIGGER.replace(
        "filter: {attributes: {type: order.created}}", "filters: [{cesql: \"type == 'a'\"}]"
    )
    [it] = documents(trigger)
    made = admitted(it, Config())
    [fault] = KINDS[made.key[:2]].validate(made, Config())
    assert fault.at == ("spec", "filters", 0, "cesql")
    assert fault.hint
