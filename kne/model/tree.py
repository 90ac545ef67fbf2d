"""Plain objects from YAML's events, and the place of each of their fields.

PyYAML's own constructor is the slow part of reading YAML; libyaml's events, built up here, cost
less and know line and column anyway.  Beside every mapping and list grows one of places:

    {"spec": {"broker": "x"}}     {"spec": (5, 1, {"broker": (6, 3, None)})}

A field's place is that of its key; a field that comes from an anchor stands where the anchor does.
No tag makes anything but a plain value, and neither depth nor aliases can make a document grow
without bound.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from kne.errors import ManifestError, Where
from kne.model import scalars

Marks: TypeAlias = "dict[str, Place] | list[Place] | None"
Place: TypeAlias = "tuple[int, int, Marks]"

MAX_DEPTH = 200
"""Mappings and lists in one another; a manifest needs some 30, a CustomResourceDefinition 60."""

MAX_ALIASED = 100_000
"""Values that aliases may add to one document."""

_TAG = "tag:yaml.org,2002:"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "null": (type(None),),
}
_OPEN = object()
_MERGE: Any = object()


class Tree(NamedTuple):
    """One document: its value, its place, and what is wrong with it."""

    value: Any
    place: Place
    faults: list[ManifestError]


class Overgrown(Exception):
    """The document is nested too deep, or aliases blow it up; nothing after it was read."""

    def __init__(self, fault: ManifestError) -> None:
        super().__init__(fault.message)
        self.fault = fault


class _Anchored(NamedTuple):
    value: Any
    marks: Marks
    size: int


class _Root:
    """Takes the one value of a document."""

    __slots__ = ("place", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.place: Place = (0, 0, None)

    def add(self, value: Any, place: Place) -> None:
        self.value, self.place = value, place

    def wants_key(self) -> bool:
        return False


class _Frame(_Root):
    """A mapping or list that is being built; `size` is the count of values before it."""

    __slots__ = ("anchor", "marks", "size")

    anchor: str | None
    marks: Any
    size: int


class _List(_Frame):
    __slots__ = ()

    def __init__(self, place: Place, anchor: str | None, size: int) -> None:
        self.place, self.anchor, self.size = place, anchor, size
        self.value, self.marks = [], []

    def add(self, value: Any, place: Place) -> None:
        self.value.append(value)
        self.marks.append(place)


class _Mapping(_Frame):
    __slots__ = ("builder", "key", "key_place", "merged")

    def __init__(self, place: Place, anchor: str | None, size: int, builder: "Builder") -> None:
        self.place, self.anchor, self.size = place, anchor, size
        self.value, self.marks = {}, {}
        self.builder = builder
        self.key: str | None = None
        self.key_place = place
        self.merged: set[str] | None = None

    def wants_key(self) -> bool:
        return self.key is None

    def add(self, value: Any, place: Place) -> None:
        key = self.key
        if key is None:
            self.key = value if value is _MERGE or type(value) is str else self._text(value, place)
            self.key_place = place
            return
        self.key = None
        if key is _MERGE:
            self._merge(value, place)
            return
        if key in self.marks and self._twice(key):
            return
        at = self.key_place
        self.value[key] = value
        self.marks[key] = at if place[2] is None else (at[0], at[1], place[2])

    def _text(self, value: Any, place: Place) -> str:
        """A key that is no string, as JSON has it."""
        if isinstance(value, dict | list):
            shown = json.dumps(value)
            self.builder.fault(
                f"yaml: invalid map key: {shown}",
                place,
                hint="this looks like a template ({{ … }}): render it first"
                if isinstance(value, dict)
                else "a key must be a word",
            )
            return shown
        text = scalars.key(value)
        if text is None:
            self.builder.fault("unsupported map key: null", place, hint="put quotes around the key")
        return text or ""

    def _twice(self, key: str) -> bool:
        """Whether a key that is there was written, which is a fault, and not merged."""
        if self.merged and key in self.merged:
            self.merged.discard(key)
            return False
        line, column, _ = self.marks[key]
        first = Where(self.builder.file, line, column)
        self.builder.fault(
            f'yaml: unmarshal errors: line {self.key_place[0]}: key "{key}" already set in map',
            self.key_place,
            why=f"it was set first at {first}",
            hint="keep one of them",
        )
        return True

    def _merge(self, value: Any, place: Place) -> None:
        """`<<: *other`; in go-yaml v2 it sets keys where it stands (`decode.go` mapping)."""
        many = value if isinstance(value, list) else [value]
        marks: Any = place[2] if isinstance(value, list) else [place]
        if not all(isinstance(one, dict) for one in many):
            message = "yaml: map merge requires map or sequence of maps as the value"
            self.builder.fault(message, self.key_place)
            return
        self.merged = self.merged or set()
        for one, (_, _, fields) in zip(reversed(many), reversed(marks), strict=True):
            self.value.update(one)
            self.marks.update(fields)
            self.merged.update(one)


class Builder:
    """Builds the documents of one stretch of YAML, one after another.

    `line` is the number of its first line in the file.
    """

    def __init__(self, data: bytes, file: str, line: int = 1) -> None:
        self.file = file
        self._parser = yaml.CSafeLoader(data)
        self._base = line
        self._begin()

    def _begin(self, event: Event | None = None) -> None:
        self._root = _Root()
        self._frame: _Root = self._root
        self._stack: list[_Root] = []
        self._anchors: dict[str, Any] = {}
        self._count = 0
        self._aliased = 0
        self._faults: list[ManifestError] = []

    def __iter__(self) -> Iterator[Tree]:
        """Each document.

        Raises:
            yaml.YAMLError: what follows cannot be read.
            Overgrown: the same, for lack of bounds.
        """
        handlers: dict[type[Event], Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._mapping,
            MappingEndEvent: self._end,
            SequenceStartEvent: self._sequence,
            SequenceEndEvent: self._end,
            AliasEvent: self._alias,
            DocumentStartEvent: self._begin,
            StreamStartEvent: self._begin,
        }
        next_event = self._parser.get_event
        while True:
            event: Any = next_event()
            kind: Any = type(event)
            if kind is DocumentEndEvent:
                yield Tree(self._root.value, self._root.place, self._faults)
            elif kind is StreamEndEvent:
                return
            else:
                handlers[kind](event)

    def fault(self, message: str, place: Place, *, why: str = "", hint: str = "") -> None:
        """Note what is wrong, and go on."""
        where = Where(self.file, place[0], place[1])
        self._faults.append(ManifestError(message, where=where, why=why, hint=hint))

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return (mark.line + self._base, mark.column + 1, None)

    def _scalar(self, event: ScalarEvent) -> None:
        self._count += 1
        mark: Any = event.start_mark
        place: Place = (mark.line + self._base, mark.column + 1, None)
        frame = self._frame
        value: Any
        if event.implicit[0]:
            word = event.value
            if word and word[0] not in scalars.FIRST:  # most are; spares a call
                value = _MERGE if word == "<<" and frame.wants_key() else word
            else:
                value = scalars.plain(word)
                if type(value) is float and not frame.wants_key():
                    self._finite(value, place)
        elif event.tag is None:
            value = event.value
        else:
            value = self._tagged(event, place)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, None, 1)
        frame.add(value, place)

    def _finite(self, value: float, place: Place) -> None:
        if value - value != 0:  # true of infinities and of what is not a number
            shown = {"inf": "+Inf", "-inf": "-Inf"}.get(repr(value), "NaN")
            self.fault(f"json: unsupported value: {shown}", place, hint="put quotes around it")

    def _tagged(self, event: Any, place: Place) -> Any:
        """A scalar with a tag, as go-yaml v2 resolves it."""
        tag, text = event.tag.removeprefix(_TAG), event.value
        if tag == "merge" and text == "<<" and self._frame.wants_key():
            return _MERGE
        if tag in ("str", "timestamp"):
            return text
        if tag == "binary":
            try:
                return base64.b64decode("".join(text.splitlines()), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                self.fault("yaml: !!binary value contains invalid base64 data", place)
                return None
        if event.tag == tag or tag not in _TYPES:
            self._unknown_tag(event, place)
            return None
        value = scalars.plain(text)
        if type(value) not in _TYPES[tag]:
            self.fault(f"yaml: cannot decode `{text}` as a !!{tag}", place)
        elif isinstance(value, float):
            self._finite(value, place)
        return value

    def _unknown_tag(self, event: Any, place: Place) -> None:
        shown = event.tag.replace(_TAG, "!!", 1)
        self.fault(
            f"yaml: unknown tag {shown}",
            place,
            why="kne builds plain values only; tags are not executed",
            hint="remove the tag, or render the file with the tool that it is meant for",
        )

    def _mapping(self, event: MappingStartEvent) -> None:
        place = self._place(event)
        if event.tag is not None and event.tag not in ("!", _TAG + "map"):
            self._unknown_tag(event, place)
        self._open(_Mapping(place, event.anchor, self._count, self))

    def _sequence(self, event: SequenceStartEvent) -> None:
        place = self._place(event)
        if event.tag is not None and event.tag not in ("!", _TAG + "seq"):
            self._unknown_tag(event, place)
        self._open(_List(place, event.anchor, self._count))

    def _open(self, frame: _Frame) -> None:
        self._count += 1
        self._stack.append(self._frame)
        self._frame = frame
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _OPEN
        if len(self._stack) > MAX_DEPTH:
            self._overgrown(f"yaml: exceeded max depth of {MAX_DEPTH}", frame.place)

    def _end(self, _: Event) -> None:
        frame: Any = self._frame
        if frame.anchor is not None:
            size = self._count - frame.size
            self._anchors[frame.anchor] = _Anchored(frame.value, frame.marks, size)
        self._frame = self._stack.pop()
        line, column, _child = frame.place
        self._frame.add(frame.value, (line, column, frame.marks))

    def _alias(self, event: AliasEvent) -> None:
        place = self._place(event)
        found = self._anchors.get(str(event.anchor))
        if isinstance(found, _Anchored):
            self._count += found.size
            self._aliased += found.size
            if self._aliased > MAX_ALIASED:
                self._overgrown("yaml: document contains excessive aliasing", place)
            if len(self._stack) + depth(found.value) > MAX_DEPTH:
                self._overgrown(f"yaml: exceeded max depth of {MAX_DEPTH}", place)
            self._frame.add(copy(found.value), (place[0], place[1], found.marks))
            return
        if found is _OPEN:
            self.fault(f"yaml: anchor '{event.anchor}' value contains itself", place)
        else:
            self.fault(f"yaml: unknown anchor '{event.anchor}' referenced", place)
        self._frame.add(None, place)

    def _overgrown(self, message: str, place: Place) -> None:
        where = Where(self.file, place[0], place[1])
        raise Overgrown(ManifestError(message, where=where, hint="no manifest needs that much"))


def copy(value: Any) -> Any:
    """Its own copy of a plain value; unlike `copy.deepcopy`, nothing in it is shared."""
    if type(value) is dict:
        return {name: copy(one) for name, one in value.items()}
    if type(value) is list:
        return [copy(one) for one in value]
    return value


def depth(value: Any) -> int:
    """How many mappings and lists are in one another."""
    found, layer = 0, [value]
    while layer := [one for one in layer if isinstance(one, dict | list)]:
        found += 1
        layer = [
            child for one in layer for child in (one.values() if isinstance(one, dict) else one)
        ]
    return found
