"""Kinds for tests: shaped like Knative's, without what makes those run."""

from collections.abc import Iterator, Mapping

from kne.kinds.base import Kind
from kne.kinds.config import Config
from kne.kinds.faults import invalid, missing, within
from kne.kinds.kept import KEPT
from kne.kinds.registry import Registry
from kne.model.duck import Delivery, Destination
from kne.model.duration import parse_duration
from kne.model.resource import Fault, Json, Model, Resource


class BrokerSpec(Model):
    delivery: Delivery | None = None
    config: dict[str, str] | None = None


class Broker(Kind[BrokerSpec]):
    """Defaults its config, and wants durations."""

    group = "eventing.knative.dev"
    version = "v1"
    kind = "Broker"
    plural = "brokers"
    Spec = BrokerSpec

    def default(self, it: Json, config: Config) -> None:
        spec = it.setdefault("spec", {})
        spec.setdefault("config", {"kind": "ConfigMap", "name": "default"})

    def validate(self, it: Resource[BrokerSpec], config: Config) -> Iterator[Fault]:
        delivery = it.spec.delivery
        if delivery is None:
            return
        if delivery.retry is not None and delivery.retry < 0:
            yield from within(("spec", "delivery"), [invalid(delivery.retry, "retry")])
        try:
            parse_duration(delivery.backoff_delay or "PT1S")
        except ValueError:
            fault = invalid(delivery.backoff_delay, "backoffDelay", hint="write PT2S")
            yield from within(("spec", "delivery"), [fault])


class Filter(Model):
    exact: dict[str, str] | None = None
    any: "tuple[Filter, ...]" = ()


class TriggerFilter(Model):
    attributes: dict[str, str] | None = None


class TriggerSpec(Model):
    broker: str = ""
    filter: TriggerFilter | None = None
    filters: tuple[Filter, ...] = ()
    subscriber: Destination = Destination()
    delivery: Delivery | None = None


class Trigger(Kind[TriggerSpec]):
    """Wants a broker."""

    group = "eventing.knative.dev"
    version = "v1"
    kind = "Trigger"
    plural = "triggers"
    short_names = ("trig",)
    Spec = TriggerSpec

    def validate(self, it: Resource[TriggerSpec], config: Config) -> Iterator[Fault]:
        if not it.spec.broker:
            yield missing("spec", "broker", details="it has no default")
        for key in (it.spec.filter and it.spec.filter.attributes) or {}:
            if not key.islower():
                yield invalid(key, "spec", "filter", "attributes", f"[{key}]")


class LooseSpec(Model):
    replicas: int = 1


class Loose(Kind[LooseSpec]):
    """Its spec is kept as it is."""

    group = ""
    version = "v1"
    Spec = LooseSpec
    loose = True


class ConfigMap(Loose):
    kind = "ConfigMap"
    plural = "configmaps"
    short_names = ("cm",)


class Secret(Loose):
    kind = "Secret"
    plural = "secrets"


class Namespace(Loose):
    kind = "Namespace"
    plural = "namespaces"
    namespaced = False


class Deployment(Loose):
    group = "apps"
    kind = "Deployment"
    plural = "deployments"
    categories = ("all",)


class Service(Loose):
    kind = "Service"
    plural = "services"


class KnativeService(Loose):
    group = "serving.knative.dev"
    kind = "Service"
    plural = "services"
    short_names = ("ksvc",)


FAKES: Mapping[tuple[str, str], str] = {
    ("v1", "Service"): "tests.kinds.fakes:Service",
    ("v1", "ConfigMap"): "tests.kinds.fakes:ConfigMap",
    ("v1", "Secret"): "tests.kinds.fakes:Secret",
    ("v1", "Namespace"): "tests.kinds.fakes:Namespace",
    ("apps/v1", "Deployment"): "tests.kinds.fakes:Deployment",
    ("serving.knative.dev/v1", "Service"): "tests.kinds.fakes:KnativeService",
    ("eventing.knative.dev/v1", "Broker"): "tests.kinds.fakes:Broker",
    ("eventing.knative.dev/v1", "Trigger"): "tests.kinds.fakes:Trigger",
}


def registry() -> Registry:
    """A registry of these kinds, and of those that are only kept."""
    return Registry(FAKES, KEPT)
