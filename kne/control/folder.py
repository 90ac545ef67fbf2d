"""What the manifests say: read, judged, and held in the store, file by file.

A file counts whole or not at all.  While it has a fault its last good objects stay, and the
fault is kept until it is mended.  Only files that changed are read again; all are judged again
when a ConfigMap changes that defaulting and admission depend on.

A file in which no document has an `apiVersion` is no manifest (a compose file, a package.json):
it is skipped, with a warning.  In any other file a document without one is a fault.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kne.addresses import SYSTEM_NAMESPACE
from kne.control.files import Files
from kne.control.shipped import configuration
from kne.control.store import Store
from kne.errors import ManifestError, ManifestErrors, Where
from kne.kinds.admission import admit
from kne.kinds.config import SYSTEM_MAPS, Config
from kne.model.manifest import Document, read
from kne.model.resource import Json, Resource

Resources = tuple[Resource[Any], ...]
Faults = tuple[ManifestError, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading or judging one file anew has brought.

    `before` and `after` are its objects.  A file that was not read was judged anew because the
    configuration changed.  `is_mended`: it had faults and has none now.
    """

    file: str
    before: Resources = ()
    after: Resources = ()
    faults: Faults = ()
    is_read: bool = True
    is_new: bool = False
    is_gone: bool = False
    is_mended: bool = False
    is_skipped: bool = False


@dataclass(frozen=True, slots=True)
class _File:
    """One file as it was last read: its stamp on disk, its text, and what came of it.

    `broken` is what could not be read or parsed; `documents` is the rest.
    """

    stamp: tuple[int, ...]
    text: bytes | None = None
    documents: tuple[Document, ...] = ()
    broken: Faults = ()
    good: Resources = ()
    faults: Faults = ()
    is_skipped: bool = False


class Folder:
    """The files of one kne, and the faults in them."""

    def __init__(self, files: Files, store: Store, namespace: str) -> None:
        self._files = files
        self._store = store
        self._namespace = namespace
        self._known: dict[str, _File] = {}
        self._config = configuration({})

    def __len__(self) -> int:
        """The number of manifests."""
        return sum(not file.is_skipped for file in self._known.values())

    @property
    def faults(self) -> Faults:
        """All that is wrong now, by file."""
        return tuple(fault for _, file in sorted(self._known.items()) for fault in file.faults)

    def read(self, touched: Collection[Path] = ()) -> list[Outcome]:
        """Take in what has changed on disk; `touched` are read even if they look the same."""
        there: set[str] = set()
        fresh: dict[str, _File] = {}
        for path, name in self._files.find().items():
            try:
                found = self._read(path, name, touched=path in touched)
            except FileNotFoundError:
                continue  # it went meanwhile
            there.add(name)
            if found is not None:
                fresh[name] = found
        gone = [name for name in self._known if name not in there]
        outcomes = [self._drop(name) for name in gone]
        return outcomes + self._judge(fresh)

    def _read(self, path: Path, name: str, *, touched: bool) -> _File | None:
        """The file as it is now; None if that is as it was."""
        before = self._known.get(name)
        stamp: tuple[int, ...] = ()
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
            if before and before.stamp == stamp and not touched:
                return None
            text = path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            fault = ManifestError(f"cannot be read: {error.strerror}", where=Where(name))
            return _File(stamp, broken=(fault,))
        if before and before.text == text:
            self._known[name] = replace(before, stamp=stamp)
            return None
        return _parsed(text, name, stamp)

    def _drop(self, name: str) -> Outcome:
        file = self._known.pop(name)
        self._store.load(name, ())
        return Outcome(name, file.good, is_gone=True, is_mended=bool(file.faults))

    def _judge(self, fresh: Mapping[str, _File]) -> list[Outcome]:
        known = self._known
        self._known = {**known, **fresh}
        config = configuration(self._maps())
        names: Iterable[str] = fresh
        if _for_admission(config) != _for_admission(self._config):
            names = list(self._known)
        self._config = config
        return [self._settle(name, known.get(name), fresh=name in fresh) for name in names]

    def _settle(self, name: str, before: _File | None, *, fresh: bool) -> Outcome:
        """Take a file's objects over if all of them are good."""
        file = self._known[name]
        last = before.good if before else ()
        if file.is_skipped and last:  # it was a manifest until now: most likely a slip
            fault = ManifestError("no document has an apiVersion any more", where=Where(name, 1))
            file = replace(file, is_skipped=False, broken=(fault,))
        admitted, refused = self._admit(file.documents)
        faults = tuple(sorted((*file.broken, *refused), key=_line))
        good = last if faults else admitted
        self._known[name] = replace(file, good=good, faults=faults)
        self._store.load(name, good)
        return Outcome(
            name,
            last,
            good,
            faults,
            is_read=fresh,
            is_new=before is None,
            is_mended=bool(before and before.faults and not faults),
            is_skipped=file.is_skipped,
        )

    def _admit(self, documents: Iterable[Document]) -> tuple[Resources, Faults]:
        admitted: list[Resource[Any]] = []
        faults: list[ManifestError] = []
        for document in documents:
            try:
                admitted.append(admit(document, self._config, self._namespace))
            except ManifestError as error:
                faults += _each(error)
        return tuple(admitted), tuple(faults)

    def _maps(self) -> dict[tuple[str, str], Mapping[str, str]]:
        """Every ConfigMap; of a file that cannot be parsed, those that it had."""
        objects: list[Json] = []
        for file in self._known.values():
            found: Iterable[Document | Resource[Any]] = file.good if file.broken else file.documents
            objects += [it.object for it in found]
        return {at: data for it in objects for at, data in _config_map(it, self._namespace)}


def _parsed(text: bytes, name: str, stamp: tuple[int, ...]) -> _File:
    documents, broken = read(text, name)
    is_manifest = any("apiVersion" in it.object for it in documents)
    if not is_manifest and broken:  # it may have become one, had it been possible to read on
        is_manifest = b"apiVersion" in text.replace(b"\0", b"")  # zeros: UTF-16
    if not is_manifest:
        return _File(stamp, text, is_skipped=bool(documents or broken))
    return _File(stamp, text, tuple(documents), tuple(broken))


def _each(error: ManifestError) -> Faults:
    return error.faults if isinstance(error, ManifestErrors) else (error,)


def _config_map(it: Json, namespace: str) -> Iterable[tuple[tuple[str, str], dict[str, str]]]:
    metadata, data = it.get("metadata"), it.get("data")
    is_one = it.get("kind") == "ConfigMap" and it.get("apiVersion") == "v1"
    if is_one and isinstance(metadata, dict) and isinstance(data, dict):
        at = (str(metadata.get("namespace") or namespace), str(metadata.get("name")))
        yield at, {str(name): text for name, text in data.items() if isinstance(text, str)}


def _line(fault: ManifestError) -> tuple[int, int]:
    return (fault.where.line, fault.where.column) if fault.where else (0, 0)


def _for_admission(config: Config) -> object:
    """The part of the configuration on which defaulting and admission depend."""
    return [config.maps.get((SYSTEM_NAMESPACE, name)) for name in SYSTEM_MAPS]
