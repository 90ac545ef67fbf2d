"""Which kinds there are: by apiVersion and kind, by the words of a command line, all of them.

A kind that is emulated stands here as a string, so that nothing is imported before a manifest or a
question asks for it; adding one is a line.  Kinds that are only kept stand in `kne.kinds.kept`.
"""

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kne.errors import ManifestError
from kne.kinds.base import Kind
from kne.kinds.kept import KEPT
from kne.model.strict import nearest

EMULATED: Mapping[tuple[str, str], str] = {
    ("v1", "Namespace"): "kne.kinds.core:Namespace",
    ("v1", "Service"): "kne.kinds.core:Service",
    ("v1", "ConfigMap"): "kne.kinds.core:ConfigMap",
    ("v1", "Secret"): "kne.kinds.core:Secret",
    ("v1", "ServiceAccount"): "kne.kinds.core:ServiceAccount",
    ("v1", "Pod"): "kne.kinds.core:Pod",
    ("v1", "Event"): "kne.kinds.core:Event",
    ("apps/v1", "Deployment"): "kne.kinds.core:Deployment",
    ("batch/v1", "Job"): "kne.kinds.core:Job",
    ("serving.knative.dev/v1", "Service"): "kne.kinds.serving:KnativeService",
    ("eventing.knative.dev/v1", "Broker"): "kne.kinds.eventing:Broker",
    ("eventing.knative.dev/v1", "Trigger"): "kne.kinds.eventing:Trigger",
    ("messaging.knative.dev/v1", "Channel"): "kne.kinds.messaging:Channel",
    ("messaging.knative.dev/v1", "InMemoryChannel"): "kne.kinds.messaging:InMemoryChannel",
    ("messaging.knative.dev/v1", "Subscription"): "kne.kinds.messaging:Subscription",
    ("flows.knative.dev/v1", "Sequence"): "kne.kinds.flows:Sequence",
    ("flows.knative.dev/v1", "Parallel"): "kne.kinds.flows:Parallel",
}
"""(apiVersion, kind) to `module:Class`; of a kind's versions the first is the one that counts."""

_HINTS: Mapping[str, str] = {
    "Kustomization": "kne reads plain manifests: render it first, with kubectl kustomize FOLDER"
}
"""What to do about kinds that no cluster knows, and that stand among manifests all the same."""


class UnknownKind(ManifestError):
    """No such kind, or not in that version; `field` is the one that is probably wrong."""

    def __init__(self, message: str, *, field: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class Registry(Mapping[tuple[str, str], Kind[Any]]):
    """Kinds by (group, kind); each is made when it is first asked for.

    `emulated` is a table like `EMULATED`, `kept` one like `KEPT`.
    """

    def __init__(
        self, emulated: Mapping[tuple[str, str], str], kept: Mapping[tuple[str, str], type[Any]]
    ) -> None:
        self._makers: dict[tuple[str, str], str | type[Any]] = {}
        self._made: dict[tuple[str, str], Kind[Any]] = {}
        self._served: dict[tuple[str, str], tuple[str, str]] = {}
        for (api_version, kind), maker in emulated.items():
            self._serve(api_version, kind, maker)
        for (group, kind), each in kept.items():
            for version in each.versions:
                self._serve(f"{group}/{version}" if group else version, kind, each)

    def _serve(self, api_version: str, kind: str, maker: str | type[Any]) -> None:
        key = (api_version.rpartition("/")[0], kind)
        self._served[api_version, kind] = key
        self._makers.setdefault(key, maker)

    def __getitem__(self, key: tuple[str, str]) -> Kind[Any]:
        if key not in self._made:
            maker = self._makers[key]
            if isinstance(maker, str):
                module, _, name = maker.partition(":")
                maker = getattr(importlib.import_module(module), name)
            self._made[key] = maker()
        return self._made[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def api_versions(self, group: str, kind: str) -> tuple[str, ...]:
        """Every apiVersion of a kind; the first is the one that counts."""
        return tuple(version for (version, _), key in self._served.items() if key == (group, kind))

    def find(self, api_version: str, kind: str) -> Kind[Any]:
        """The kind of an object; kinds are found in any case, as kubectl finds them.

        Raises:
            UnknownKind: there is none; in kubectl's words, and with what was probably meant.
        """
        key = self._served.get((api_version, kind))
        if key is None:
            lower = kind.lower()
            for (version, name), served in self._served.items():
                if version == api_version and name.lower() == lower:
                    key = served
                    break
            else:
                raise self._unknown(api_version, kind)
        return self[key]

    def by_resource(self, word: str) -> Kind[Any] | None:
        """The kind that `kubectl get WORD` means.

        Plural, singular or short name, with or without the group, or version and group, after it.
        """
        name, _, domain = word.lower().partition(".")
        for (group, kind), found in self.items():
            names = (found.plural, kind.lower(), *found.short_names)
            versions = (version.rpartition("/")[2] for version in self.api_versions(group, kind))
            domains = ("", group, *(f"{version}.{group}" for version in versions))
            if name in names and domain in domains:
                return found
        return None

    def _unknown(self, api_version: str, kind: str) -> UnknownKind:
        if api_version.count("/") > 1:
            message = f"unexpected GroupVersion string: {api_version}"
            return UnknownKind(message, field="apiVersion")
        message = f'no matches for kind "{kind}" in version "{api_version}"'
        versions = [version for version, name in self._served if name.lower() == kind.lower()]
        if versions:
            return UnknownKind(
                message, field="apiVersion", hint=f"use {_closest(api_version, versions)}"
            )
        if kind in _HINTS:
            return UnknownKind(message, field="kind", hint=_HINTS[kind])
        group = api_version.rpartition("/")[0]
        near = nearest(kind, [name for of, name in self._makers if of == group])
        if near:
            return UnknownKind(message, field="kind", hint=f'did you mean "{near}"?')
        near = nearest(kind, [name for _, name in self._makers])
        if not near:
            return UnknownKind(message, field="kind")
        versions = [version for version, name in self._served if name == near]
        hint = f'did you mean "{near}" of {_closest(api_version, versions)}?'
        return UnknownKind(message, field="kind", hint=hint)


def _closest(api_version: str, versions: list[str]) -> str:
    """The apiVersion that was probably meant; of the same group the one that counts."""
    group = api_version.rpartition("/")[0]
    same = [version for version in versions if version.rpartition("/")[0] == group]
    if same:
        return same[0]
    return nearest(api_version, versions) or versions[0]


@cache
def kinds() -> Registry:
    """Every kind that kne knows."""
    return Registry(EMULATED, KEPT)


def find(api_version: str, kind: str) -> Kind[Any]:
    """The kind of an object.

    Raises:
        UnknownKind: there is none (a ManifestError, without a place).
    """
    return kinds().find(api_version, kind)


def by_resource(word: str) -> Kind[Any] | None:
    """The kind that `kubectl get WORD` means, None if there is none."""
    return kinds().by_resource(word)
