"""Strict decoding: JSON to a model, and what does not fit, in the API server's words.

pydantic finds every fault at once; here, and only here, its list becomes the texts that a cluster
answers with (spec core 9.1): `strict decoding error: unknown field "spec.foo"` of the API server
and `json: cannot unmarshal string into Go struct field DeliverySpec.spec.delivery.retry of type
int32` of the webhooks, which is Go's encoding/json.  Both name fields as they are in the JSON.
"""

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError, to_json

from kne.model.resource import Fault, Model, Path
from kne.model.tree import copy

M = TypeVar("M", bound=Model)

_GO_STRUCTS: Mapping[str, str] = {
    "Delivery": "DeliverySpec",
    "Dialect": "SubscriptionsAPIFilter",
    "Ref": "KReference",
    "Step": "SequenceStep",
    "Branch": "ParallelBranch",
    "ChannelTemplate": "ChannelTemplateSpec",
    "Subscriber": "SubscriberSpec",
}
"""What Knative calls the parts that are named otherwise here; the rest is called alike."""

_GO_SCALARS: Mapping[Any, str] = {str: "string", bool: "bool", int: "int32", float: "float64"}


@dataclass(frozen=True, slots=True)
class Root:
    """What is decoded, in Go's terms: field `path` of struct `holder`, itself a `struct`."""

    path: Path
    holder: str
    struct: str


@dataclass(slots=True)
class _Trail:
    """The way from the root to a field: through the JSON, the models and Go's structs."""

    path: list[str | int]
    names: list[str]
    holder: str
    kind: Any
    value: Any
    models: list[type[BaseModel]] = field(default_factory=list)
    owners: list[Path] = field(default_factory=list)


def decode(model: type[M], value: Any, root: Root) -> tuple[M | None, list[Fault]]:
    """The model, or every reason why the JSON is not one, in the order of the model's fields.

    Faults hold their whole text in `message`; `at` is the field in the document.
    """
    try:
        text = to_json(value)
        found = model.model_validate_json(text, strict=True, by_alias=True, by_name=False)
    except PydanticSerializationError as error:  # half a character, which only JSON can escape
        return None, [Fault(f"json: {error}", (), root.path)]
    except ValidationError as error:
        faults = [_fault(model, value, root, each) for each in error.errors(include_url=False)]
        return None, list(_once(faults))
    return found, []


def without_nulls(value: Any, kind: Any) -> Any:
    """A copy of what a model is made of as Go sees it: null is an absent field, or empty text.

    `kind` is the model, or the type of a part.  Where anything goes, null stays null.
    """
    return _without_nulls(value, kind) if _holds_null(value) else copy(value)


def _holds_null(value: Any) -> bool:
    if type(value) is dict:
        return any(map(_holds_null, value.values()))
    if type(value) is list:
        return any(map(_holds_null, value))
    return value is None


def _without_nulls(value: Any, kind: Any) -> Any:
    if type(value) is list:
        return [_without_nulls(one, _inside(kind)) for one in value]
    if type(value) is not dict:
        return value
    model = _model(kind)
    if model is not None:
        fields = fields_of(model)
        return {
            name: _without_nulls(one, fields.get(name, Any))
            for name, one in value.items()
            if one is not None
        }
    inside = _inside(kind)
    empty = "" if _go_type(inside) == "string" else None
    return {
        name: empty if one is None else _without_nulls(one, inside) for name, one in value.items()
    }


def shown(path: Path) -> str:
    """A path as the API server prints it: `spec.filters[0].exact`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def unknown(path: Path, hint: str = "") -> Fault:
    """A field that nobody knows."""
    return Fault(f'strict decoding error: unknown field "{shown(path)}"', (), path, hint=hint)


def _once(faults: list[Fault]) -> Iterator[Fault]:
    """One fault for each field; a union complains once for each of its types."""
    seen: set[tuple[Path, bool]] = set()
    for fault in faults:
        key = (fault.at, fault.message.startswith("strict"))
        if key not in seen:
            seen.add(key)
            yield fault


def _fault(model: type[Model], value: Any, root: Root, error: ErrorDetails) -> Fault:
    trail = _follow(model, value, root, error["loc"])
    path = tuple(trail.path)
    kind = error["type"]
    if kind == "extra_forbidden":
        return unknown(path, _meant(trail, root))
    if kind == "missing":
        path = (*path, str(error["loc"][-1]))
        return Fault(f"missing field(s): {shown(path)}", (), path)
    if kind.endswith(("_type", "_parsing")) or kind == "int_from_float" or _scalar(trail):
        return _unmarshal(trail, root, error["input"])
    if kind == "value_error":  # a validator's own words, and what it hints at
        text, *hints = error["ctx"]["error"].args
        return Fault(str(text), (), path, hint=" ".join(hints))
    text = f"invalid value: {error['input']}: {shown(path)}"
    return Fault(text, (), path, hint=error["msg"])


def _scalar(trail: _Trail) -> bool:
    """Whether text was expected and something else found: all alternatives of a union fail."""
    return _go_type(trail.kind) == "string" and not isinstance(trail.value, str)


def _follow(model: type[Model], value: Any, root: Root, loc: tuple[int | str, ...]) -> _Trail:
    """Walk along pydantic's location, which also names the alternatives of unions."""
    names = [str(step) for step in root.path if isinstance(step, str)]
    trail = _Trail(list(root.path), names, root.holder, model, value)
    struct = root.struct
    for step in loc:
        inner: Any = trail.value
        if isinstance(inner, list) and isinstance(step, int):
            trail.kind = _inside(trail.kind)
        elif isinstance(inner, dict) and step in inner:
            found = _model(trail.kind)
            if found is None:
                trail.kind = _inside(trail.kind)
            else:
                trail.models.append(found)
                trail.owners.append(tuple(trail.path))
                trail.names.append(str(step))
                trail.holder = _go_name(found) if found is not model else struct
                trail.kind = fields_of(found).get(str(step), Any)
        else:
            continue
        trail.value = inner[step]
        trail.path.append(step)
    return trail


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """The types of a union without None; anything else alone."""
    if typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(one for one in typing.get_args(kind) if one is not type(None))
    return (kind,)


def _model(kind: Any) -> type[BaseModel] | None:
    for one in _alternatives(kind):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _inside(kind: Any) -> Any:
    """The type of what is in a list or mapping."""
    for one in _alternatives(kind):
        origin, arguments = typing.get_origin(one), typing.get_args(one)
        if origin in (list, tuple, set, frozenset) and arguments:
            return arguments[0]
        if origin is not None and len(arguments) == 2:
            return arguments[1]
    return Any


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """The types of a model's fields, by their names in the JSON."""
    fields = model.model_fields.items()
    return {info.alias or name: info.annotation for name, info in fields}


def _go_name(model: type[BaseModel]) -> str:
    return _GO_STRUCTS.get(model.__name__, model.__name__)


def _go_type(kind: Any) -> str:
    """A type as Go prints it."""
    kind = _alternatives(kind)[0]
    if kind in _GO_SCALARS:
        return _GO_SCALARS[kind]
    origin = typing.get_origin(kind)
    if origin is Literal:
        return "string"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"v1.{_go_name(kind)}"
    if origin in (list, tuple, set, frozenset):
        return f"[]{_go_type(_inside(kind))}"
    if origin is not None:
        return f"map[string]{_go_type(_inside(kind))}"
    return "interface {}"


def _unmarshal(trail: _Trail, root: Root, value: Any) -> Fault:
    """A value of a wrong type, as Go's encoding/json says it."""
    path = tuple(trail.path)
    wanted = f"v1.{root.struct}" if path == root.path else _go_type(trail.kind)
    found = _go_value(value)
    if found == "number" and wanted == "int32":
        found = f"number {value}"
    text = (
        f"json: cannot unmarshal {found} into Go struct field "
        f"{trail.holder}.{'.'.join(trail.names)} of type {wanted}"
    )
    return Fault(text, (), path, hint=_convert(value, wanted))


def _go_value(value: Any) -> str:
    names = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}
    return {**names, dict: "object", type(None): "null"}[type(value)]


def _convert(value: Any, wanted: str) -> str:
    """How to write what was probably meant."""
    if wanted == "string" and isinstance(value, bool):
        return "put quotes around it: YAML reads bare yes, no, on, off, y and n as booleans, too"
    if wanted == "string" and isinstance(value, int | float):
        return f'put quotes around it: "{value}"'
    if wanted == "int32" and isinstance(value, str) and value.lstrip("-").isdigit():
        return "remove the quotes"
    if wanted == "bool" and isinstance(value, str) and value in ("true", "false"):
        return "remove the quotes"
    if wanted.startswith("[]") and isinstance(value, dict):
        return "this is a list: begin each of its items with '- '"
    expected = {"int32": "a whole number", "bool": "true or false", "string": "text"}.get(wanted)
    return f"write {expected or ('a list' if wanted.startswith('[]') else 'a mapping')}"


def _meant(trail: _Trail, root: Root) -> str:
    """What to do about a field that nobody knows: another spelling, or another place."""
    name, owner = str(trail.path[-1]), trail.owners[-1]
    if name in ("true", "false"):
        return f"YAML reads a bare y, n, on, off, yes and no as {name}: put quotes around the key"
    known = list(fields_of(trail.models[-1]))
    near = nearest(name, known)
    if near:
        return f'did you mean "{shown((*owner, near))}"?'
    for above, model in zip(trail.owners[-2::-1], trail.models[-2::-1], strict=True):
        if name in fields_of(model):
            return f'"{name}" belongs to {shown(above)}: check the indentation'
    if name in ("apiVersion", "kind", "metadata", "spec", "status") and owner == root.path:
        return f'"{name}" belongs to the object itself: check the indentation'
    return f"there are {', '.join(known)}" if 0 < len(known) <= 8 else ""


def nearest(name: str, known: list[str]) -> str:
    """The one that was probably meant, empty if none is near."""
    import difflib  # only for faults

    for one in known:
        if one.lower() == name.lower().replace("_", "").replace("-", ""):
            return one
    close = difflib.get_close_matches(name, known, 4)
    return min(close, key=lambda one: (_distance(name, one), abs(len(name) - len(one))), default="")


def _distance(one: str, other: str) -> int:
    """How many letters are to be put in, taken out or changed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, compared in enumerate(other, 1):
            changed = before + (letter != compared)
            before, row[j] = row[j], min(changed, row[j] + 1, row[j - 1] + 1)
    return row[-1]
