"""What Sequence and Parallel are made of: channels and subscriptions (spec core 5).

Their children have plain names, neither cut nor hashed, and nothing but an owner.
"""

from typing import Any

from kne.kinds.base import Bench, Refused
from kne.kinds.config import Config
from kne.kinds.defaults import spec_of
from kne.kinds.template import physical
from kne.model.duck import Destination
from kne.model.resource import Json, Model, Resource

POINTER = "0xc000000000"
"""Where Go prints an address of its memory."""


def default_template(it: Json, config: Config) -> None:
    """The cluster's channel, never the namespace's: upstream looks it up too early (core 5)."""
    spec, template = spec_of(it), config.channel_template()
    if spec.get("channelTemplate") is None and template is not None:
        spec["channelTemplate"] = dict(template)


def reference(it: Resource[Any], name: str) -> Json:
    """The reference to one of its channels."""
    template = it.object["spec"]["channelTemplate"]
    return {
        "apiVersion": template["apiVersion"],
        "kind": template["kind"],
        "name": name,
        "namespace": it.namespace,
    }


def channel(it: Resource[Any], name: str) -> Json:
    """One of its channels, to be made."""
    return physical(it.object["spec"]["channelTemplate"], it, name)


def address(it: Resource[Any], name: str, bench: Bench) -> str | None:
    """The URL of one of its channels, whether or not the rest of it is ready."""
    template = it.object["spec"]["channelTemplate"]
    kind = bench.serves(template["apiVersion"], template["kind"])
    made = bench.find(kind.key(it.namespace, name)) if kind else None
    return kind.address(made, bench) if kind and made else None


def subscription(
    it: Resource[Any],
    name: str,
    source: str,
    subscriber: Json,
    *,
    reply: Json | None = None,
    delivery: Json | None = None,
) -> Json:
    """A subscription to its channel `source`, to be made."""
    wanted = {k: v for k, v in reference(it, source).items() if k != "namespace"}
    spec = {"channel": wanted, "subscriber": subscriber}
    if reply is not None:
        spec["reply"] = reply
    if delivery is not None:
        spec["delivery"] = delivery
    return {
        "apiVersion": "messaging.knative.dev/v1",
        "kind": "Subscription",
        "metadata": {"name": name, "namespace": it.namespace},
        "spec": spec,
    }


def cannot_make(it: Resource[Any], name: str, step: int, error: Refused, bench: Bench) -> str:
    """What upstream says when it cannot make a channel; the user is told, too."""
    template = it.object["spec"]["channelTemplate"]
    if bench.serves(template["apiVersion"], template["kind"]) is not None:
        text = f'{it.key.kind.lower()} "{it.name}" gets no channel'
        bench.problem(it, ("spec", "channelTemplate"), text, error.message)
    made = f"{{{template['kind']} {it.namespace} {name}  {template['apiVersion']}  }}"
    return (
        f"failed to reconcile channel {name} at step {step}: "
        f"failed to create channel {made}: {error.message}"
    )


def printed(destination: Destination) -> str:
    """A destination as Go prints it into messages."""
    ref = destination.ref
    text = (
        f"Kind = {ref.kind}, Namespace = {ref.namespace}, Name = {ref.name}, "
        f"APIVersion = {ref.api_version}, Group = {ref.group}, Address = {ref.address}"
        if ref
        else "<nil>"
    )
    certificates, audience = pointer(destination.ca_certs), pointer(destination.audience)
    return f"{{{text} {destination.uri} {certificates} {audience}}}"


def pointer(value: str | Model | None) -> str:
    """Whether a pointer is nil: all that Go prints of one."""
    return POINTER if value else "<nil>"
