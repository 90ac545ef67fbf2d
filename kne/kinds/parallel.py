"""Parallel: branches that each get the event if their filter answers it (spec core 5.2).

    channel -> filter of a branch -> its answer into the branch's channel -> subscriber -> reply

All branches whose filter answers with an event are taken, with that event.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kne.kinds import destinations, steps
from kne.kinds.base import AGE, READY, REASON, URL, Bench, Kind, Refused
from kne.kinds.config import Config
from kne.kinds.dangling import tell_if_dangling
from kne.kinds.defaults import namespace_of, parts, spec_of
from kne.kinds.faults import generic, missing, report, within
from kne.kinds.statuses import observed, policies_ready
from kne.kinds.template import ChannelTemplate, tell_if_idle, template_faults
from kne.model.duck import Delivery, Destination
from kne.model.resource import Conditions, Fault, Json, Model, Resource, ready_of

UNSET: Json = {"type": "", "status": ""}
"""A condition that upstream has not filled in."""


class Branch(Model):
    """One branch."""

    filter: Destination | None = None
    """Takes the branch by answering with an event; without it the branch is always taken."""

    subscriber: Destination = Destination()
    """Who gets the filter's answer, or the event if there is no filter."""

    reply: Destination | None = None
    """Where the subscriber's answer goes; where that of the Parallel says if absent."""

    delivery: Delivery | None = None
    """How hard to try with the subscriber; not with the filter."""


class ParallelSpec(Model):
    """Branches that get the same event."""

    branches: tuple[Branch, ...] = ()
    """The branches; all whose filter passes are taken."""

    channel_template: ChannelTemplate | None = None
    """What channels to use; the cluster's default if absent."""

    reply: Destination | None = None
    """Where answers go of branches that name no reply of their own."""


class Parallel(Kind[ParallelSpec]):
    """Hand an event to several branches, each with a filter of its own."""

    group = "flows.knative.dev"
    version = "v1"
    kind = "Parallel"
    plural = "parallels"
    categories = ("all", "knative", "flows")
    columns = (URL, AGE, READY, REASON)
    Spec = ParallelSpec

    def default(self, it: Json, config: Config) -> None:
        steps.default_template(it, config)
        for branch in parts(spec_of(it), "branches"):
            for name in ("filter", "subscriber", "reply"):
                destinations.default_namespace(branch.get(name), namespace_of(it))
        destinations.default_namespace(spec_of(it).get("reply"), namespace_of(it))

    def validate(self, it: Resource[ParallelSpec], config: Config) -> Iterator[Fault]:
        """Source: pkg/apis/flows/v1/parallel_validation.go."""
        if not it.spec.branches:
            yield missing("spec", "branches")
        for number, branch in enumerate(it.spec.branches):
            for name in ("filter", "subscriber", "reply"):
                destination: Destination | None = getattr(branch, name)
                found = (
                    [] if destination is None else list(destinations.faults(destination, config))
                )
                if found:
                    # upstream keeps the reason to itself
                    at = ("spec", "branches", number, name, *found[0].at)
                    path, value = f"spec.branches.{name}[{number}]", _printed(branch)
                    yield generic(f"invalid value: {value}", path, at=at, hint=report(found))
        yield from within(("spec",), template_faults(it.spec.channel_template))
        if it.spec.channel_template is not None and it.spec.reply is not None:
            yield from within(("spec", "reply"), destinations.faults(it.spec.reply, config))

    def expand(self, it: Resource[ParallelSpec], bench: Bench) -> None:
        with suppress(Refused):  # told when it is compiled
            for name in _channels(it):
                bench.make(it, steps.channel(it, name))

    def address(self, it: Resource[ParallelSpec], bench: Bench) -> str | None:
        return steps.address(it, f"{it.name}-kn-parallel", bench)

    def compile(self, it: Resource[ParallelSpec], bench: Bench) -> Json:
        conditions = Conditions(
            "Addressable", "ChannelsReady", "EventPoliciesReady", "SubscriptionsReady"
        )
        fields: Json = {
            "branchStatuses": [],
            "ingressChannelStatus": {"channel": {}, "ready": UNSET},
        }
        _connect(it, bench, conditions, fields)
        _tell(it, bench)
        return observed(it, conditions, **fields)


def _connect(
    it: Resource[ParallelSpec], bench: Bench, conditions: Conditions, fields: Json
) -> None:
    """Channels, then the two subscriptions of each branch; what cannot be made ends it.

    Source: pkg/reconciler/parallel/parallel.go.
    """
    for step, name in enumerate(_channels(it), -1):
        try:
            bench.child(it, steps.channel(it, name))
        except Refused as error:
            text = steps.cannot_make(it, name, step, error, bench)
            conditions.false("ChannelsReady", "ChannelsNotReady", text)
            return
    shown = _show_channels(it, bench, conditions, fields)
    ready = True
    for number in range(len(it.spec.branches)):
        for made, field in (
            (_filter_subscription(it, number), "filterSubscriptionStatus"),
            (_branch_subscription(it, number), "subscriberSubscriptionStatus"),
        ):
            try:
                sub = bench.child(it, made)
            except Refused as error:
                path = ("spec", "branches", number)
                bench.problem(it, path, f'parallel "{it.name}" lacks a branch', error.message)
                return
            condition = ready_of(bench.status(sub.key)) or UNSET
            reference = {"name": sub.name, "namespace": sub.namespace}
            shown[number][field] = {"subscription": reference, "ready": condition}
            ready = ready and condition["status"] == "True"
    _mark(conditions, "Subscriptions", ready and bool(shown))
    policies_ready(conditions)


def _show_channels(
    it: Resource[ParallelSpec], bench: Bench, conditions: Conditions, fields: Json
) -> list[Json]:
    """Here a channel counts as ready once it has an address."""
    first, *rest = (_channel_status(it, name, bench) for name in _channels(it))
    fields["ingressChannelStatus"] = first
    url = steps.address(it, f"{it.name}-kn-parallel", bench)
    if url:
        fields["address"] = {"name": "http", "url": url}
        conditions.true("Addressable")
    else:
        conditions.false("Addressable", "emptyAddress", "addressable is nil")
    _mark(conditions, "Channels", all(it["ready"]["status"] == "True" for it in (first, *rest)))
    fields["branchStatuses"] = [
        {
            "filterChannelStatus": status,
            "filterSubscriptionStatus": {"subscription": {}, "ready": UNSET},
            "subscriberSubscriptionStatus": {"subscription": {}, "ready": UNSET},
        }
        for status in rest
    ]
    shown: list[Json] = fields["branchStatuses"]
    return shown


def _channel_status(it: Resource[ParallelSpec], name: str, bench: Bench) -> Json:
    ready: Json = {"type": "Ready", "status": "True"}
    if steps.address(it, name, bench) is None:
        text = "Channel is not addressable"
        ready.update(status="False", reason="NotAddressable", message=text)
    return {"channel": steps.reference(it, name), "ready": ready}


def _mark(conditions: Conditions, what: str, ready: bool) -> None:
    if ready:
        conditions.true(f"{what}Ready")
    else:
        text = f"{what} are not ready yet, or there are none"
        conditions.false(f"{what}Ready", f"{what}NotReady", text)


def _channels(it: Resource[ParallelSpec]) -> list[str]:
    """The channel of the whole, then one for each branch."""
    numbers = range(len(it.spec.branches))
    return [f"{it.name}-kn-parallel", *(_branch_name(it, number) for number in numbers)]


def _branch_name(it: Resource[Any], number: int) -> str:
    """Of a branch's channel, and of the subscription to it."""
    return f"{it.name}-kn-parallel-{number}"


def _filter_subscription(it: Resource[ParallelSpec], number: int) -> Json:
    """From the channel of the whole to that of the branch, through the filter if there is one."""
    branch = it.object["spec"]["branches"][number]
    onwards = {"ref": steps.reference(it, _branch_name(it, number))}
    name, source = f"{it.name}-kn-parallel-filter-{number}", f"{it.name}-kn-parallel"
    if branch.get("filter") is None:
        return steps.subscription(it, name, source, onwards)
    return steps.subscription(it, name, source, branch["filter"], reply=onwards)


def _branch_subscription(it: Resource[ParallelSpec], number: int) -> Json:
    spec, name = it.object["spec"], _branch_name(it, number)
    branch = spec["branches"][number]
    reply = branch.get("reply")
    return steps.subscription(
        it,
        name,
        name,
        branch["subscriber"],
        reply=spec.get("reply") if reply is None else reply,
        delivery=branch.get("delivery"),
    )


def _printed(branch: Branch) -> str:
    """A branch as Go prints it into messages."""
    subscriber = steps.printed(branch.subscriber)
    reply, delivery = steps.pointer(branch.reply), steps.pointer(branch.delivery)
    return f"{{{steps.pointer(branch.filter)} {subscriber} {reply} {delivery}}}"


def _tell(it: Resource[ParallelSpec], bench: Bench) -> None:
    template = it.object["spec"]["channelTemplate"]
    tell_if_idle(bench, it, template, ("spec", "channelTemplate"))
    for number, branch in enumerate(it.spec.branches):
        path = ("spec", "branches", number)
        tell_if_dangling(bench, it, (*path, "filter"), branch.filter)
        tell_if_dangling(bench, it, (*path, "subscriber"), branch.subscriber)
        tell_if_dangling(bench, it, (*path, "reply"), branch.reply)
        sink = branch.delivery.dead_letter_sink if branch.delivery else None
        tell_if_dangling(bench, it, (*path, "delivery", "deadLetterSink"), sink)
    tell_if_dangling(bench, it, ("spec", "reply"), it.spec.reply)
