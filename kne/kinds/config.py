"""What the ConfigMaps of namespace knative-eventing say, with the shipped defaults (core 10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from kne.addresses import SYSTEM_NAMESPACE
from kne.model.resource import Json

SHIPPED_FEATURES = {
    "kreference-group": "disabled",
    "delivery-retryafter": "disabled",
    "delivery-timeout": "enabled",
    "kreference-mapping": "disabled",
    "transport-encryption": "disabled",
    "eventtype-auto-create": "disabled",
    "authentication-oidc": "disabled",
    "default-authorization-mode": "allow-same-namespace",
    "cross-namespace-event-links": "disabled",
    "new-apiserversource-filters": "disabled",
    "requestreply-default-timeout": "PT30S",
}
"""Spec core 10.1."""

SHIPPED_BROKER: Json = {
    "clusterDefault": {
        "brokerClass": "MTChannelBasedBroker",
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "config-br-default-channel",
        "namespace": "knative-eventing",
        "delivery": {"retry": 10, "backoffPolicy": "exponential", "backoffDelay": "PT0.2S"},
    }
}
"""Spec core 10.2."""

SHIPPED_CHANNEL: Json = {
    "clusterDefault": {"apiVersion": "messaging.knative.dev/v1", "kind": "InMemoryChannel"}
}
"""Spec core 10.3; the shipped sample namespace is left out."""

SHIPPED_MAPS: Mapping[tuple[str, str], Mapping[str, str]] = {
    (SYSTEM_NAMESPACE, "config-br-default-channel"): {
        "channel-template-spec": "apiVersion: messaging.knative.dev/v1\nkind: InMemoryChannel\n"
    }
}
"""ConfigMaps that are there although nobody wrote them, as after an installation (core 10.2)."""

_REFERENCE = ("apiVersion", "kind", "name", "namespace", "group", "address")


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration that defaulting, admission and compile read.

    `maps` holds the data of every ConfigMap by (namespace, name).
    """

    features: Mapping[str, str] = field(default_factory=lambda: SHIPPED_FEATURES)
    broker: Json = field(default_factory=lambda: SHIPPED_BROKER)
    channel: Json = field(default_factory=lambda: SHIPPED_CHANNEL)
    maps: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=lambda: SHIPPED_MAPS)

    def enabled(self, feature: str) -> bool:
        """Whether a feature is on; values are case-insensitive (spec core 10.1)."""
        return self.features.get(feature, "").strip().lower() == "enabled"

    def broker_class(self, namespace: str) -> str:
        """The class of Brokers that name none; empty if there is no default.

        Source: pkg/apis/config/defaults.go, GetBrokerClass.
        """
        found = _entry(self.broker, namespace).get("brokerClass")
        return str(found or _cluster(self.broker).get("brokerClass") or "")

    def broker_defaults(self, namespace: str, wanted: str) -> Json | None:
        """The default entry for Brokers of class `wanted` ("" if none is named).

        It holds a reference to the Broker's configuration and `delivery`.  None: no defaults.
        Source: pkg/apis/config/defaults.go, GetBrokerConfig; spec core 9.2.1.
        """
        entry = _entry(self.broker, namespace)
        wanted = wanted or str(entry.get("brokerClass") or "")
        if wanted and entry:
            by_class = (entry.get("brokerClasses") or {}).get(wanted)
            if by_class:
                return dict(by_class)
            if entry.get("brokerClass") == wanted and _configured(entry):
                return entry
        cluster = _cluster(self.broker)
        if not _configured(cluster):
            return None
        return dict((cluster.get("brokerClasses") or {}).get(wanted) or cluster)

    def forbids_foreign_config(self, namespace: str) -> bool:
        """Whether a Broker's `spec.config` must be in the Broker's own namespace (core 6.4)."""
        key = "disallowDifferentNamespaceConfig"
        return bool(_entry(self.broker, namespace).get(key) or _cluster(self.broker).get(key))

    def channel_template(self, namespace: str = "") -> Json | None:
        """The channel that is made where no template is given (spec core 10.3).

        Without a namespace the cluster's: Sequence and Parallel ask so (spec core 5).
        """
        return _entry(self.channel, namespace) or _cluster(self.channel) or None


def _entry(defaults: Json, namespace: str) -> Json:
    found = (defaults.get("namespaceDefaults") or {}).get(namespace)
    return found if isinstance(found, dict) else {}


def _cluster(defaults: Json) -> Json:
    found = defaults.get("clusterDefault")
    return found if isinstance(found, dict) else {}


def _configured(entry: Json) -> bool:
    """Whether an entry says something itself, besides its class (`BrokerConfig` is not nil)."""
    return any(entry.get(name) for name in (*_REFERENCE, "delivery"))


def reference(entry: Json) -> Json | None:
    """The reference that a default entry holds, None if it holds none."""
    found = {name: entry[name] for name in _REFERENCE if entry.get(name)}
    return found or None


SYSTEM_MAPS = ("config-features", "config-br-defaults", "default-ch-webhook")
"""ConfigMaps whose change means that everything is defaulted and judged anew."""

STRUCTURED = {"config-br-defaults": "default-br-config", "default-ch-webhook": "default-ch-config"}
"""ConfigMaps of the system namespace that hold YAML, and the key that holds it."""


def read_config(maps: Mapping[tuple[str, str], Mapping[str, str]]) -> Config:
    """The configuration that these ConfigMaps make; keys that start with `_` are ignored.

    What cannot be read counts as shipped: admission has named the fault (`core.ConfigMap`).
    """

    def system(name: str) -> dict[str, str]:
        data = maps.get((SYSTEM_NAMESPACE, name)) or {}
        return {k: v for k, v in data.items() if not k.startswith("_")}

    def structure(name: str, shipped: Json) -> Json:
        text = system(name).get(STRUCTURED[name])
        try:
            loaded: Any = yaml.safe_load(text) if text else None
        except yaml.YAMLError:
            return shipped
        return loaded if isinstance(loaded, dict) else shipped

    return Config(
        features={**SHIPPED_FEATURES, **system("config-features")},
        broker=structure("config-br-defaults", SHIPPED_BROKER),
        channel=structure("default-ch-webhook", SHIPPED_CHANNEL),
        maps={**SHIPPED_MAPS, **maps},
    )
