"""The contract of a Kind, and the Bench it is compiled on.

A Kind is one class in one place: its shape, its columns, its defaults and faults, its children,
and what it puts into the routing table.  Manifests are compiled, not converged: `compile` is a
pure function of the objects around it, asked for on demand and at most once for each object.

    class Broker(Kind[BrokerSpec]):
        def compile(self, it, bench):
            channel = bench.child(it, {...})        # another object, compiled at once
            bench.table.entrances[...] = Entrance(...)
            return {"conditions": [...], ...}       # the status, without times
"""

import copy
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal

from pydantic import ValidationError

from kne.errors import KneError, Where
from kne.kinds.config import Config
from kne.kinds.faults import report
from kne.model.duck import Destination
from kne.model.resource import Fault, Json, Key, Model, Path, Resource, SpecT
from kne.plane.table import Entrance, Gate, Hub, Link

NO_RESOURCE = "the server could not find the requested resource"
"""What an API server says about a kind, or a version of it, that it does not serve."""


@dataclass(frozen=True, slots=True)
class Column:
    """One printed column: heading, JSONPath into the object, 1 for `-o wide` only."""

    name: str
    path: str
    wide: int = 0
    type: Literal["string", "date", "integer"] = "string"


AGE = Column("Age", ".metadata.creationTimestamp", type="date")
READY = Column("Ready", '.status.conditions[?(@.type=="Ready")].status')
REASON = Column("Reason", '.status.conditions[?(@.type=="Ready")].reason')
URL = Column("URL", ".status.address.url")


class Unresolved(KneError):
    """A destination that has no URL now; the message is upstream's (spec core 6.3)."""


class Refused(KneError):
    """A child that the API server would not take; the message is its own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that will not work as it was written, told to whoever wrote it.

    `key` is the object that has the problem; `where` the place in its file, if it has one.
    """

    where: Where | None
    message: str
    why: str
    hint: str
    key: Key


@dataclass(frozen=True, slots=True)
class Process:
    """A program of the user's that serves a Service; it finds its port in `$PORT`."""

    command: str
    folder: str
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Url:
    """A server of the user's that is already running."""

    url: str


@dataclass(frozen=True, slots=True)
class Builtin:
    """A well-known image that kne plays itself, with the environment of its container."""

    name: str
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Mock:
    """Stands in for a service nobody serves: shows the event and answers `status`."""

    status: int = 202


@dataclass(frozen=True, slots=True)
class Serving:
    """How one Service is served: described here, alive in `kne.control.services`."""

    key: Key
    address: str
    by: Process | Url | Builtin | Mock


class Kind(Generic[SpecT]):
    """What kne knows of one kind of object."""

    group: ClassVar[str]
    version: ClassVar[str]
    kind: ClassVar[str]
    plural: ClassVar[str]
    versions: ClassVar[tuple[str, ...]] = ()
    """All versions in which it may be written, if there are more than one."""
    short_names: ClassVar[tuple[str, ...]] = ()
    categories: ClassVar[tuple[str, ...]] = ()
    namespaced: ClassVar[bool] = True
    columns: ClassVar[tuple[Column, ...]] = (AGE,)
    Spec: ClassVar[type[Model]]
    loose: ClassVar[bool] = False
    """True if the spec is kept as it is and not checked (kinds that belong to others)."""
    webhook: ClassVar[str] = "validation.webhook.eventing.knative.dev"
    """Who answers for `validate`, as the API server names it (spec core 9.1)."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def key(self, namespace: str, name: str) -> Key:
        """The key of an object of this kind."""
        return Key(self.group, self.kind, namespace if self.namespaced else "", name)

    def default(self, it: Json, config: Config) -> None:
        """Fill in what admission fills in; edits the object in place (spec core 9.2)."""

    def validate(self, it: "Resource[Any]", config: Config) -> Iterable[Fault]:
        """Every fault admission would name (spec core 9.3)."""
        return ()

    def changed(
        self, it: "Resource[Any]", before: "Resource[Any]", config: Config
    ) -> Iterable[Fault]:
        """What admission says, besides `validate`, against changing `before` into `it`."""
        return ()

    def expand(self, it: "Resource[Any]", bench: "Bench") -> None:
        """Make (`bench.make`) the children that others may refer to; compiles nothing.

        All objects are expanded before the first is compiled, so that no result depends on
        who is compiled first.
        """

    def compile(self, it: "Resource[Any]", bench: "Bench") -> Json | None:
        """Put the object's parts on the bench and return its status, None if it has none."""
        return None

    def address(self, it: "Resource[Any]", bench: "Bench") -> str | None:
        """The URL that a reference to this object means, None if it has none (yet)."""
        status = bench.status(it.key) or {}
        found = (status.get("address") or {}).get("url")
        return str(found) if found else None

    def finish(self, it: "Resource[Any]", bench: "Bench", status: Json | None) -> Json | None:
        """The object as it is shown, once everything is compiled; None means as it is."""
        return None


@dataclass(slots=True)
class Parts:
    """What kinds put into the routing table, before it is closed."""

    entrances: dict[str, Entrance] = field(default_factory=dict)
    gates: dict[str, Gate] = field(default_factory=dict)
    hubs: dict[str, Hub] = field(default_factory=dict)
    links: dict[Key, list[tuple[Json, Link]]] = field(default_factory=dict)
    """By channel: each subscriber's entry as `spec.subscribers` shows it, and its link."""
    servings: dict[Key, Serving] = field(default_factory=dict)


class Bench:
    """Where one set of objects is compiled.

    `kinds` maps (group, kind) to the Kind; `objects` holds what was given and, as they are
    made, the children.  Given objects whose owner is gone are left out, as Kubernetes' garbage
    collector would delete them: mostly children in a file that was exported from a cluster.
    """

    def __init__(
        self,
        kinds: Mapping[tuple[str, str], Kind[Any]],
        objects: Iterable[Resource[Any]],
        config: Config,
    ) -> None:
        self.kinds = kinds
        self.config = config
        self.parts = Parts()
        self.problems: list[Problem] = []
        self.objects: dict[Key, Resource[Any]] = {}
        self._among: dict[tuple[str, str, str], list[Resource[Any]]] = {}
        self._statuses: dict[Key, Json | None] = {}
        self._busy: set[Key] = set()
        self._take([it for _, it in sorted({it.key: it for it in objects}.items())])

    def find(self, key: Key) -> Resource[Any] | None:
        """The object of that key, given or made."""
        return self.objects.get(key)

    def among(self, group: str, kind: str, namespace: str) -> list[Resource[Any]]:
        """The objects of a kind in a namespace."""
        return self._among.get((group, kind, namespace), [])

    def serves(self, api_version: str, kind: str) -> Kind[Any] | None:
        """The Kind of that version and name, None if there is none."""
        group, _, version = api_version.rpartition("/")
        found = self.kinds.get((group, kind))
        versions = (found.versions or (found.version,)) if found else ()
        return found if version in versions else None

    def status(self, key: Key) -> Json | None:
        """The object's status, compiled now if it was not yet; None while it is being compiled."""
        if key in self._statuses:
            return self._statuses[key]
        it = self.objects.get(key)
        kind = self.kinds.get((key.group, key.kind))
        if it is None or kind is None or key in self._busy:
            return None
        self._busy.add(key)
        try:
            self._statuses[key] = kind.compile(it, self)
        finally:
            self._busy.discard(key)
        return self._statuses[key]

    def compile_all(self) -> None:
        """Compile every object, children included; the order does not matter."""
        from kne.kinds.circles import tell_circles  # looks at what is made here

        for key in sorted(self.objects):
            self.status(key)
        tell_circles(self)

    def make(self, owner: Resource[Any], made: Json) -> Resource[Any]:
        """Add an object that `owner` controls; its uid follows from its owner's.

        An object of that key that was given by the user is kept as it is and returned.

        Raises:
            Refused: an API server would not take it.
        """
        kind = self.serves(made["apiVersion"], made["kind"])
        if kind is None:
            raise Refused(NO_RESOURCE)
        metadata = made["metadata"]
        key = kind.key(metadata["namespace"], metadata["name"])
        if key not in self.objects:
            uid = str(uuid.uuid5(uuid.UUID(owner.uid), f"{key.kind}/{key.name}"))
            references = {"ownerReferences": [owner_reference(owner)], "uid": uid}
            it = _admitted(kind, {**made, "metadata": {**metadata, **references}}, self.config)
            self._add(it)
            kind.expand(it, self)
        return self.objects[key]

    def child(self, owner: Resource[Any], made: Json) -> Resource[Any]:
        """Like `make`, and compile it.

        Raises:
            Refused: an API server would not take it.
        """
        it = self.make(owner, made)
        self.status(it.key)
        return it

    def problem(
        self, it: Resource[Any], path: Path, message: str, why: str = "", hint: str = ""
    ) -> None:
        """Tell the user about something in `it`, at that field, that will not work."""
        self.problems.append(Problem(it.where(path), message, why, hint, it.key))

    def resolve(self, destination: Destination, near: Resource[Any]) -> str:
        """The URL of a destination (spec core 6).

        Raises:
            Unresolved: it has none; the message is upstream's.
        """
        from kne.kinds.destinations import resolve  # the rules stand there

        return resolve(destination, near, self)

    def __iter__(self) -> Iterator[Resource[Any]]:
        return iter(self.objects.values())

    def _take(self, objects: list[Resource[Any]]) -> None:
        uids = {it.uid for it in objects}
        owned = [it for it in objects if _owners(it) and uids.isdisjoint(_owners(it))]
        left = {it.key for it in owned}
        self._expand([it for it in objects if it.key not in left])
        uids = {it.uid for it in self.objects.values()}  # children may own things, too
        self._expand([it for it in owned if not uids.isdisjoint(_owners(it))])
        for it in owned:
            if uids.isdisjoint(_owners(it)):
                self._leave_out(it)

    def _add(self, it: Resource[Any]) -> None:
        self.objects[it.key] = it
        self._among.setdefault(it.key[:3], []).append(it)

    def _expand(self, objects: list[Resource[Any]]) -> None:
        for it in objects:
            self._add(it)
        for it in objects:
            kind = self.kinds.get((it.key.group, it.key.kind))
            if kind is not None:
                kind.expand(it, self)

    def _leave_out(self, it: Resource[Any]) -> None:
        owner = it.metadata["ownerReferences"][0]
        self.problem(
            it,
            ("metadata", "ownerReferences"),
            f'{it.key.kind.lower()} "{it.name}" is left out: its owner is not here',
            f'it belongs to the {owner.get("kind", "").lower()} "{owner.get("name", "")}" '
            f"with uid {owner.get('uid', '')}; Kubernetes deletes what lost its owner",
            "remove it from the file: kne makes the children of what it finds there itself",
        )


def _owners(it: Resource[Any]) -> set[str]:
    return {str(owner.get("uid")) for owner in it.metadata.get("ownerReferences") or ()}


def _admitted(kind: Kind[Any], given: Json, config: Config) -> Resource[Any]:
    """A child as it comes out of admission; fields that its kind does not know are dropped."""
    made = copy.deepcopy(given)  # parts of it are parts of its owner
    kind.default(made, config)
    key = kind.key(made["metadata"]["namespace"], made["metadata"]["name"])
    it = Resource(key, made, _parsed(kind, made))
    faults = report(kind.validate(it, config))
    if faults:
        raise Refused(
            f'admission webhook "{kind.webhook}" denied the request: validation failed: {faults}'
        )
    return it


def _parsed(kind: Kind[Any], made: Json) -> Model:
    try:
        return kind.Spec.model_validate(made["spec"])
    except ValidationError as error:
        for fault in error.errors():
            *way, last = fault["loc"]
            if fault["type"] != "extra_forbidden":
                field = ".".join(str(part) for part in ("spec", *way, last))
                name = made["metadata"]["name"]
                text = f'{kind.kind} "{name}" is invalid: {field}: {fault["msg"]}'
                raise Refused(text) from None
            place = made["spec"]
            for part in way:
                place = place[part]
            del place[last]
    return kind.Spec.model_validate(made["spec"])


def owner_reference(owner: Resource[Any]) -> Json:
    """The reference by which `owner` controls a child."""
    return {
        "apiVersion": owner.api_version,
        "kind": owner.key.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
