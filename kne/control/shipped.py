"""What is in every cluster with Knative Eventing, and so is here unless the user gives his own.

The ConfigMaps of an installation with their shipped values (spec core 10), and the namespaces:
`default`, that of the system, and each one that an object is in.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from kne.addresses import SYSTEM_NAMESPACE
from kne.kinds.base import Kind
from kne.kinds.config import (
    SHIPPED_BROKER,
    SHIPPED_CHANNEL,
    SHIPPED_FEATURES,
    Config,
    read_config,
)
from kne.model.resource import Json, Key, Resource

ORIGIN = "kne"
CONFIG_MAP = ("", "ConfigMap")

CHANNEL_TEMPLATE: Json = {"apiVersion": "messaging.knative.dev/v1", "kind": "InMemoryChannel"}

MAPS: Mapping[str, Mapping[str, str]] = {
    "config-br-default-channel": {
        "channel-template-spec": yaml.safe_dump(CHANNEL_TEMPLATE, sort_keys=False)
    },
    "config-br-defaults": {"default-br-config": yaml.safe_dump(SHIPPED_BROKER, sort_keys=False)},
    "config-features": dict(SHIPPED_FEATURES),
    "config-ping-defaults": {"data-max-size": "-1"},
    "default-ch-webhook": {"default-ch-config": yaml.safe_dump(SHIPPED_CHANNEL, sort_keys=False)},
}
"""By name, all in the system's namespace; what each says is in spec core 10.1 to 10.4."""

_SPACE = uuid.UUID("6b6e6500-0000-5000-8000-000000000000")
"""Where the uids of what is here by itself are derived from, so that they are always the same."""


def configuration(maps: Mapping[tuple[str, str], Mapping[str, str]]) -> Config:
    """The configuration in force when these ConfigMaps, by (namespace, name), are given."""
    shipped = {(SYSTEM_NAMESPACE, name): data for name, data in MAPS.items()}
    return read_config({**shipped, **maps})


def configuration_of(given: Iterable[Resource[Any]]) -> Config:
    """The configuration that the ConfigMaps among these make."""
    maps = [it for it in given if it.key[:2] == CONFIG_MAP]
    return configuration({(it.namespace, it.name): it.object.get("data") or {} for it in maps})


def shipped(
    kinds: Mapping[tuple[str, str], Kind[Any]], given: Iterable[Resource[Any]], config: Config
) -> Iterator[Resource[Any]]:
    """What there is beside what was given."""
    keys = {it.key for it in given}
    for name, data in MAPS.items():
        made = _object("ConfigMap", name, namespace=SYSTEM_NAMESPACE)
        yield from _missing(kinds, keys, {**made, "data": dict(data)}, config)
    spaces = {"default", SYSTEM_NAMESPACE, *(key.namespace for key in keys if key.namespace)}
    for name in sorted(spaces):
        yield from _missing(kinds, keys, _object("Namespace", name), config)


def _object(kind: str, name: str, **more: str) -> Json:
    uid = str(uuid.uuid5(_SPACE, f"{kind}/{name}"))
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **more, "uid": uid}}


def _missing(
    kinds: Mapping[tuple[str, str], Kind[Any]], keys: set[Key], made: Json, config: Config
) -> Iterator[Resource[Any]]:
    kind = kinds["", made["kind"]]
    key = kind.key(made["metadata"].get("namespace", ""), made["metadata"]["name"])
    if key not in keys:
        kind.default(made, config)
        spec = kind.Spec.model_validate(made.get("spec") or {})
        yield Resource(key, made, spec, ORIGIN)
