"""Broker: an entrance, and the channel behind it (spec core 4.8, 9.4.2).

Of the broker classes kne has Knative's own, MTChannelBasedBroker; others are left alone, as their
controllers would be missing in a cluster, too.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import yaml

from kne import addresses
from kne.kinds import delivery as deliveries
from kne.kinds import destinations
from kne.kinds.base import (
    AGE,
    NO_RESOURCE,
    READY,
    REASON,
    URL,
    Bench,
    Column,
    Kind,
    Refused,
    Unresolved,
)
from kne.kinds.config import Config, reference
from kne.kinds.dangling import dangling, tell_if_dangling
from kne.kinds.defaults import annotate, namespace_of, part, spec_of
from kne.kinds.faults import difference, immutable, missing, within
from kne.kinds.statuses import NO_SINK, http, observed, policies_ready, url_of
from kne.kinds.template import physical, tell_if_idle
from kne.model.duck import Delivery, Ref
from kne.model.resource import Conditions, Fault, Json, Model, Resource
from kne.model.strict import nearest
from kne.plane.table import Entrance

CLASS = "eventing.knative.dev/broker.class"
OURS = "MTChannelBasedBroker"
LABEL = "eventing.knative.dev/broker"
SINK = ("spec", "delivery", "deadLetterSink")


class TemplateFailed(Exception):
    """A Broker's configuration that leads to no channel; the text is upstream's.

    `template` is the one that was found there, if it is of a kind that nobody has.
    """

    def __init__(self, message: str, template: Json | None = None) -> None:
        super().__init__(message)
        self.template = template


class BrokerSpec(Model):
    """Where events come together, to be handed out by Triggers."""

    config: Ref | None = None
    """ConfigMap that says what channel to use; from ConfigMap config-br-defaults if absent."""

    delivery: Delivery | None = None
    """Delivery of the Triggers that have none of their own: 10 retries if absent."""


class Broker(Kind[BrokerSpec]):
    """Collect events, and hand each to the Triggers whose filter it passes."""

    group = "eventing.knative.dev"
    version = "v1"
    kind = "Broker"
    plural = "brokers"
    categories = ("all", "knative", "eventing")
    columns = (
        URL,
        AGE,
        READY,
        REASON,
        Column("Class", r".metadata.annotations.eventing\.knative\.dev/broker\.class", wide=1),
    )
    Spec = BrokerSpec

    def default(self, it: Json, config: Config) -> None:
        """Source: spec core 9.2.1; pkg/apis/eventing/v1/broker_defaults.go."""
        spec, namespace = spec_of(it), namespace_of(it)
        own = part(spec, "config")
        annotations = part(it["metadata"], "annotations") or {}
        # upstream's quirk: with its own config a Broker is looked up by that one's kind
        wanted = annotations.get(CLASS) if own is None else own.get("kind")
        entry = config.broker_defaults(namespace, str(wanted or ""))
        if entry is not None:
            if spec.get("config") is None and reference(entry):
                own = spec["config"] = reference(entry)
            if spec.get("delivery") is None and entry.get("delivery") is not None:
                spec["delivery"] = _default_delivery(entry["delivery"])
        if own is not None and not own.get("namespace"):
            own["namespace"] = namespace
        deliveries.default_namespace(spec.get("delivery"), namespace)
        if config.broker_class(namespace):
            annotate(it, CLASS, config.broker_class(namespace))

    def validate(self, it: Resource[BrokerSpec], config: Config) -> Iterator[Fault]:
        if not it.annotations.get(CLASS):
            yield missing(CLASS)
        if it.spec.config is not None:
            own = it.namespace if config.forbids_foreign_config(it.namespace) else ""
            found = destinations.reference_faults(it.spec.config, config, namespace=own)
            yield from within(("spec", "config"), found)
        yield from within(("spec", "delivery"), deliveries.faults(it.spec.delivery, config))

    def changed(
        self, it: Resource[BrokerSpec], before: Resource[BrokerSpec], config: Config
    ) -> Iterator[Fault]:
        was, now = before.object["spec"].get("config"), it.object["spec"].get("config")
        if was != now:
            details = difference(was, now, "{v1.BrokerSpec}.Config")
            yield immutable("fields", "spec", at=("spec", "config"), details=details)
        elif it.annotations.get(CLASS) != before.annotations.get(CLASS):
            details = difference(before.annotations.get(CLASS), it.annotations.get(CLASS))
            at = ("metadata", "annotations", CLASS)
            yield immutable("annotations", "annotations", at=at, details=details)

    def expand(self, it: Resource[BrokerSpec], bench: Bench) -> None:
        with suppress(TemplateFailed, Refused):  # told when it is compiled
            if it.annotations.get(CLASS) == OURS:
                bench.make(it, _channel(it, _template(it, bench)))

    def compile(self, it: Resource[BrokerSpec], bench: Bench) -> Json | None:
        name = f"{it.namespace}/{it.name}"
        bench.parts.entrances[name] = Entrance(it.namespace, it.name, None)
        if it.annotations.get(CLASS) != OURS:
            _tell_class(it, bench)
            return None
        conditions = Conditions(
            "Addressable",
            "EventPoliciesReady",
            "FilterReady",
            "IngressReady",
            "TriggerChannelReady",
        )
        try:
            template = _template(it, bench)
            channel = bench.child(it, _channel(it, template))
        except TemplateFailed as error:
            text = f"Error on setting up the ChannelTemplate: {error}"
            conditions.false("TriggerChannelReady", "ChannelTemplateFailed", text)
            _tell_template(it, bench, error)
            return observed(it, conditions)
        except Refused as error:
            text = f"failed to create channel {name}-kne-trigger: {error.message}"
            conditions.false("TriggerChannelReady", "ChannelFailure", text)
            bench.problem(it, ("spec",), f'broker "{it.name}" gets no channel', error.message)
            return observed(it, conditions)
        url = url_of(bench.status(channel.key))
        if url is None:
            text = "Channel does not have an address."
            conditions.false("TriggerChannelReady", "NoAddress", text)
            tell_if_idle(bench, it, template, ("spec", "config"))
            sink = it.spec.delivery.dead_letter_sink if it.spec.delivery else None
            tell_if_dangling(bench, it, SINK, sink)  # the channel has the same
            return observed(it, conditions)
        bench.parts.entrances[name] = Entrance(it.namespace, it.name, url)
        return _serve(it, bench, conditions, channel, url)


def _serve(
    it: Resource[BrokerSpec],
    bench: Bench,
    conditions: Conditions,
    channel: Resource[Any],
    url: str,
) -> Json:
    """What follows once the channel has an address."""
    annotations = {
        "knative.dev/channelAPIVersion": channel.api_version,
        "knative.dev/channelAddress": url,
        "knative.dev/channelKind": channel.key.kind,
        "knative.dev/channelName": channel.name,
    }
    for name in ("TriggerChannelReady", "FilterReady", "IngressReady"):
        conditions.true(name)
    sink = it.spec.delivery.dead_letter_sink if it.spec.delivery else None
    dead_letter: Json = {}
    if sink is None:
        conditions.true("DeadLetterSinkResolved", *NO_SINK)
    else:
        try:
            dead_letter["deadLetterSinkUri"] = bench.resolve(sink, it)
        except Unresolved as error:
            reason = "Unable to get the dead letter sink's URI"
            conditions.false("DeadLetterSinkResolved", reason, error.message)
            dangling(bench, it, SINK, error)
            return observed(it, conditions, annotations=annotations)
        conditions.true("DeadLetterSinkResolved")
        dead_letter.update(destinations.extras(sink, "deadLetterSink"))
    conditions.true("Addressable")
    policies_ready(conditions)
    address = http(addresses.broker(it.namespace, it.name))
    return observed(it, conditions, address=address, annotations=annotations, **dead_letter)


def _default_delivery(found: Json) -> Json:
    """Of the default delivery only these are taken (spec core 9.2.1)."""
    names = ("deadLetterSink", "retry", "backoffPolicy", "backoffDelay")
    return {name: found[name] for name in names if found.get(name) is not None}


def _template(it: Resource[BrokerSpec], bench: Bench) -> Json:
    """The channel template that a Broker's configuration holds.

    Raises:
        TemplateFailed: none can be had.

    Source: pkg/reconciler/broker/broker.go, getChannelTemplate; config.go.
    """
    config = it.spec.config
    if config is None:
        raise TemplateFailed("failed to find channelTemplate")
    if config.kind != "ConfigMap":
        raise TemplateFailed(
            "Broker.Spec.Config configuration not supported, only [kind: ConfigMap, apiVersion: v1]"
        )
    if not config.name or not config.namespace:
        raise TemplateFailed("Broker.Spec.Config name and namespace are required")
    data = bench.config.maps.get((config.namespace, config.name))
    if data is None:
        raise TemplateFailed(f'configmap "{config.name}" not found')
    template = _parsed(data)
    if bench.serves(template.get("apiVersion") or "", template.get("kind") or "") is None:
        text = f"unable to track changes to the trigger Channel: {NO_RESOURCE}"
        raise TemplateFailed(text, template)
    return template


def _parsed(data: Mapping[str, str]) -> Json:
    text = data.get("channel-template-spec", data.get("channelTemplateSpec", ""))
    if not text:
        raise TemplateFailed("empty or missing value for config")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TemplateFailed(
            f"ConfigMap's value could not be converted to JSON. {error}, {text}"
        ) from None
    if not isinstance(found, dict):
        raise TemplateFailed(f"ConfigMap's value could not be unmarshaled. {text}")
    return found


def _channel(it: Resource[BrokerSpec], template: Json) -> Json:
    """The channel behind a Broker (spec core 4.8)."""
    handed_on = {k: v for k, v in it.annotations.items() if k.startswith("messaging.knative.dev")}
    return physical(
        template,
        it,
        addresses.child_name(it.name, "-kne-trigger"),
        delivery=it.object["spec"].get("delivery"),
        labels={LABEL: it.name, "eventing.knative.dev/brokerEverything": "true"},
        annotations={"eventing.knative.dev/scope": "cluster", **handed_on},
    )


def _tell_class(it: Resource[BrokerSpec], bench: Bench) -> None:
    found = it.annotations.get(CLASS, "")
    bench.problem(
        it,
        ("metadata", "annotations", CLASS),
        f'broker "{it.name}" is of class "{found}", which kne does not have',
        f"kne runs brokers of class {OURS}",
        f"remove the annotation {CLASS} to run it in memory",
    )


def _tell_template(it: Resource[BrokerSpec], bench: Bench, error: TemplateFailed) -> None:
    path, config = ("spec", "config"), it.spec.config
    if error.template is not None:
        tell_if_idle(bench, it, error.template, path)
        return
    why, hint = str(error), "remove spec.config to use the default channel"
    if config is not None:
        why = f"{config.kind} {config.namespace}/{config.name}: {error}"
        there = sorted(bench.config.maps)
        names = [name for namespace, name in there if namespace == config.namespace]
        near = nearest(config.name, names)
        if near and config.name not in names:
            hint = f'change it to "{near}"'
    bench.problem(it, path, f'broker "{it.name}" gets no channel', why, hint)
