"""Admission: from a document to a resource, or to every reason why it is none.

The way is a cluster's: strict decoding, the defaulting webhook, the object's metadata, the
validating webhook.  A cluster stops at the first of them that objects; here all faults of a
document are found at once, as far as what follows can still be judged, each with its place.
Source: spec core 9.1 to 9.3.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias
from uuid import uuid4

from pydantic import AfterValidator, Field, ValidationError

from kne.errors import ManifestError, ManifestErrors, Where
from kne.kinds import registry
from kne.kinds.base import Kind
from kne.kinds.config import Config
from kne.kinds.kept import Anything
from kne.model import names
from kne.model.manifest import Document
from kne.model.metadata import (
    ObjectMeta,
    generated_name,
    kept_metadata,
    metadata_faults,
    read_metadata,
)
from kne.model.resource import Fault, Json, Key, Model, Path, Resource
from kne.model.strict import Root, decode, fields_of, nearest, unknown, without_nulls
from kne.model.tree import copy

Stage: TypeAlias = Literal["kind", "decode", "object", "webhook"]
"""Who refuses the object in a cluster: discovery, the decoder, the API server, the webhook."""

_TOP = ("apiVersion", "kind", "metadata", "spec", "status")


class Denial(ManifestError):
    """One reason why an object is refused.

    `stage` says who refuses it in a cluster; `fault` is the fault as its finder wrote it, from
    which an API makes its answer (`faults.report` joins those of the webhook).
    """

    def __init__(self, fault: Fault, stage: Stage, where: Where) -> None:
        text = ": ".join(part for part in (fault.message, ", ".join(fault.paths)) if part)
        super().__init__(text, where=where, why=fault.details, hint=fault.hint)
        self.fault = fault
        self.stage = stage
        self.position = (where.line, where.column)


def _base64(text: str) -> str:
    """Text that Go's encoding/base64 would decode."""
    letters = text.replace("\r", "").replace("\n", "")
    if _BASE64.fullmatch(letters) and len(letters) % 4 == 0:
        return text
    legal = _LETTERS.match(letters)
    at = len(legal[0]) if legal and legal.end() < len(letters) else len(letters) // 4 * 4
    message = f"illegal base64 data at input byte {at}"
    raise ValueError(message, "it must be base64; plain text belongs to stringData, or to data")


_LETTERS = re.compile("[A-Za-z0-9+/]*")
_BASE64 = re.compile("[A-Za-z0-9+/]*={0,2}")
Bytes: TypeAlias = dict[str, Annotated[str, AfterValidator(_base64)]]


class ConfigMapFields(Model):
    """What a ConfigMap has beside its metadata."""

    data: dict[str, str] = Field(default_factory=dict)
    binary_data: Bytes = Field(default_factory=dict)
    immutable: bool | None = None


class SecretFields(Model):
    """What a Secret has beside its metadata."""

    data: Bytes = Field(default_factory=dict)
    string_data: dict[str, str] = Field(default_factory=dict)
    type: str = ""
    immutable: bool | None = None


class ServiceAccountFields(Model):
    """What a ServiceAccount has beside its metadata."""

    secrets: tuple[dict[str, str], ...] = ()
    image_pull_secrets: tuple[dict[str, str], ...] = ()
    automount_service_account_token: bool | None = None


_WITHOUT_SPEC: Mapping[tuple[str, str], type[Model]] = {
    ("", "ConfigMap"): ConfigMapFields,
    ("", "Secret"): SecretFields,
    ("", "ServiceAccount"): ServiceAccountFields,
}
"""Kinds that keep their content beside `metadata`; it is checked although they are loose."""

_NAMES: Mapping[tuple[str, str], names.Check] = {
    ("", "Namespace"): names.label,
    ("", "Service"): names.label_1035,
    ("serving.knative.dev", "Service"): names.label_1035,
}

Find: TypeAlias = Callable[[str, str], Kind[Any]]


def admit(
    document: Document, config: Config, namespace: str, *, find: Find = registry.find
) -> Resource[Any]:
    """The object of a document, defaulted; `namespace` is for objects that name none.

    Raises:
        ManifestErrors: every reason (`Denial`) why an API server would not take it.
    """
    kind = _kind(document, find)
    made = stored(document.object, kind)
    meta, faults = read_metadata(made["metadata"])
    spec, wrong = _decode(made, kind)
    faults += wrong
    denials = [_denial(fault, "decode", document) for fault in faults]
    if meta is not None:
        rule = names.path_segment if kind.group.startswith("rbac.") else names.subdomain
        rule = _NAMES.get((kind.group, kind.kind), rule)
        found = metadata_faults(meta, rule)
        denials += [_denial(fault, "object", document) for fault in found]
    if meta is None or spec is None:
        raise _refused(denials)
    key = _identify(made, meta, kind, namespace, document)
    kind.default(made, config)
    spec, faults = _decode(made, kind)
    denials += [_denial(fault, "webhook", document) for fault in faults if not wrong]
    if spec is not None:
        it = Resource(key, made, spec, document.file, document)
        denials += [_denial(fault, "webhook", document) for fault in kind.validate(it, config)]
    if denials or spec is None:
        raise _refused(denials)
    return it


def stored(given: Json, kind: Kind[Any]) -> Json:
    """A copy of an object as a cluster would keep it: without status, and what the server sets."""
    fields = _WITHOUT_SPEC.get((kind.group, kind.kind))
    made: Json = {}
    for name, value in given.items():
        if name == "spec" and not kind.loose:
            made[name] = without_nulls(value, kind.Spec)
        elif name not in ("metadata", "status"):
            made[name] = copy(value)
    if fields is not None:
        made = dict(without_nulls(made, fields))
    made["kind"] = kind.kind  # kubectl takes it in any case
    made["metadata"] = kept_metadata(given.get("metadata") or {})
    return {name: value for name, value in made.items() if value is not None}


def _kind(document: Document, find: Find) -> Kind[Any]:
    """The kind of a document.

    Raises:
        ManifestErrors: it names none, or one that nobody knows.
    """
    given = document.object
    unset = [name for name in ("apiVersion", "kind") if given.get(name) in (None, "")]
    if unset:
        fault = Fault(", ".join(f"{name} not set" for name in unset), hint=_unset(given, unset))
        raise ManifestErrors([_denial(fault, "kind", document)])
    for name in ("apiVersion", "kind"):
        if not isinstance(given[name], str):
            fault = Fault(f"{name} must be a string", (), (name,))
            raise ManifestErrors([_denial(fault, "kind", document)])
    try:
        return find(given["apiVersion"], given["kind"])
    except registry.UnknownKind as error:
        fault = Fault(error.message, (), (error.field,), hint=error.hint)
        raise ManifestErrors([_denial(fault, "kind", document)]) from None


def _unset(given: Json, unset: list[str]) -> str:
    strange = [key for key in given if key not in _TOP]
    meant = {name: nearest(name, strange) for name in unset}
    return ", ".join(f'write "{name}", not "{near}"' for name, near in meant.items() if near)


def _denial(fault: Fault, stage: Stage, document: Document) -> Denial:
    return Denial(fault, stage, document.place(_plain(fault.at)))


def _refused(denials: list[Denial]) -> ManifestErrors:
    """All of them, in the order of the document."""
    denials.sort(key=lambda each: each.position)
    return ManifestErrors(denials)


def _plain(path: Path) -> Path:
    """A path without the brackets that upstream prints keys in (`[My-Attr]`)."""
    return tuple(
        part[1:-1] if isinstance(part, str) and part.startswith("[") else part for part in path
    )


def _decode(made: Json, kind: Kind[Any]) -> tuple[Model | None, list[Fault]]:
    """The spec, and what does not fit in it or beside it."""
    fields = _WITHOUT_SPEC.get((kind.group, kind.kind))
    if fields is not None:
        known = fields_of(fields)
        beside = {name: made[name] for name in known if name in made}
        found, faults = decode(fields, beside, Root((), kind.kind, kind.kind))
        strange = _beside(made, (*_TOP[:3], *known), None)
        return (None if found is None else _loosely(made, kind)), [*strange, *faults]
    root = Root(("spec",), kind.kind, f"{kind.kind}Spec")
    if kind.loose:  # a mapping it must be all the same
        anything, faults = decode(Anything, made.get("spec", {}), root)
        return (None if anything is None else _loosely(made, kind)), faults
    spec, faults = decode(kind.Spec, made.get("spec", {}), root)
    return spec, [*_beside(made, _TOP, kind.Spec), *faults]


def _beside(made: Json, known: Iterable[str], spec: type[Model] | None) -> Iterator[Fault]:
    """Fields of the object itself that nobody knows; perhaps they belong into one of the others."""
    for name in made:
        if name in known:
            continue
        near = nearest(name, list(known))
        hint = f'did you mean "{near}"?' if near else ""
        for part, model in (("metadata", ObjectMeta), ("spec", spec)):
            if model is not None and name in fields_of(model):
                hint = f'"{name}" belongs to {part}: check the indentation'
        yield unknown((name,), hint)


def _loosely(made: Json, kind: Kind[Any]) -> Model:
    """What code reads of a spec that is not checked; nothing if it is not what code expects."""
    try:
        return kind.Spec.model_validate(made.get("spec", {}))
    except ValidationError:
        return kind.Spec.model_construct()


def _identify(
    made: Json, meta: ObjectMeta, kind: Kind[Any], namespace: str, document: Document
) -> Key:
    """Give the object its namespace and its name; one that is generated stays with its place."""
    metadata = made["metadata"]
    if kind.namespaced:
        metadata["namespace"] = meta.namespace or namespace
    else:
        metadata.pop("namespace", None)
    if not meta.name and meta.generate_name:
        line = document.root[0]
        seed = f"{document.file} {document.index}" if line else uuid4().hex
        metadata["name"] = generated_name(meta.generate_name, seed)
    return kind.key(metadata.get("namespace", ""), metadata.get("name", ""))


def check_duplicates(resources: Iterable[Resource[Any]]) -> list[ManifestError]:
    """A warning for each object that stands more than once in what was read.

    kubectl would apply one after the other, and the last would win without a word.
    """
    last: dict[Key, Resource[Any]] = {}
    warnings = []
    for it in resources:
        before = last.get(it.key)
        if before is not None:
            of = f" in namespace {it.namespace}" if it.namespace else ""
            warnings.append(
                ManifestError(
                    f"{it.key}{of} is defined more than once: this one replaces the other",
                    where=it.where(),
                    why=f"the other stands at {before.where()}",
                    hint="rename one of them, or remove it",
                )
            )
        last[it.key] = it
    return warnings
