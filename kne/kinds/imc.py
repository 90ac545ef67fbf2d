"""InMemoryChannel: a hub of the data plane, and the service people address it by (spec core 4.5).

It shows its subscribers in `spec` as if the controller had patched them in there.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from kne import addresses
from kne.kinds import delivery as deliveries
from kne.kinds.base import AGE, READY, REASON, URL, Bench, Kind, Unresolved
from kne.kinds.config import Config
from kne.kinds.dangling import dangling
from kne.kinds.defaults import annotate, namespace_of, spec_of
from kne.kinds.faults import generic
from kne.kinds.statuses import NO_SINK, http, is_child, observed, policies_ready
from kne.model.duck import Delivery
from kne.model.resource import Conditions, Fault, Json, Key, Model, Resource
from kne.plane.table import Hub, Link

SUBSCRIBABLE = "messaging.knative.dev/subscribable"
ASYNC = "messaging.knative.dev/async-handler"
SCOPE = "eventing.knative.dev/scope"
TRUE = ("1", "t", "T", "TRUE", "true", "True")
"""What Go's `strconv.ParseBool` takes for true."""


class Subscriber(Model):
    """One subscriber of a channel, as its Subscription was resolved."""

    name: str = ""
    """Name of the Subscription."""

    uid: str = ""
    """Uid of the Subscription."""

    generation: int = 0
    """Generation of the Subscription."""

    subscriber_uri: str = ""
    """Where events go."""

    subscriber_ca_certs: str = Field(default="", alias="subscriberCACerts")
    """Certificates to trust there, PEM."""

    subscriber_audience: str = ""
    """OIDC audience of the subscriber."""

    reply_uri: str = ""
    """Where the subscriber's answers go."""

    reply_ca_certs: str = Field(default="", alias="replyCACerts")
    """Certificates to trust there, PEM."""

    reply_audience: str = ""
    """OIDC audience of the reply."""

    delivery: Delivery | None = None
    """How hard to try, and what to do with events that cannot be delivered."""

    auth: dict[str, Any] | None = None
    """Identity of the Subscription."""


class InMemoryChannelSpec(Model):
    """A channel that lives in memory."""

    delivery: Delivery | None = None
    """Delivery of the Subscriptions that have none of their own."""

    subscribers: tuple[Subscriber, ...] = ()
    """Who gets the events; kept by kne, one for each Subscription."""


class InMemoryChannel(Kind[InMemoryChannelSpec]):
    """A place where events arrive and fan out to all subscribers; nothing outlives kne."""

    group = "messaging.knative.dev"
    version = "v1"
    kind = "InMemoryChannel"
    plural = "inmemorychannels"
    short_names = ("imc",)
    categories = ("all", "knative", "messaging", "channel")
    columns = (URL, AGE, READY, REASON)
    Spec = InMemoryChannelSpec
    webhook = "validation.inmemorychannel.eventing.knative.dev"

    def default(self, it: Json, config: Config) -> None:
        annotate(it, SUBSCRIBABLE, "v1")
        deliveries.default_namespace(spec_of(it).get("delivery"), namespace_of(it))

    def validate(self, it: Resource[InMemoryChannelSpec], config: Config) -> Iterator[Fault]:
        """Its delivery is not looked at (spec core 9.3.1)."""
        for number, subscriber in enumerate(it.spec.subscribers):
            if not subscriber.subscriber_uri and not subscriber.reply_uri:
                yield generic(
                    "missing field(s)",
                    f"spec.subscribable.subscriber[{number}].replyURI",
                    f"spec.subscribable.subscriber[{number}].subscriberURI",
                    at=("spec", "subscribers", number),
                    details="expected at least one of, got none",
                )
        scope = it.annotations.get(SCOPE)
        if scope not in (None, "cluster", "namespace"):
            yield generic(
                f"invalid value: {scope}",
                f"metadata.annotations.[{SCOPE}]",
                at=("metadata", "annotations", SCOPE),
                details="expected either 'cluster' or 'namespace'",
            )

    def expand(self, it: Resource[InMemoryChannelSpec], bench: Bench) -> None:
        bench.make(it, _service(it))

    def compile(self, it: Resource[InMemoryChannelSpec], bench: Bench) -> Json:
        conditions = Conditions(
            "Addressable",
            "ChannelServiceReady",
            "DeadLetterSinkResolved",
            "EndpointsReady",
            "EventPoliciesReady",
            "ServiceReady",
        )
        for name in ("DispatcherReady", "ServiceReady", "EndpointsReady", "ChannelServiceReady"):
            conditions.true(name)
        try:
            dead_letter = _dead_letter(it, conditions, bench)
        except Unresolved as error:
            reason = "Unable to get the DeadLetterSink's URI"
            conditions.false("DeadLetterSinkResolved", reason, error.message)
            if not is_child(it):
                dangling(bench, it, ("spec", "delivery", "deadLetterSink"), error)
            return observed(it, conditions)
        conditions.true("Addressable")
        policies_ready(conditions)
        address = addresses.channel(it.namespace, it.name)
        bench.parts.hubs[address] = Hub(
            address, it.namespace, it.name, asynchronous=it.annotations.get(ASYNC) in TRUE
        )
        _add_given(it, bench)
        return observed(it, conditions, address=http(address), deadLetterSinkUri=dead_letter)

    def finish(
        self, it: Resource[InMemoryChannelSpec], bench: Bench, status: Json | None
    ) -> Json | None:
        """With its subscribers in."""
        found = _entries(it.key, bench)
        if not found:
            return None
        spec = {**it.object["spec"], "subscribers": found}
        shown = {**(status or {}), "subscribers": served(it.key, bench)}
        return {**it.object, "spec": spec, "status": shown}


def _dead_letter(
    it: Resource[InMemoryChannelSpec], conditions: Conditions, bench: Bench
) -> str | None:
    sink = it.spec.delivery.dead_letter_sink if it.spec.delivery else None
    if sink is None:
        conditions.true("DeadLetterSinkResolved", *NO_SINK)
        return None
    url = bench.resolve(sink, it)
    conditions.true("DeadLetterSinkResolved")
    return url


def _entries(channel: Key, bench: Bench) -> list[Json]:
    found = bench.parts.links.get(channel, ())
    return [entry for entry, _ in sorted(found, key=lambda pair: pair[1].name)]


def served(channel: Key, bench: Bench) -> list[Json]:
    """The subscribers of a channel as its status shows them."""
    return [
        {
            "uid": entry.get("uid", ""),
            "observedGeneration": entry.get("generation", 0),
            "ready": "True",
        }
        for entry in _entries(channel, bench)
    ]


def _service(it: Resource[Any]) -> Json:
    """The service that a channel is addressed by (spec core 4.5)."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": addresses.child_name(it.name, addresses.CHANNEL_SUFFIX),
            "namespace": it.namespace,
            "labels": {"messaging.knative.dev/role": "in-memory-channel"},
        },
        "spec": {
            "type": "ExternalName",
            "externalName": addresses.DISPATCHER_HOST,
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80}],
        },
    }


def _add_given(it: Resource[InMemoryChannelSpec], bench: Bench) -> None:
    """Subscribers that the user wrote into the channel himself are served, too."""
    entries: list[Json] = it.object["spec"].get("subscribers") or []
    for number, entry in enumerate(entries):
        try:
            link = _link(it, entry, number)
        except ValueError as error:
            path = ("spec", "subscribers", number)
            text = f'inmemorychannel "{it.name}": subscriber {number} is left out'
            bench.problem(it, path, text, str(error))
        else:
            bench.parts.links.setdefault(it.key, []).append((entry, link))


def _link(it: Resource[InMemoryChannelSpec], entry: Json, number: int) -> Link:
    """The link of a subscriber's entry.

    Raises:
        ValueError: nothing can be delivered there.
    """
    to, delivery = entry.get("subscriberUri"), entry.get("delivery")
    if not to:
        raise ValueError("it has no subscriberUri")
    name = f"subscription/{it.namespace}/{entry.get('name') or f'{it.name}-{number}'}"
    retry, sink = deliveries.retry(delivery), deliveries.sink(delivery)
    return Link(name, to, entry.get("replyUri"), sink, retry)
