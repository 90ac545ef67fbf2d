"""What the API serves, and the documents by which clients find out.

    /api, /apis                   versions and groups; or, aggregated, everything in one answer
    /api/v1, /apis/G, /apis/G/V   the same in parts, for older clients
    /openapi/v3                   so much of the schemas as kubectl needs to send an object at all

Order is what clients show: core first, then Kubernetes' own groups, then the others by name;
within a group the stablest version first; within a version by plural.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from kne.kinds.base import Column, Kind
from kne.model.resource import Json, Key

VERBS = ("get", "list", "watch")
"""What can be done with objects; they change in their files."""

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"


@dataclass(frozen=True, slots=True)
class Served:
    """One kind of object in one version."""

    group: str
    version: str
    kind: str
    plural: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    namespaced: bool = True
    columns: tuple[Column, ...] = ()

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        return self.kind.lower()

    @property
    def resource(self) -> str:
        """As messages name it: `triggers.eventing.knative.dev`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def key(self, namespace: str, name: str) -> Key:
        """The key of an object of this kind."""
        return Key(self.group, self.kind, namespace if self.namespaced else "", name)


EVENTS = Served("", "v1", "Event", "events", short_names=("ev",))
"""Asked for by every `kubectl describe`; there are none unless something makes them."""


class Catalogue:
    """Everything that is served, in order."""

    def __init__(self, kinds: Iterable[Kind[Any]]) -> None:
        found = [_served(kind) for kind in kinds]
        if not any((it.group, it.kind) == ("", "Event") for it in found):
            found.append(EVENTS)
        self._all = sorted(found, key=_rank)
        self._by_path = {(it.group, it.version, it.plural): it for it in self._all}

    def __iter__(self) -> Iterator[Served]:
        return iter(self._all)

    def find(self, group: str, version: str, plural: str) -> Served | None:
        """The kind that is served there."""
        return self._by_path.get((group, version, plural))

    def of(self, group: str, version: str) -> list[Served]:
        """All kinds of one version of a group."""
        return [it for it in self._all if (it.group, it.version) == (group, version)]

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """The groups, and the versions of each, in order; the core group is `""`."""
        by_group = groupby(self._all, key=lambda it: it.group)
        return {group: list(dict.fromkeys(it.version for it in its)) for group, its in by_group}

    @property
    def paths(self) -> list[str]:
        """Every address that lists something."""
        found = ["/api", "/api/v1", "/apis"]
        for group, versions in self.groups.items():
            if group:
                found += [f"/apis/{group}", *(f"/apis/{group}/{one}" for one in versions)]
        return [*found, "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]


def _served(kind: Kind[Any]) -> Served:
    return Served(
        kind.group,
        kind.version,
        kind.kind,
        kind.plural,
        tuple(kind.short_names),
        tuple(kind.categories),
        kind.namespaced,
        tuple(kind.columns),
    )


def _rank(it: Served) -> tuple[object, ...]:
    own = bool(it.group) and not (it.group.endswith(".k8s.io") or "." not in it.group)
    return (bool(it.group), own, it.group, _age(it.version), it.plural)


def _age(version: str) -> tuple[int, int, int]:
    """Sorts v2, v1, v1beta2, v1beta1, v1alpha1 (apimachinery pkg/version, kube-aware order)."""
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if not match:
        return (3, 0, 0)
    stage = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (stage, -int(match[1]), -int(match[3] or 0))


# Documents


def core_versions(address: str) -> Json:
    """`/api`."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group_list(catalogue: Catalogue) -> Json:
    """`/apis`."""
    groups = [_group(group, versions) for group, versions in catalogue.groups.items() if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group_document(catalogue: Catalogue, group: str) -> Json | None:
    """`/apis/G`, None if there is no such group."""
    versions = catalogue.groups.get(group) if group else None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, versions)} if versions else None


def _group(group: str, versions: Sequence[str]) -> Json:
    named = [{"groupVersion": f"{group}/{one}", "version": one} for one in versions]
    return {"name": group, "versions": named, "preferredVersion": named[0]}


def resource_list(catalogue: Catalogue, group: str, version: str) -> Json | None:
    """`/api/v1` and `/apis/G/V`, None if there is no such version."""
    found = catalogue.of(group, version)
    if not found:
        return None
    resources: list[Json] = []
    for it in found:
        entry = {
            "name": it.plural,
            "singularName": it.singular,
            "namespaced": it.namespaced,
            "kind": it.kind,
            "verbs": list(VERBS),
            **_words(it),
        }
        resources += [entry, _status(it)]
    head: Json = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if group else {})
    return {**head, "groupVersion": found[0].api_version, "resources": resources}


def _status(it: Served) -> Json:
    return {
        "name": f"{it.plural}/status",
        "singularName": "",
        "namespaced": it.namespaced,
        "kind": it.kind,
        "verbs": ["get"],
    }


def _words(it: Served) -> Json:
    found: Json = {"shortNames": list(it.short_names)} if it.short_names else {}
    return {**found, "categories": list(it.categories)} if it.categories else found


def aggregated(catalogue: Catalogue, version: str, *, core: bool) -> Json:
    """`/api` or `/apis` with everything below, in a version of the discovery API."""
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [_version(catalogue, group, one) for one in versions],
        }
        for group, versions in catalogue.groups.items()
        if bool(group) != core
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }


def _version(catalogue: Catalogue, group: str, version: str) -> Json:
    resources = [_resource(it) for it in catalogue.of(group, version)]
    return {"version": version, "resources": resources, "freshness": "Current"}


def _resource(it: Served) -> Json:
    # of Kubernetes' own kinds the server leaves group and version of the answer empty
    own = "." in it.group and not it.group.endswith(".k8s.io")
    kind = {
        "group": it.group if own else "",
        "version": it.version if own else "",
        "kind": it.kind,
    }
    return {
        "resource": it.plural,
        "responseKind": kind,
        "scope": "Namespaced" if it.namespaced else "Cluster",
        "singularResource": it.singular,
        "verbs": list(VERBS),
        **_words(it),
        "subresources": [{"subresource": "status", "responseKind": kind, "verbs": ["get"]}],
    }


# OpenAPI


def openapi_index(catalogue: Catalogue) -> Json:
    """`/openapi/v3`: which versions have schemas."""
    paths = [
        f"apis/{group}/{one}" if group else f"api/{one}"
        for group, versions in catalogue.groups.items()
        for one in versions
    ]
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}}


def openapi(catalogue: Catalogue, group: str, version: str) -> Json | None:
    """`/openapi/v3/apis/G/V`: the kinds with their outlines, and that the server checks fields.

    kubectl sends no object whose kind it does not find here.
    """
    found = catalogue.of(group, version)
    if not found:
        return None
    return {
        "openapi": "3.0.0",
        "info": {"title": "kne", "version": version},
        "paths": dict(_path(it) for it in found),
        "components": {"schemas": {_schema_name(it): _schema(it) for it in found}},
    }


def _gvk(it: Served) -> Json:
    return {"group": it.group, "version": it.version, "kind": it.kind}


def _schema_name(it: Served) -> str:
    host = ".".join(reversed((it.group or "core.k8s.io").split(".")))
    return f"{host}.{it.version}.{it.kind}"


def _path(it: Served) -> tuple[str, Json]:
    scope = "namespaces/{namespace}/" if it.namespaced else ""
    root = f"/apis/{it.api_version}" if it.group else f"/api/{it.version}"
    check = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
    patch = {
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": _gvk(it),
        "parameters": [check],
        "responses": {"200": {"description": "OK"}},
    }
    return f"{root}/{scope}{it.plural}/{{name}}", {"patch": patch}


def _schema(it: Served) -> Json:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    properties = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": anything,
        "spec": anything,
        "status": anything,
    }
    return {
        "type": "object",
        "properties": properties,
        "x-kubernetes-group-version-kind": [_gvk(it)],
    }
