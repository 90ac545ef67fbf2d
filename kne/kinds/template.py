"""Channel templates: what channel a Broker, a Channel, a Sequence or a Parallel makes."""

from collections.abc import Iterator
from typing import Any

from kne.kinds.base import NO_RESOURCE, Bench
from kne.kinds.dangling import a
from kne.kinds.faults import missing
from kne.model.resource import Fault, Json, Model, Path, Resource


class ChannelTemplate(Model):
    """What channel to make."""

    api_version: str = ""
    """API group and version of the channel."""

    kind: str = ""
    """Kind of the channel."""

    spec: dict[str, Any] | None = None
    """Spec of the channel, passed on as it is."""


def template_faults(template: ChannelTemplate | None) -> Iterator[Fault]:
    """What admission says against a channel template, below the spec that holds it."""
    if template is None:
        yield missing("channelTemplate")
        return
    if not template.kind:
        yield missing("channelTemplate", "kind")
    if not template.api_version:
        yield missing("channelTemplate", "apiVersion")


def physical(template: Json, owner: Resource[Any], name: str, **extra: Any) -> Json:
    """A channel to make for `owner`, with `delivery`, `labels`, `annotations` if given.

    What the template's spec says wins, key by key (spec core 4.7; pkg/duck/channel.go).
    """
    own = {"delivery": extra["delivery"]} if extra.get("delivery") is not None else {}
    metadata = {part: extra[part] for part in ("labels", "annotations") if part in extra}
    return {
        "apiVersion": template.get("apiVersion", ""),
        "kind": template.get("kind", ""),
        "metadata": {"name": name, "namespace": owner.namespace, **metadata},
        "spec": {**own, **(template.get("spec") or {})},
    }


def tell_if_idle(bench: Bench, it: Resource[Any], template: Json, path: Path) -> None:
    """Tell the user about a template of a kind that kne does not have, or does not run."""
    kind, api_version = template.get("kind") or "channel", template.get("apiVersion") or ""
    found = bench.serves(api_version, kind)
    if found is None or found.loose:
        bench.problem(
            it,
            path,
            f'{it.key.kind.lower()} "{it.name}" wants {a(kind)}, which kne does not run',
            f"{api_version} {kind}: {NO_RESOURCE if found is None else 'objects are only kept'}",
            "use messaging.knative.dev/v1 InMemoryChannel",
        )
