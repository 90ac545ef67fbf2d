"""Channels as a whole: the front called Channel, and where the other kinds are found.

Channel          makes one channel of the kind in its template, of its own name
InMemoryChannel  what it makes mostly: `kne.kinds.imc`
Subscription     one link of a channel: `kne.kinds.subscription`
"""

from collections.abc import Iterator
from contextlib import suppress

from kne.kinds import delivery as deliveries
from kne.kinds.base import AGE, READY, REASON, URL, Bench, Kind, Refused
from kne.kinds.config import Config
from kne.kinds.dangling import tell_if_dangling
from kne.kinds.defaults import annotate, namespace_of, spec_of
from kne.kinds.faults import difference, generic, immutable, within
from kne.kinds.imc import SUBSCRIBABLE, InMemoryChannel, Subscriber, served
from kne.kinds.statuses import NO_SINK, observed, policies_ready, url_of
from kne.kinds.subscription import Subscription
from kne.kinds.template import ChannelTemplate, physical, tell_if_idle, template_faults
from kne.model.duck import Delivery
from kne.model.resource import Conditions, Fault, Json, Key, Model, Resource, ready_of

__all__ = ["Channel", "InMemoryChannel", "Subscription"]


class ChannelSpec(Model):
    """A channel of the default kind, or of the kind in its template."""

    channel_template: ChannelTemplate | None = None
    """What channel to make; the default of ConfigMap default-ch-webhook if absent."""

    delivery: Delivery | None = None
    """Delivery of the Subscriptions that have none of their own."""

    subscribers: tuple[Subscriber, ...] = ()
    """Not to be set."""


class Channel(Kind[ChannelSpec]):
    """A front that makes the real channel, of the kind in its template."""

    group = "messaging.knative.dev"
    version = "v1"
    kind = "Channel"
    plural = "channels"
    short_names = ("ch",)
    categories = ("all", "knative", "messaging", "channel")
    columns = (URL, AGE, READY, REASON)
    Spec = ChannelSpec

    def default(self, it: Json, config: Config) -> None:
        annotate(it, SUBSCRIBABLE, "v1")
        spec, namespace = spec_of(it), namespace_of(it)
        if spec.get("channelTemplate") is not None:
            return
        template = config.channel_template(namespace)
        if template is not None:
            spec["channelTemplate"] = dict(template)
        deliveries.default_namespace(spec.get("delivery"), namespace)

    def validate(self, it: Resource[ChannelSpec], config: Config) -> Iterator[Fault]:
        yield from within(("spec",), template_faults(it.spec.channel_template))
        if it.spec.subscribers:
            at = ("spec", "subscribers")
            text = "must not set the field(s)"
            yield generic(text, "spec.subscribable.subscribers", at=at)
        yield from within(("spec", "delivery"), deliveries.faults(it.spec.delivery, config))

    def changed(
        self, it: Resource[ChannelSpec], before: Resource[ChannelSpec], config: Config
    ) -> Iterator[Fault]:
        details = difference(before.object["spec"], it.object["spec"], "{v1.ChannelSpec}")
        if details:
            yield immutable("fields", "spec", at=("spec",), details=details)

    def expand(self, it: Resource[ChannelSpec], bench: Bench) -> None:
        with suppress(Refused):  # told when it is compiled
            bench.make(it, _backing(it))

    def compile(self, it: Resource[ChannelSpec], bench: Bench) -> Json:
        conditions = Conditions(
            "Addressable", "BackingChannelReady", "DeadLetterSinkResolved", "EventPoliciesReady"
        )
        template = it.object["spec"]["channelTemplate"]
        tell_if_idle(bench, it, template, ("spec", "channelTemplate"))
        if bench.serves(template["apiVersion"], template["kind"]) is None:
            return observed(it, conditions)
        try:
            backing = bench.child(it, _backing(it))
        except Refused as error:
            conditions.false("BackingChannelReady", "ChannelFailure", error.message)
            path, text = ("spec", "channelTemplate"), f'channel "{it.name}" gets no channel'
            bench.problem(it, path, text, error.message)
            return observed(it, conditions)
        status = bench.status(backing.key) or {}
        _copy_ready(conditions, ready_of(status))
        if url_of(status):
            conditions.true("Addressable")
        else:
            conditions.false("Addressable", "EmptyHostname", "hostname is the empty string")
        dead_letter = _dead_letter(it, conditions, bench, status)
        policies_ready(conditions)
        kind = {"apiVersion": template["apiVersion"], "kind": template["kind"]}
        return observed(
            it,
            conditions,
            address=status.get("address"),
            channel={**kind, "name": it.name, "namespace": it.namespace},
            deadLetterSinkUri=dead_letter,
        )

    def finish(self, it: Resource[ChannelSpec], bench: Bench, status: Json | None) -> Json | None:
        """With the subscribers of the channel behind it."""
        reference = (status or {}).get("channel")
        if not reference:
            return None
        group = reference["apiVersion"].rpartition("/")[0]
        subscribers = served(Key(group, reference["kind"], it.namespace, it.name), bench)
        if not subscribers:
            return None
        return {**it.object, "status": {**(status or {}), "subscribers": subscribers}}


def _backing(it: Resource[ChannelSpec]) -> Json:
    spec = it.object["spec"]
    return physical(spec["channelTemplate"], it, it.name, delivery=spec.get("delivery"))


def _copy_ready(conditions: Conditions, ready: Json | None) -> None:
    """Take over the readiness of the channel behind; what is ready needs no reason."""
    if ready is None:
        text = "BackingChannel has not yet been reconciled."
        conditions.unknown("BackingChannelReady", "BackingChannelNotConfigured", text)
    else:
        conditions.copy("BackingChannelReady", ready)


def _dead_letter(
    it: Resource[ChannelSpec], conditions: Conditions, bench: Bench, backing: Json
) -> str | None:
    """What the channel behind has made of the dead letter sink (spec core 4.7)."""
    sink = it.spec.delivery.dead_letter_sink if it.spec.delivery else None
    if sink is None:
        conditions.true("DeadLetterSinkResolved", *NO_SINK)
        return None
    found = backing.get("deadLetterSinkUri")
    if found:
        conditions.true("DeadLetterSinkResolved")
        return str(found)
    reason = f"Backing Channel {it.name} didn't set status.deadLetterSinkURI"
    conditions.false("DeadLetterSinkResolved", reason)
    tell_if_dangling(bench, it, ("spec", "delivery", "deadLetterSink"), sink)
    return None
