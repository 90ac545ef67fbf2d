"""Resources for the tests of this package, made without manifests."""

from dataclasses import dataclass
from typing import Any

from kne.errors import Where
from kne.model.resource import Json, Key, Model, Path, Resource


class Anything(Model):
    """A spec nobody looks into."""


@dataclass(frozen=True)
class At:
    """All fields of a document in one place."""

    file: str
    line: int = 1

    def place(self, path: Path) -> Where:
        return Where(self.file, self.line, 1)


GROUPS = {
    "Trigger": "eventing.knative.dev",
    "Broker": "eventing.knative.dev",
    "InMemoryChannel": "messaging.knative.dev",
    "ConfigMap": "",
    "Namespace": "",
}


def key(kind: str, name: str, namespace: str = "default") -> Key:
    return Key(GROUPS[kind], kind, namespace, name)


def resource(
    kind: str, name: str, *, file: str = "a.yaml", line: int = 1, **content: Any
) -> Resource[Anything]:
    """An object of namespace default; `content` is what stands beside the metadata."""
    group = GROUPS[kind]
    made: Json = {
        "apiVersion": f"{group}/v1" if group else "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        **content,
    }
    return Resource(key(kind, name), made, Anything(), file, At(file, line))
