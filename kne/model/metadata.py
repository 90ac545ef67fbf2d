"""The metadata of an object: what may stand there, and how it must look.

Kubernetes checks it alike for every kind; what the API server sets itself is dropped when it is
given.  Source: k8s.io/apimachinery pkg/api/validation/objectmeta.go.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from kne.model import names
from kne.model.resource import Fault, Model
from kne.model.strict import Root, decode, without_nulls

SERVER_SET = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Fields that the API server decides; what a manifest says about them does not count."""

_ROOT = Root(("metadata",), "metadataOnlyObject", "ObjectMeta")


class ObjectMeta(Model):
    """What a manifest may say about an object."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[dict[str, Any], ...] = ()


def kept_metadata(given: Any) -> Any:
    """A copy of an object's metadata, without what the server sets."""
    if not isinstance(given, dict):
        return given
    mine = {name: value for name, value in given.items() if name not in SERVER_SET}
    return without_nulls(mine, ObjectMeta)


def read_metadata(metadata: Any) -> tuple[ObjectMeta | None, list[Fault]]:
    """The metadata as a model, or every reason why it is none."""
    return decode(ObjectMeta, metadata, _ROOT)


def metadata_faults(meta: ObjectMeta, name: names.Check) -> Iterator[Fault]:
    """What an API server says against the metadata, in its words; `name` is the kind's rule."""
    if not meta.name and not meta.generate_name:
        text = "metadata.name: Required value: name or generateName is required"
        yield Fault(text, (), ("metadata", "name"))
    elif meta.name:
        yield from _invalid("name", meta.name, name(meta.name), meta.name)
    else:  # what is generated begins so; a dash at its end is no fault
        begin = meta.generate_name.removesuffix("-")
        yield from _invalid("generateName", meta.generate_name, name(begin), begin)
    if meta.namespace:
        reasons = names.label(meta.namespace)
        yield from _invalid("namespace", meta.namespace, reasons, meta.namespace)
    for key, value in meta.labels.items():
        yield from _invalid("labels", key, names.qualified(key), key)
        yield from _invalid("labels", value, names.label_value(value), key)
    for key in meta.annotations:
        yield from _invalid("annotations", key, names.qualified(key.lower()), key)
    if sum(len(k) + len(v) for k, v in meta.annotations.items()) > names.ANNOTATIONS:
        text = f"metadata.annotations: Too long: may not be more than {names.ANNOTATIONS} bytes"
        yield Fault(text, (), ("metadata", "annotations"))


def _invalid(field: str, value: str, reasons: list[str], key: str) -> Iterator[Fault]:
    at = ("metadata", field, key) if field in ("labels", "annotations") else ("metadata", field)
    for reason in reasons:
        shown = value.replace("\\", "\\\\").replace('"', '\\"')
        text = f'metadata.{field}: Invalid value: "{shown}": {reason}'
        yield Fault(text, (), at, hint=_hint(value))


def _hint(value: str) -> str:
    if value.startswith("<") and value.endswith(">"):
        return f"replace the placeholder {value}"
    if "{" in value or "$" in value:
        return "this looks like a template: render it first"
    return ""


def generated_name(begin: str, seed: str) -> str:
    """A name for an object that wants one made; the same seed makes the same name.

    Source: k8s.io/apiserver pkg/storage/names/generate.go, whose five signs are random.
    """
    import hashlib  # only for generateName

    signs = "bcdfghjklmnpqrstvwxz2456789"
    digest = hashlib.md5(seed.encode(), usedforsecurity=False).digest()
    return begin[:58] + "".join(signs[byte % len(signs)] for byte in digest[:5])
