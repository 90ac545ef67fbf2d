"""Objects as Kubernetes keeps them, and what kne adds to read them.

    Key         what names an object: group, kind, namespace, name
    Resource    one object: its JSON as it is stored, and its spec as a typed model
    Fault       one thing wrong with an object, as admission words it, and its place
    Conditions  the conditions of one object and the Ready that follows from them

The JSON is the truth: what a user wrote comes back as he wrote it.  The typed spec is what
code reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from kne.errors import Where

Json: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]


class Model(BaseModel):
    """A part of a spec: frozen, camelCase outside, unknown fields are faults."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,  # a start needs few of them
    )


SpecT = TypeVar("SpecT", bound=Model, covariant=True)


class Key(NamedTuple):
    """What names an object; versions of one kind are the same object."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """As kubectl and kne's messages write it: `trigger/orders`, with its namespace if any."""
        return f"{self.kind.lower()}/{self.name}"


class Places(Protocol):
    """Knows where each field of a document stands."""

    def place(self, path: Path) -> Where:
        """The place of the field, or of its nearest parent that is there."""
        ...  # a protocol has no body


@dataclass(frozen=True, slots=True)
class Resource(Generic[SpecT]):
    """One object.

    `object` is the whole JSON, defaulted, without status; nobody edits it.  `origin` is the
    file it comes from (relative, as the user gave it), `api` for objects that were applied, or
    empty for children that kne made.
    """

    key: Key
    object: Json
    spec: SpecT
    origin: str = ""
    places: Places | None = None

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def namespace(self) -> str:
        return self.key.namespace

    @property
    def metadata(self) -> Json:
        found: Json = self.object["metadata"]
        return found

    @property
    def uid(self) -> str:
        return str(self.metadata.get("uid", ""))

    @property
    def generation(self) -> int:
        return int(self.metadata.get("generation", 1))

    @property
    def api_version(self) -> str:
        return str(self.object["apiVersion"])

    @property
    def labels(self) -> Mapping[str, str]:
        return self.metadata.get("labels") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.metadata.get("annotations") or {}

    def where(self, path: Path = ()) -> Where | None:
        """Where a field of this object stands in its file, if it comes from one."""
        return self.places.place(path) if self.places else None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an object.

    `message` is upstream's text without the paths (spec core B.1); `paths` are the fields as
    upstream prints them; `at` is the field in the document; `hint` says what to do.
    """

    message: str
    paths: tuple[str, ...] = ()
    at: Path = ()
    details: str = ""
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.message}: {', '.join(self.paths)}"
        return f"{text}\n{self.details}" if self.details else text


@dataclass(slots=True)
class _Condition:
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    order: int = 0


class Conditions:
    """The conditions of one object; Ready follows from the terminal ones (spec core 9.4.1).

    Every terminal condition starts Unknown without a reason.  Ready is True when all are; else
    it takes reason and message of the False condition that was set last, else of the Unknown one.
    """

    def __init__(self, *terminal: str) -> None:
        self._terminal = terminal
        self._all: dict[str, _Condition] = {name: _Condition() for name in terminal}
        self._count = 0

    def set(self, name: str, status: str, reason: str = "", message: str = "") -> None:
        """Set one condition; a name that is not terminal is informational."""
        self._count += 1
        self._all[name] = _Condition(status, reason, message, self._count)

    def true(self, name: str, reason: str = "", message: str = "") -> None:
        self.set(name, "True", reason, message)

    def false(self, name: str, reason: str = "", message: str = "") -> None:
        self.set(name, "False", reason, message)

    def unknown(self, name: str, reason: str = "", message: str = "") -> None:
        self.set(name, "Unknown", reason, message)

    def copy(self, name: str, other: Json | None) -> None:
        """Take over another object's condition (its Ready, mostly)."""
        found = other or {"status": "Unknown"}
        self.set(name, found["status"], found.get("reason", ""), found.get("message", ""))

    def is_true(self, name: str) -> bool:
        """True if that condition, or Ready, holds."""
        return (self.ready if name == "Ready" else self._all[name]).status == "True"

    @property
    def ready(self) -> _Condition:
        terminal = [self._all[name] for name in self._terminal]
        for status in ("False", "Unknown"):
            found = [c for c in terminal if c.status == status]
            if found:
                last = max(found, key=lambda c: c.order)
                return _Condition(status, last.reason, last.message)
        return _Condition("True")

    def __iter__(self) -> Iterator[Json]:
        """As they are stored, sorted by type, without times (the store knows when they changed)."""
        for name, condition in sorted([*self._all.items(), ("Ready", self.ready)]):
            found = {"type": name, "status": condition.status}
            if name != "Ready" and name not in self._terminal:
                found["severity"] = "Info"
            if condition.reason:
                found["reason"] = condition.reason
            if condition.message:
                found["message"] = condition.message
            yield found


def ready_of(status: Json | None) -> Json | None:
    """The Ready condition of a status, if it has one."""
    conditions = (status or {}).get("conditions") or ()
    return next((c for c in conditions if c["type"] == "Ready"), None)
