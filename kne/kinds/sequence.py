"""Sequence: each step gets what the step before it answered (spec core 5.1).

    channel 0 -> step 0 -> its answer into channel 1 -> step 1 -> ... -> reply

Sequences may reply to each other in circles: their address is that of their first channel.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kne.kinds import delivery as deliveries
from kne.kinds import destinations, steps
from kne.kinds.base import AGE, READY, REASON, URL, Bench, Kind, Refused
from kne.kinds.config import Config
from kne.kinds.dangling import tell_if_dangling
from kne.kinds.defaults import namespace_of, parts, spec_of
from kne.kinds.faults import generic, missing, report, within
from kne.kinds.statuses import observed, policies_ready, url_of
from kne.kinds.template import ChannelTemplate, tell_if_idle, template_faults
from kne.model.duck import Delivery, Destination
from kne.model.resource import Conditions, Fault, Json, Model, Resource, ready_of


class Step(Destination):
    """One step: who gets the event, and answers with the event for the next step."""

    delivery: Delivery | None = None
    """How hard to try; without it one attempt."""


class SequenceSpec(Model):
    """Steps that hand an event on, one to the next."""

    steps: tuple[Step, ...] = ()
    """The steps, in their order."""

    channel_template: ChannelTemplate | None = None
    """What channels to use between the steps; the cluster's default if absent."""

    reply: Destination | None = None
    """Where the last step's answer goes; nowhere if absent."""


class Sequence(Kind[SequenceSpec]):
    """Hand an event through several steps, each getting what the one before it answered."""

    group = "flows.knative.dev"
    version = "v1"
    kind = "Sequence"
    plural = "sequences"
    categories = ("all", "knative", "flows")
    columns = (URL, AGE, READY, REASON)
    Spec = SequenceSpec

    def default(self, it: Json, config: Config) -> None:
        steps.default_template(it, config)
        for step in parts(spec_of(it), "steps"):
            destinations.default_namespace(step, namespace_of(it))
        destinations.default_namespace(spec_of(it).get("reply"), namespace_of(it))

    def validate(self, it: Resource[SequenceSpec], config: Config) -> Iterator[Fault]:
        """Source: pkg/apis/flows/v1/sequence_validation.go."""
        if not it.spec.steps:
            yield missing("spec", "steps")
        for number, step in enumerate(it.spec.steps):
            found = [
                *destinations.faults(step, config),
                *within(("delivery",), deliveries.faults(step.delivery, config)),
            ]
            if found:
                # upstream keeps the reason to itself
                value = f"{{{steps.printed(step)} {steps.pointer(step.delivery)}}}"
                at = ("spec", "steps", number, *found[0].at)
                path = f"spec.steps[{number}]"
                yield generic(f"invalid value: {value}", path, at=at, hint=report(found))
        yield from within(("spec",), template_faults(it.spec.channel_template))
        if it.spec.reply is not None:
            yield from within(("spec", "reply"), destinations.faults(it.spec.reply, config))

    def expand(self, it: Resource[SequenceSpec], bench: Bench) -> None:
        with suppress(Refused):  # told when it is compiled
            for number in range(len(it.spec.steps)):
                bench.make(it, steps.channel(it, _name(it, number)))

    def address(self, it: Resource[SequenceSpec], bench: Bench) -> str | None:
        return steps.address(it, _name(it, 0), bench)

    def compile(self, it: Resource[SequenceSpec], bench: Bench) -> Json:
        conditions = Conditions(
            "Addressable", "ChannelsReady", "EventPoliciesReady", "SubscriptionsReady"
        )
        fields: Json = {"address": {}}
        _connect(it, bench, conditions, fields)
        _tell(it, bench)
        return observed(it, conditions, **fields)


def _connect(
    it: Resource[SequenceSpec], bench: Bench, conditions: Conditions, fields: Json
) -> None:
    """Channels, then subscriptions; what cannot be made ends it.

    Source: pkg/reconciler/sequence/sequence.go.
    """
    numbers = range(len(it.spec.steps))
    for number in numbers:
        name = _name(it, number)
        try:
            bench.child(it, steps.channel(it, name))
        except Refused as error:
            text = steps.cannot_make(it, name, number, error, bench)
            conditions.unknown("ChannelsReady", "ChannelsNotReady", text)
            return
    _show_channels(it, bench, conditions, fields)
    shown: list[Json] = []
    for number in numbers:
        try:
            made = bench.child(it, _subscription(it, number))
        except Refused as error:
            text = f"failed to reconcile subscription resource for step: {number} : {error.message}"
            conditions.unknown("SubscriptionsReady", "SubscriptionsNotReady", text)
            path = ("spec", "steps", number)
            bench.problem(it, path, f'sequence "{it.name}" lacks a step', error.message)
            return
        ready = ready_of(bench.status(made.key)) or _not_ready("Subscription")
        reference = {"name": made.name, "namespace": made.namespace}
        shown.append({"subscription": reference, "ready": ready})
    fields["subscriptionStatuses"] = shown
    _mark(conditions, "Subscriptions", shown)
    policies_ready(conditions)


def _show_channels(
    it: Resource[SequenceSpec], bench: Bench, conditions: Conditions, fields: Json
) -> None:
    shown: list[Json] = []
    for number in range(len(it.spec.steps)):
        reference = steps.reference(it, _name(it, number))
        group = reference["apiVersion"].rpartition("/")[0]
        status = bench.status(
            bench.kinds[group, reference["kind"]].key(it.namespace, reference["name"])
        )
        if number == 0:
            url = url_of(status)
            if url:
                fields["address"] = {"url": url}
                conditions.true("Addressable")
            else:
                conditions.unknown("Addressable", "emptyAddress", "addressable is nil")
        ready = ready_of(status) or _not_ready("Channel")
        shown.append({"channel": reference, "ready": ready})
    fields["channelStatuses"] = shown
    _mark(conditions, "Channels", shown)


def _mark(conditions: Conditions, what: str, shown: list[Json]) -> None:
    if shown and all(part["ready"]["status"] == "True" for part in shown):
        conditions.true(f"{what}Ready")
    else:
        text = f"{what} are not ready yet, or there are none"
        conditions.unknown(f"{what}Ready", f"{what}NotReady", text)


def _not_ready(what: str) -> Json:
    text = f"{what} does not have Ready condition"
    return {"type": "Ready", "status": "Unknown", "reason": "NoReady", "message": text}


def _name(it: Resource[Any], number: int) -> str:
    """Of a channel, and of the subscription to it."""
    return f"{it.name}-kn-sequence-{number}"


def _subscription(it: Resource[SequenceSpec], number: int) -> Json:
    spec = it.object["spec"]
    step = spec["steps"][number]
    if number + 1 < len(spec["steps"]):
        reply = {"ref": steps.reference(it, _name(it, number + 1))}
    else:
        reply = spec.get("reply")
    return steps.subscription(
        it,
        _name(it, number),
        _name(it, number),
        {name: value for name, value in step.items() if name != "delivery"},
        reply=reply,
        delivery=step.get("delivery"),
    )


def _tell(it: Resource[SequenceSpec], bench: Bench) -> None:
    template = it.object["spec"]["channelTemplate"]
    tell_if_idle(bench, it, template, ("spec", "channelTemplate"))
    for number, step in enumerate(it.spec.steps):
        tell_if_dangling(bench, it, ("spec", "steps", number), step)
        sink = step.delivery.dead_letter_sink if step.delivery else None
        path = ("spec", "steps", number, "delivery", "deadLetterSink")
        tell_if_dangling(bench, it, path, sink)
    tell_if_dangling(bench, it, ("spec", "reply"), it.spec.reply)
