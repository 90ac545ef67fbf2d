"""Subscription: one way out of a channel (spec core 4.6).

It waits for nothing but its own references: once they are resolved, it stands in the channel's
list of subscribers and has a link there.
"""

from collections.abc import Iterator
from typing import Any

from kne.kinds import delivery as deliveries
from kne.kinds import destinations
from kne.kinds.base import AGE, NO_RESOURCE, READY, REASON, Bench, Kind, Unresolved
from kne.kinds.config import Config
from kne.kinds.dangling import dangling
from kne.kinds.defaults import namespace_of, spec_of
from kne.kinds.destinations import Missing, extras, is_empty, not_found
from kne.kinds.faults import difference, disallowed, immutable, missing, within
from kne.kinds.statuses import identity_created, is_child, observed
from kne.model.duck import Delivery, Destination, Ref
from kne.model.resource import Conditions, Fault, Json, Model, Path, Resource, ready_of
from kne.plane.table import Link

CROSS = "cross-namespace-event-links"
SAME_NAMESPACE = (
    "only name, apiVersion and kind are supported fields when "
    "feature.CrossNamespaceEventLinks is disabled"
)


class SubscriptionSpec(Model):
    """Send the events of a channel to a subscriber, and its answers somewhere else."""

    channel: Ref = Ref()
    """The channel, in the same namespace. Cannot be changed."""

    subscriber: Destination | None = None
    """Who gets the events."""

    reply: Destination | None = None
    """Where the subscriber's answers go; nowhere if absent."""

    delivery: Delivery | None = None
    """How hard to try; replaces the channel's, but for the dead letter sink."""


class Subscription(Kind[SubscriptionSpec]):
    """Connect a channel to a subscriber."""

    group = "messaging.knative.dev"
    version = "v1"
    kind = "Subscription"
    plural = "subscriptions"
    short_names = ("sub",)
    categories = ("all", "knative", "messaging")
    columns = (AGE, READY, REASON)
    Spec = SubscriptionSpec

    def default(self, it: Json, config: Config) -> None:
        spec, namespace = spec_of(it), namespace_of(it)
        destinations.default_namespace(spec.get("subscriber"), namespace)
        destinations.default_namespace(spec.get("reply"), namespace)
        deliveries.default_namespace(spec.get("delivery"), namespace)

    def validate(self, it: Resource[SubscriptionSpec], config: Config) -> Iterator[Fault]:
        yield from within(("spec",), _faults(it.spec, config))

    def changed(
        self, it: Resource[SubscriptionSpec], before: Resource[SubscriptionSpec], config: Config
    ) -> Iterator[Fault]:
        was, now = before.object["spec"].get("channel"), it.object["spec"].get("channel")
        if was != now:
            details = difference(was, now, "{v1.SubscriptionSpec}.Channel")
            yield immutable("fields", "spec", at=("spec", "channel"), details=details)

    def compile(self, it: Resource[SubscriptionSpec], bench: Bench) -> Json:
        conditions = Conditions(
            "AddedToChannel", "ChannelReady", "OIDCIdentityCreated", "ReferencesResolved"
        )
        identity_created(conditions)
        physical: Json = {}
        try:
            channel = _channel(it, bench)
        except Unresolved as error:
            text = f"Failed to get Spec.Channel or backing channel: {error.message}"
            conditions.unknown("ReferencesResolved", "ChannelReferenceFailed", text)
            _tell(bench, it, ("spec", "channel"), error)
        else:
            if _resolve(it, channel, conditions, bench, physical):
                _subscribe(it, channel, conditions, bench, physical)
        return observed(it, conditions, physicalSubscription=physical)


def _faults(spec: SubscriptionSpec, config: Config) -> Iterator[Fault]:
    """Source: pkg/apis/messaging/v1/subscription_validation.go."""
    if spec.channel == Ref():
        yield missing("channel", details="the Subscription must reference a channel")
        return
    yield from within(("channel",), destinations.reference_faults(spec.channel, config))
    if spec.channel.namespace and not config.enabled(CROSS):
        yield disallowed("channel", "namespace", details=SAME_NAMESPACE)
    if spec.subscriber is None or is_empty(spec.subscriber):
        yield missing("subscriber", details="the Subscription must reference a subscriber")
    else:
        yield from within(("subscriber",), destinations.faults(spec.subscriber, config))
    if spec.reply is not None and not is_empty(spec.reply):
        yield from within(("reply",), destinations.faults(spec.reply, config))
    yield from within(("delivery",), deliveries.faults(spec.delivery, config))


def _channel(it: Resource[SubscriptionSpec], bench: Bench) -> Resource[Any]:
    """The channel that holds the subscribers; of a front, the one behind it.

    Raises:
        Unresolved: there is none yet.
    """
    ref = it.spec.channel
    kind = bench.serves(ref.api_version, ref.kind)
    if kind is None:
        raise Unresolved(f"unable to track changes to spec.channel: {NO_RESOURCE}")
    away = ref.namespace if bench.config.enabled(CROSS) else ""
    key = kind.key(away or it.namespace, ref.name)
    found = bench.find(key)
    if found is None:
        raise Missing(not_found(kind, ref.name), kind, key)
    if (key.group, key.kind) != ("messaging.knative.dev", "Channel"):
        return found
    status = bench.status(key) or {}
    behind, ready = status.get("channel"), ready_of(status)
    if not behind or not ready or ready["status"] != "True":
        raise Unresolved("channel is not ready.")
    kind = bench.serves(behind["apiVersion"], behind["kind"])
    backing = bench.find(kind.key(key.namespace, behind["name"])) if kind else None
    if backing is None:
        raise Unresolved("channel is not ready.")
    return backing


def _resolve(
    it: Resource[SubscriptionSpec],
    channel: Resource[Any],
    conditions: Conditions,
    bench: Bench,
    physical: Json,
) -> bool:
    """Resolve subscriber, reply and dead letter sink, in this order, until one fails."""
    own = it.spec.delivery.dead_letter_sink if it.spec.delivery else None
    for path, field, reason, destination in (
        (("spec", "subscriber"), "subscriber", "SubscriberResolveFailed", it.spec.subscriber),
        (("spec", "reply"), "reply", "ReplyResolveFailed", it.spec.reply),
        (("spec", "delivery", "deadLetterSink"), "deadLetterSink", DEAD_LETTER_FAILED, own),
    ):
        if destination is None or is_empty(destination):
            continue
        try:
            physical[f"{field}Uri"] = bench.resolve(destination, it)
        except Unresolved as error:
            text = f"Failed to resolve {'.'.join(path)}: {error.message}"
            conditions.false("ReferencesResolved", reason, text)
            _tell(bench, it, path, error)
            return False
        physical.update(extras(destination, field))
    inherited = _dead_letter_of(channel)
    if own is None and inherited:
        found = (bench.status(channel.key) or {}).get("deadLetterSinkUri")
        if not found:
            text = f"channel {channel.name} didn't set status.deadLetterSinkURI"
            conditions.false("ReferencesResolved", DEAD_LETTER_FAILED, text)
            return False
        physical["deadLetterSinkUri"] = found
    conditions.true("ReferencesResolved")
    return True


DEAD_LETTER_FAILED = "DeadLetterSinkResolveFailed"


def _dead_letter_of(channel: Resource[Any]) -> bool:
    delivery = (channel.object.get("spec") or {}).get("delivery") or {}
    return delivery.get("deadLetterSink") is not None


def _subscribe(
    it: Resource[SubscriptionSpec],
    channel: Resource[Any],
    conditions: Conditions,
    bench: Bench,
    physical: Json,
) -> None:
    """Put the subscription into the channel's list, as the dispatcher reads it."""
    conditions.true("AddedToChannel")
    kind = bench.kinds[(channel.key.group, channel.key.kind)]
    try:
        entry, link = _entry(it, channel, physical)
    except ValueError as error:
        wrong = str(error)
    else:
        wrong = "" if "channel" in kind.categories else "it is no channel"
    if not wrong:
        conditions.true("ChannelReady")
        bench.parts.links.setdefault(channel.key, []).append((entry, link))
        return
    reason = "SubscriptionNotMarkedReadyByChannel"
    text = (
        f'Failed to get subscription status: subscription "{it.name}" not present in '
        f'channel "{channel.name}" subscriber\'s list'
    )
    conditions.unknown("ChannelReady", reason, text)
    message = f'subscription "{it.name}": its channel does not serve it'
    bench.problem(it, ("spec", "channel"), message, wrong)


def _entry(
    it: Resource[SubscriptionSpec], channel: Resource[Any], physical: Json
) -> tuple[Json, Link]:
    """The subscriber as the channel's spec shows it, and its link."""
    sink = {
        name: physical[f"deadLetterSink{part}"]
        for name, part in (("uri", "Uri"), ("CACerts", "CACerts"), ("audience", "Audience"))
        if f"deadLetterSink{part}" in physical
    }
    spec = channel.object.get("spec") or {}
    own = it.object["spec"].get("delivery")
    delivery = deliveries.effective(own, spec.get("delivery"), sink)
    targets = {k: v for k, v in physical.items() if k.startswith(("subscriber", "reply"))}
    entry = {"name": it.name, "uid": it.uid, "generation": it.generation, **targets}
    if delivery is not None:
        entry["delivery"] = delivery
    return entry, Link(
        _link_name(it),
        physical["subscriberUri"],
        physical.get("replyUri"),
        physical.get("deadLetterSinkUri"),
        deliveries.retry(delivery),
    )


def _link_name(it: Resource[Any]) -> str:
    """By the object a person knows: the Trigger that made it, or itself."""
    owners = it.metadata.get("ownerReferences") or [{}]
    if owners[0].get("kind") == "Trigger":
        return f"trigger/{it.namespace}/{owners[0]['name']}"
    return f"subscription/{it.namespace}/{it.name}"


def _tell(bench: Bench, it: Resource[Any], path: Path, error: Unresolved) -> None:
    """Tell the user, unless whoever made this Subscription does."""
    if not is_child(it):
        dangling(bench, it, path, error)
