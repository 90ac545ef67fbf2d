"""Which kinds the running kne serves, and what the words for them mean, as in kubectl.

A word is a plural, singular or short name, with group or version and group behind a dot, or a
category (`all`, `knative`).  Order is the server's, so tables come in kubectl's order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kne.errors import NotFound

if TYPE_CHECKING:
    from kne.client import Client

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind in one version, as discovery describes it."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full(self) -> str:
        """The name no other kind has: `brokers.eventing.knative.dev`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def label(self) -> str:
        """What stands before the slash in `broker.eventing.knative.dev/default`."""
        return f"{self.singular}.{self.group}" if self.group else self.singular

    def path(self, namespace: str = "", name: str = "") -> str:
        """Where its objects, or one of them, are served; no namespace means all of them."""
        parts = ["/apis" if self.group else "/api", self.api_version]
        if namespace and self.namespaced:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        if name:
            parts.append(quote(name, safe=""))
        return "/".join(parts)

    def is_called(self, word: str) -> bool:
        """True if the word, in lower case, means this kind."""
        if word in (self.plural, self.singular, self.kind.lower(), *self.short_names):
            return True
        name, _, rest = word.partition(".")
        return name in (self.plural, self.singular, *self.short_names) and rest in (
            self.group,
            f"{self.version}.{self.group}",
        )


def discover(client: "Client") -> tuple[ResourceType, ...]:
    """Every kind that is served, all versions, in the server's order of preference."""
    return tuple(it for root in ("/api", "/apis") for it in _below(client, root))


def _below(client: "Client", root: str) -> Iterator[ResourceType]:
    found = client.get(root, accept=AGGREGATED)
    if found.get("kind") == "APIGroupDiscoveryList":
        yield from _aggregated(found)
    elif root == "/api":
        for version in found.get("versions", ()):
            yield from _listed("", version, client.get(f"/api/{version}"))
    else:
        for group in found.get("groups", ()):
            for version in group.get("versions", ()):
                path = f"/apis/{version['groupVersion']}"
                yield from _listed(group["name"], version["version"], client.get(path))


def _aggregated(found: dict[str, Any]) -> Iterator[ResourceType]:
    for group in found.get("items", ()):
        for version in group.get("versions", ()):
            for it in version.get("resources", ()):
                yield ResourceType(
                    group=group.get("metadata", {}).get("name", ""),
                    version=version["version"],
                    plural=it["resource"],
                    singular=it.get("singularResource") or it["responseKind"]["kind"].lower(),
                    kind=it["responseKind"]["kind"],
                    namespaced=it.get("scope") != "Cluster",
                    short_names=tuple(it.get("shortNames", ())),
                    categories=tuple(it.get("categories", ())),
                    verbs=tuple(it.get("verbs", ())),
                )


def _listed(group: str, version: str, found: dict[str, Any]) -> Iterator[ResourceType]:
    for it in found.get("resources", ()):
        if "/" in it["name"]:
            continue  # a subresource
        yield ResourceType(
            group=group,
            version=version,
            plural=it["name"],
            singular=it.get("singularName") or it["kind"].lower(),
            kind=it["kind"],
            namespaced=bool(it.get("namespaced")),
            short_names=tuple(it.get("shortNames", ())),
            categories=tuple(it.get("categories", ())),
            verbs=tuple(it.get("verbs", ())),
        )


def preferred(types: Sequence[ResourceType]) -> list[ResourceType]:
    """Each kind once, in its first version."""
    first: dict[tuple[str, str], ResourceType] = {}
    for it in types:
        first.setdefault((it.group, it.plural), it)
    return list(first.values())


def one(types: Sequence[ResourceType], word: str) -> ResourceType:
    """The kind that the word means when one object is asked for.

    Raises:
        NotFound: no kind is called so.
    """
    lower = word.lower()
    for it in types:
        if it.is_called(lower):
            return it
    known = {name for it in types for name in (it.singular, it.plural, *it.short_names)}
    close = get_close_matches(lower, sorted(known), n=1)
    hint = f'did you mean "{close[0]}"? ' if close else ""
    raise NotFound(
        f'the server doesn\'t have a resource type "{word}"',
        hint=f"{hint}all of them: kne api-resources",
    )


def several(types: Sequence[ResourceType], words: str) -> list[ResourceType]:
    """The kinds that `brokers,triggers` or a category mean; a category wins, as in kubectl."""
    found: dict[ResourceType, None] = {}
    for word in words.split(","):
        of_category = [it for it in preferred(types) if word.lower() in it.categories]
        for it in of_category or [one(types, word)]:
            found.setdefault(it)
    return list(found)
