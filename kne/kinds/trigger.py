"""Trigger: a filter, and a subscription to its Broker's channel (spec core 2, 4.8, 9.4.2).

The subscription leads to the broker's filter, where the Trigger stands as a gate: it lets events
pass and judges the subscriber's answers.
"""

import json
from collections.abc import Iterator
from typing import Any

from kne import addresses
from kne.kinds import delivery as deliveries
from kne.kinds import destinations, filters
from kne.kinds.base import (
    AGE,
    NO_RESOURCE,
    READY,
    REASON,
    Bench,
    Column,
    Kind,
    Refused,
    Unresolved,
)
from kne.kinds.broker import CLASS, LABEL, OURS, Broker
from kne.kinds.config import Config
from kne.kinds.dangling import dangling, others
from kne.kinds.defaults import label, namespace_of, part, spec_of
from kne.kinds.destinations import not_found
from kne.kinds.faults import difference, generic, immutable, missing, within
from kne.kinds.filters import Dialect, TriggerFilter
from kne.kinds.statuses import NO_SINK, identity_created, observed
from kne.kinds.subscription import CROSS, SAME_NAMESPACE
from kne.model.duck import Delivery, Destination, Ref
from kne.model.resource import Conditions, Fault, Json, Key, Model, Path, Resource, ready_of
from kne.plane.table import Gate

DEPENDENCY = "knative.dev/dependency"
INJECTION = "eventing.knative.dev/injection"


class TriggerSpec(Model):
    """Hand the events of a Broker that pass a filter to a subscriber."""

    broker: str = ""
    """Name of the Broker, in the same namespace. Cannot be changed."""

    broker_ref: Ref | None = None
    """The Broker in another namespace; needs the feature cross-namespace-event-links."""

    filter: TriggerFilter | None = None
    """Values that attributes must have; everything passes if absent."""

    filters: tuple[Dialect, ...] | None = None
    """Filters that must all pass; if there are any, `filter` is not looked at."""

    subscriber: Destination = Destination()
    """Who gets the events; an event in its answer goes to the Broker."""

    delivery: Delivery | None = None
    """How hard to try; replaces the Broker's, but for the dead letter sink."""


class Trigger(Kind[TriggerSpec]):
    """Hand the events of a Broker that pass a filter to a subscriber."""

    group = "eventing.knative.dev"
    version = "v1"
    kind = "Trigger"
    plural = "triggers"
    categories = ("all", "knative", "eventing")
    columns = (
        Column("Broker", ".spec.broker"),
        Column("Subscriber_URI", ".status.subscriberUri"),
        AGE,
        READY,
        REASON,
    )
    Spec = TriggerSpec

    def default(self, it: Json, config: Config) -> None:
        spec, namespace = spec_of(it), namespace_of(it)
        if spec.get("filter") is None:
            spec["filter"] = {}
        destinations.default_namespace(spec.get("subscriber"), namespace)
        deliveries.default_namespace(spec.get("delivery"), namespace)
        away = part(spec, "brokerRef") if config.enabled(CROSS) else None
        broker = spec.get("broker") if away is None else away.get("name")
        if broker:
            label(it, LABEL, str(broker))

    def validate(self, it: Resource[TriggerSpec], config: Config) -> Iterator[Fault]:
        yield from within(("spec",), _faults(it.spec, config))
        yield from filters.faults(it)
        for name, check in ((DEPENDENCY, _dependency_faults), (INJECTION, _injection_faults)):
            if name in it.annotations:
                # printed as metadata.annotations[name], placed at the annotation itself
                for fault in within((f"metadata.annotations[{name}]",), check(it)):
                    yield Fault(
                        fault.message,
                        fault.paths,
                        ("metadata", "annotations", name),
                        fault.details,
                    )

    def changed(
        self, it: Resource[TriggerSpec], before: Resource[TriggerSpec], config: Config
    ) -> Iterator[Fault]:
        if it.spec.broker != before.spec.broker:
            details = difference(before.spec.broker, it.spec.broker)
            at = ("spec", "broker")
            yield immutable("fields", "broker", "spec", at=at, details=details)

    def compile(self, it: Resource[TriggerSpec], bench: Bench) -> Json | None:
        key = broker_of(it, bench.config)
        broker = bench.find(key)
        accepts = filters.build(it, bench)
        subscriber, status = None, None
        if broker is None:
            _tell_broker(it, key, bench)
        elif broker.annotations.get(CLASS) == OURS:
            status = _reconcile(it, broker, bench)
            subscriber = status.get("subscriberUri")
        wanted = it.spec.delivery.format if it.spec.delivery else None
        bench.parts.gates[f"{it.namespace}/{it.name}"] = Gate(
            address=addresses.trigger(it.namespace, it.name, it.uid),
            namespace=it.namespace,
            name=it.name,
            uid=it.uid,
            broker=f"{key.namespace}/{key.name}",
            subscriber=subscriber,
            accepts=accepts,
            format="json" if wanted == "json" else "binary" if wanted == "binary" else None,
        )
        return status


def _faults(spec: TriggerSpec, config: Config) -> Iterator[Fault]:
    """Source: pkg/apis/eventing/v1/trigger_validation.go."""
    if spec.broker_ref is None and not spec.broker:
        yield missing("broker", hint='name a Broker, most often "default"')
    elif spec.broker_ref is not None and spec.broker:
        yield generic("expected exactly one, got both", "broker", "brokerRef", at=("broker",))
    if spec.broker_ref is not None and spec.broker_ref.namespace and not config.enabled(CROSS):
        # upstream leaves out brokerRef in the path
        yield generic(
            "must not set the field(s)",
            "namespace",
            at=("brokerRef", "namespace"),
            details=SAME_NAMESPACE,
        )
    yield from within(("subscriber",), destinations.faults(spec.subscriber, config))
    yield from within(("delivery",), deliveries.faults(spec.delivery, config))


def _dependency_faults(it: Resource[TriggerSpec]) -> Iterator[Fault]:
    text = it.annotations[DEPENDENCY]
    try:
        found = json.loads(text)
    except ValueError as error:
        found, wrong = None, str(error)
    else:
        wrong = "json: cannot unmarshal it into Go value of type v1.ObjectReference"
    if not isinstance(found, dict):
        message = f"The provided annotation was not a corev1.ObjectReference: {json.dumps(text)}"
        yield generic(message, "", details=wrong)
        return
    if found.get("namespace") not in (None, "", it.namespace):
        own = f'Namespace must be empty or equal to the trigger namespace "{it.namespace}"'
        yield generic(own, "namespace")
    for name in ("kind", "name", "apiVersion"):
        if not found.get(name):
            yield missing(name)


def _injection_faults(it: Resource[TriggerSpec]) -> Iterator[Fault]:
    value = it.annotations[INJECTION]
    if value not in ("enabled", "disabled"):
        message = (
            "The provided injection annotation value can only be "
            f'"enabled" or "disabled", not "{value}"'
        )
        yield generic(message, "")
    elif it.spec.broker != "default":
        message = (
            "The provided injection annotation is only used for default broker, but "
            f'non-default broker specified here: "{it.spec.broker}"'
        )
        yield generic(message, "")


def broker_of(it: Resource[TriggerSpec], config: Config) -> Key:
    """The Broker a Trigger belongs to (spec core 6.5)."""
    away = it.spec.broker_ref if config.enabled(CROSS) else None
    if away is None:
        return Key("eventing.knative.dev", "Broker", it.namespace, it.spec.broker)
    return Key("eventing.knative.dev", "Broker", away.namespace or it.namespace, away.name)


def _reconcile(it: Resource[TriggerSpec], broker: Resource[Any], bench: Bench) -> Json:
    conditions = Conditions(
        "BrokerReady",
        "DeadLetterSinkResolved",
        "DependencyReady",
        "OIDCIdentityCreated",
        "SubscriberResolved",
        "SubscriptionReady",
    )
    fields: Json = {}
    _connect(it, broker, bench, conditions, fields)
    return observed(it, conditions, **fields)


def _connect(
    it: Resource[TriggerSpec],
    broker: Resource[Any],
    bench: Bench,
    conditions: Conditions,
    fields: Json,
) -> None:
    """Step by step, until one fails; what comes after stays unknown.

    Source: spec core 9.4.2; pkg/reconciler/broker/trigger/trigger.go.
    """
    broker_status = bench.status(broker.key) or {}
    conditions.copy("BrokerReady", ready_of(broker_status))
    if not conditions.is_true("BrokerReady"):
        return
    try:
        fields["subscriberUri"] = bench.resolve(it.spec.subscriber, it)
    except Unresolved as error:
        reason = "Unable to get the Subscriber's URI"
        conditions.false("SubscriberResolved", reason, error.message)
        dangling(bench, it, ("spec", "subscriber"), error)
        return
    fields.update(destinations.extras(it.spec.subscriber, "subscriber"))
    conditions.true("SubscriberResolved")
    if not _dead_letter(it, broker_status, bench, conditions, fields):
        return
    identity_created(conditions)
    try:
        made = bench.child(it, _subscription(it, broker, broker_status["annotations"]))
    except Refused as error:
        conditions.false("SubscriptionReady", "NotSubscribed", error.message)
        bench.problem(it, ("spec",), f'trigger "{it.name}" gets no events', error.message)
        return
    conditions.copy("SubscriptionReady", ready_of(bench.status(made.key)))
    _depend(it, bench, conditions)


def _dead_letter(
    it: Resource[TriggerSpec],
    broker_status: Json,
    bench: Bench,
    conditions: Conditions,
    fields: Json,
) -> bool:
    """The Trigger's own dead letter sink, else the Broker's; false if it has no URL."""
    sink = it.spec.delivery.dead_letter_sink if it.spec.delivery else None
    if sink is not None:
        try:
            fields["deadLetterSinkUri"] = bench.resolve(sink, it)
        except Unresolved as error:
            reason = "Unable to get the dead letter sink's URI"
            conditions.false("DeadLetterSinkResolved", reason, error.message)
            dangling(bench, it, ("spec", "delivery", "deadLetterSink"), error)
            return False
        fields.update(destinations.extras(sink, "deadLetterSink"))
        conditions.true("DeadLetterSinkResolved")
        return True
    inherited = {k: v for k, v in broker_status.items() if k.startswith("deadLetterSink")}
    fields.update(inherited)
    conditions.true("DeadLetterSinkResolved", *(() if inherited else NO_SINK))
    return True


def _subscription(it: Resource[TriggerSpec], broker: Resource[Any], channel: Json) -> Json:
    """The Trigger's Subscription to the Broker's channel (spec core 4.8)."""
    reference = {
        "apiVersion": channel["knative.dev/channelAPIVersion"],
        "kind": channel["knative.dev/channelKind"],
        "name": channel["knative.dev/channelName"],
    }
    if broker.namespace != it.namespace:
        reference["namespace"] = broker.namespace
    spec = {
        "channel": reference,
        "subscriber": {"uri": addresses.trigger(it.namespace, it.name, it.uid)},
        "reply": {
            "ref": {
                "apiVersion": Broker().api_version,
                "kind": "Broker",
                "name": broker.name,
                "namespace": broker.namespace,
            }
        },
    }
    own, general = it.object["spec"].get("delivery"), broker.object["spec"].get("delivery")
    delivery = general if own is None else own
    if delivery is not None:
        spec["delivery"] = delivery
    return {
        "apiVersion": "messaging.knative.dev/v1",
        "kind": "Subscription",
        "metadata": {
            "name": addresses.child_name(f"{broker.name}-{it.name}-", it.uid),
            "namespace": it.namespace,
            "labels": {LABEL: broker.name, "eventing.knative.dev/trigger": it.name},
        },
        "spec": spec,
    }


def _depend(it: Resource[TriggerSpec], bench: Bench, conditions: Conditions) -> None:
    """Wait for the source that the annotation names (spec core 9.4.2)."""
    text = it.annotations.get(DEPENDENCY)
    if text is None:
        conditions.true("DependencyReady")
        return
    path: Path = ("metadata", "annotations", DEPENDENCY)
    ref = json.loads(text)
    kind = bench.kinds.get((str(ref["apiVersion"]).rpartition("/")[0], ref["kind"]))
    message = f'trigger "{it.name}" is not ready before its dependency'
    if kind is None:
        bench.problem(it, path, message, f"{ref['kind']}: {NO_RESOURCE}")
        return
    key = kind.key(it.namespace, ref["name"])
    if bench.find(key) is None:
        wrong = f"Dependency does not exist: {not_found(kind, ref['name'])}"
        conditions.false("DependencyReady", "DependencyDoesNotExist", wrong)
        bench.problem(it, path, message, wrong, others(kind, key, bench)[1])
        return
    ready = ready_of(bench.status(key))
    if ready is None:
        wrong = "Dependency has not yet been reconciled."
        conditions.unknown("DependencyReady", "DependencyNotConfigured", wrong)
    else:
        conditions.copy("DependencyReady", ready)


def _tell_broker(it: Resource[TriggerSpec], key: Key, bench: Bench) -> None:
    message = f'trigger "{it.name}" refers to a broker that does not exist'
    if it.spec.broker_ref is not None and not bench.config.enabled(CROSS):
        why = f"spec.brokerRef does nothing without the feature {CROSS}"
        hint = "name the Broker in spec.broker"
        bench.problem(it, ("spec", "brokerRef"), message, why, hint)
        return
    why, hint = others(bench.kinds[key.group, key.kind], key, bench)
    bench.problem(it, ("spec", "broker"), message, why, hint)
