"""Pod templates, as far as kne looks into them: images, and the environment of a container.

Source: Kubernetes' pod spec; spec extensions 1.18.
"""

import base64
import binascii
import re
from typing import Any

from kne.kinds.base import Bench
from kne.model.resource import Json, Key, Resource

_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*\Z")
_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")


def template_of(it: Resource[Any]) -> Json:
    """The pod that an object makes, as it is written; that of a Pod is itself."""
    if it.key.kind == "Pod":
        return it.object
    spec = it.object.get("spec")
    found = spec.get("template") if isinstance(spec, dict) else None
    return found if isinstance(found, dict) else {}


def container_of(template: Json) -> Json:
    """The first container, empty if there is none."""
    spec = template.get("spec")
    containers = spec.get("containers") if isinstance(spec, dict) else None
    found = containers[0] if isinstance(containers, list) and containers else None
    return found if isinstance(found, dict) else {}


def labels_of(template: Json) -> dict[str, str]:
    """The labels of the pods."""
    return _part(template, "metadata", "labels")


def annotations_of(template: Json) -> dict[str, str]:
    """The annotations of the pods."""
    return _part(template, "metadata", "annotations")


def _part(of: Json, *names: str) -> dict[str, Any]:
    found: Any = of
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def image_name(image: str) -> str:
    """The last part of an image's name: no registry, no tag, no digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def environment(container: Json, owner: Resource[Any], bench: Bench) -> tuple[tuple[str, str], ...]:
    """The variables of a container; those whose source is not there are left out."""
    found: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        prefix = source.get("prefix") or ""
        for name, value in _whole(source, owner, bench).items():
            if _NAME.match(prefix + name):
                found[prefix + name] = value
    for variable in container.get("env") or ():
        written = _value(variable, found, owner, bench)
        if variable.get("name") and written is not None:
            found[variable["name"]] = written
    return tuple(found.items())


def _value(
    variable: Json, earlier: dict[str, str], owner: Resource[Any], bench: Bench
) -> str | None:
    source = variable.get("valueFrom")
    if not source:
        return _REFERENCE.sub(
            lambda found: "$" if found[1] is None else earlier.get(found[1], found[0]),
            str(variable.get("value") or ""),
        )
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if field in source:
            data = _data(kind, str(source[field].get("name")), owner, bench)
            return data.get(str(source[field].get("key")))
    path = (source.get("fieldRef") or {}).get("fieldPath")
    known = {"metadata.name": owner.name, "metadata.namespace": owner.namespace}
    return known.get(str(path))


def _whole(source: Json, owner: Resource[Any], bench: Bench) -> dict[str, str]:
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if field in source:
            return _data(kind, str(source[field].get("name")), owner, bench)
    return {}


def _data(kind: str, name: str, owner: Resource[Any], bench: Bench) -> dict[str, str]:
    it = bench.find(Key("", kind, owner.namespace, name))
    data = (it.object.get("data") or {}) if it else {}
    return {k: str(v) for k, v in data.items()} if kind == "ConfigMap" else _decoded(data)


def _decoded(data: Json) -> dict[str, str]:
    found = {}
    for name, value in data.items():
        try:
            found[name] = base64.b64decode(str(value), validate=True).decode("utf-8", "replace")
        except binascii.Error:
            continue  # not what a cluster would have taken
    return found
