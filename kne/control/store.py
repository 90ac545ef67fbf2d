"""All objects, given and compiled, in memory: the only place where they change.

    load      what one origin (a file) holds now; what it held before goes
    given     the objects to compile: of a key that two origins claim, the first one's
    publish   what was compiled, as people see it; the differences become changes
    watch     the stream of changes, for everybody who follows them

Objects are never edited: each publication makes new ones and leaves the rest as they are, so
whoever got one keeps a snapshot.  Versions count the changes; one change, one version.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeAlias

from kne import clock
from kne.errors import KneError, ManifestError
from kne.model.resource import Json, Key, Resource

HISTORY = 10_000
"""Changes that are kept for watches that start in the past; about what an API server keeps."""

UNCOUNTED = ("", "rbac.authorization.k8s.io")
"""API groups whose objects have no generation, as in Kubernetes."""


Jsons: TypeAlias = list[Json]
ChangeType: TypeAlias = Literal["ADDED", "MODIFIED", "DELETED"]


class Gone(KneError):
    """The changes since that version are no longer kept (HTTP 410): list anew."""


class Change(NamedTuple):
    """One object came, changed or went; `object` is as it was published (or last, if it went)."""

    version: int
    type: ChangeType
    key: Key
    object: Json


@dataclass(frozen=True, slots=True)
class _Life:
    """What stays the same while a key lives, whichever file it is in."""

    uid: str
    created: str
    generation: int
    content: Json


class Store:
    """The objects by key.  `version` is the resourceVersion of the whole.

    It starts at `version`: a number larger than any of an earlier run lets clients of that run
    notice that they must list anew.
    """

    def __init__(self, version: int = 1, *, history: int = HISTORY) -> None:
        self.version = version
        self._loaded: dict[str, dict[Key, Resource[Any]]] = {}
        self._claims: dict[Key, list[str]] = {}
        self._doubles: dict[str, list[Resource[Any]]] = {}
        self._given: dict[Key, Resource[Any]] = {}
        self._lives: dict[Key, _Life] = {}
        self._compiled: dict[Key, Json] = {}
        self._view: dict[Key, Json] = {}
        self._history: deque[Change] = deque(maxlen=history)
        self._news = asyncio.Event()

    def load(self, origin: str, resources: Iterable[Resource[Any]]) -> None:
        """Replace all objects of one origin, at once."""
        wanted: dict[Key, Resource[Any]] = {}
        doubles = [it for it in resources if wanted.setdefault(it.key, it) is not it]
        before = self._loaded.pop(origin, {})
        self._doubles.pop(origin, None)
        if wanted:
            self._loaded[origin] = wanted
        if doubles:
            self._doubles[origin] = doubles
        for key in before.keys() - wanted.keys():
            self._claims[key].remove(origin)
        for key in wanted.keys() - before.keys():
            self._claims.setdefault(key, []).append(origin)
        for key in before.keys() | wanted.keys():
            self._settle(key)

    def given(self) -> tuple[Resource[Any], ...]:
        """What is to be compiled, sorted by key."""
        return tuple(self._given[key] for key in sorted(self._given))

    def origins(self, key: Key) -> tuple[str, ...]:
        """Who claims that key; the first one has it."""
        return tuple(self._claims.get(key, ()))

    def problems(self) -> list[ManifestError]:
        """Objects that are defined more than once, each named with both places."""
        found = [_double(it, self._given[it.key]) for all_ in self._doubles.values() for it in all_]
        found += [
            _double(self._loaded[origin][key], self._given[key])
            for key, claims in self._claims.items()
            for origin in claims[1:]
        ]
        return sorted(found, key=str)

    def publish(self, objects: Mapping[Key, Json]) -> list[Change]:
        """Put what was compiled in view; the changes, in the order of their versions."""
        now = _now()
        changes = [self._remove(key) for key in sorted(self._view.keys() - objects.keys())]
        for key in sorted(objects):
            if objects[key] != self._compiled.get(key):
                changes += self._put(key, objects[key], now)
        self._lives = {key: life for key, life in self._lives.items() if key in self._given}
        if changes:
            self._news.set()
            self._news = asyncio.Event()
        return changes

    def get(self, key: Key) -> Json | None:
        """One object as it was last published."""
        return self._view.get(key)

    def list(self, group: str, kind: str, namespace: str | None = None) -> Jsons:
        """The objects of a kind, in one namespace or all, by namespace and name."""
        keys = [
            key
            for key in self._view
            if key.kind == kind and key.group == group and namespace in (None, key.namespace)
        ]
        return [self._view[key] for key in sorted(keys)]

    async def watch(self, since: int) -> AsyncIterator[Change]:
        """The changes after version `since`, and all that are still to come; never ends.

        Raises:
            Gone: some of them are no longer kept, now or because the reader was too slow.
        """
        while True:
            news = self._news
            missed = self.version - since
            if missed > len(self._history):
                oldest = self.version - len(self._history)
                raise Gone(f"too old resource version: {since} ({oldest})")
            for change in list(islice(reversed(self._history), max(0, missed)))[::-1]:
                since = change.version
                yield change
            await news.wait()

    def _settle(self, key: Key) -> None:
        """Give the key to the first that claims it."""
        claims = self._claims[key]
        if not claims:
            del self._claims[key], self._given[key]
            return
        it = self._loaded[claims[0]][key]
        life = self._lives[key] = self._live(it)
        stamped = {**it.metadata, "uid": life.uid, "creationTimestamp": life.created}
        if key.group not in UNCOUNTED:
            stamped["generation"] = life.generation
        self._given[key] = replace(it, object={**it.object, "metadata": stamped})

    def _live(self, it: Resource[Any]) -> _Life:
        content = _content(it.object)
        life = self._lives.get(it.key)
        if life is None:
            return _Life(str(uuid.uuid4()), _now(), 1, content)
        if life.content == content:
            return life
        return replace(life, generation=life.generation + 1, content=content)

    def _remove(self, key: Key) -> Change:
        del self._compiled[key]
        last = self._view.pop(key)
        return self._record("DELETED", key, last)

    def _put(self, key: Key, made: Json, now: str) -> Iterator[Change]:
        before = self._view.get(key)
        if before and before["metadata"].get("uid") != made["metadata"].get("uid"):
            yield self._remove(key)  # another object of the same name
            before = None
        metadata = {"creationTimestamp": now, **made["metadata"]}
        if before and "creationTimestamp" not in made["metadata"]:
            metadata["creationTimestamp"] = before["metadata"]["creationTimestamp"]
        shown = {**made, "metadata": metadata}
        if "status" in made:
            shown["status"] = _timed(made["status"], (before or {}).get("status"), now)
        if "generation" not in metadata and key.group not in UNCOUNTED:
            _count(shown, before)
        self._compiled[key] = made
        change = self._record("MODIFIED" if before else "ADDED", key, shown)
        self._view[key] = change.object
        yield change

    def _record(self, type_: ChangeType, key: Key, it: Json) -> Change:
        self.version += 1
        metadata = {**it["metadata"], "resourceVersion": str(self.version)}
        change = Change(self.version, type_, key, {**it, "metadata": metadata})
        self._history.append(change)
        return change


def _now() -> str:
    """The time as Kubernetes writes it: no fraction."""
    return clock.rfc3339(clock.now_ns() // 1_000_000_000 * 1_000_000_000)


def _content(it: Json) -> Json:
    """What counts for the generation: all but metadata and status."""
    return {name: value for name, value in it.items() if name not in ("metadata", "status")}


def _count(shown: Json, before: Json | None) -> None:
    """Give a child its generation; whoever waits compares it with the observed one."""
    generation = 1
    if before:
        generation = before["metadata"]["generation"] + (_content(shown) != _content(before))
    shown["metadata"]["generation"] = generation
    if "observedGeneration" in shown.get("status", ()):
        shown["status"] = {**shown["status"], "observedGeneration": generation}


def _timed(made: Any, before: Any, now: str) -> Any:
    """A status with the times of its conditions: the old one while nothing of it changed.

    Source: spec core 9.4.1, `lastTransitionTime`.
    """
    if isinstance(made, list):
        return [_timed(it, _counterpart(made, at, before), now) for at, it in enumerate(made)]
    if not isinstance(made, dict):
        return made
    old = before if isinstance(before, dict) else {}
    if not _is_condition(made):
        return {name: _timed(value, old.get(name), now) for name, value in made.items()}
    time = old.get("lastTransitionTime")
    if time is None or {**made, "lastTransitionTime": time} != old:
        time = now
    return {"lastTransitionTime": time, **made}


def _is_condition(it: Any) -> bool:
    return (
        isinstance(it, dict) and "type" in it and it.get("status") in ("True", "False", "Unknown")
    )


def _counterpart(made: list[Any], at: int, before: Any) -> Any:
    """What stood in the list's place before: conditions by their type, all else by position."""
    if not isinstance(before, list):
        return None
    if _is_condition(made[at]):
        return next((it for it in before if it.get("type") == made[at]["type"]), None)
    return before[at] if at < len(before) else None


def _double(it: Resource[Any], first: Resource[Any]) -> ManifestError:
    return ManifestError(
        f'{it.key} in namespace "{it.namespace}" is already defined at {_place(first)}'
        if it.namespace
        else f"{it.key} is already defined at {_place(first)}",
        where=it.where(),
        why="of two objects with one name only the first counts",
        hint="rename or remove one of them",
    )


def _place(it: Resource[Any]) -> str:
    return str(it.where() or it.origin)
