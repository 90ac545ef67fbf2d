"""Which files are manifests, and when they change.

Folders are searched whole: *.yaml, *.yml and *.json, but nothing hidden, no caches of other
tools, and not `kne.yaml`, which is kne's own.  A file that is named itself is taken whatever
it is called.  The names of files are relative, as the user gave them.

Two watches: one over the folders, and one over the places where what was given stands, for
an editor that saves by renaming replaces a file, and `git checkout` a whole folder, and a watch
of the thing itself would go with it.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kne import clock
from kne.errors import KneError

if TYPE_CHECKING:
    from watchfiles import Change

SUFFIXES = (".yaml", ".yml", ".json")
OTHERS = ("__pycache__", "node_modules")
OWN = "kne.yaml"
DEBOUNCE, STEP = 100, 50
"""Milliseconds: changes that come together are one; how long to listen for the next one."""

Touched: TypeAlias = frozenset[Path]


class Files:
    """The files below `given`, each a path relative to `folder` or absolute.

    `warn` is told when files can only be watched by looking at them again and again.
    """

    def __init__(
        self, given: Sequence[str], folder: Path, *, warn: Callable[[str], None] = lambda text: None
    ) -> None:
        self._given = {_absolute(folder / path): Path(path) for path in given}
        self._known: Touched = frozenset()
        self._warn = warn
        self._moved = asyncio.Event()
        self._watched: dict[Path, int] = {}

    def check(self) -> None:
        """Complain of what was given and is not there."""
        for path, name in self._given.items():
            if not path.exists():
                raise KneError(
                    f"{name}: no such file or folder", hint="kne up takes files and folders"
                )

    def find(self) -> dict[Path, str]:
        """The manifests that are there now: absolute path to name, sorted by name."""
        found: dict[Path, str] = {}
        for path, name in self._given.items():
            if path.is_dir():
                for file in _below(path):
                    found.setdefault(file, str(name / file.relative_to(path)))
            elif path.exists():
                found.setdefault(path, str(name))
        self._known = frozenset(found)
        return dict(sorted(found.items(), key=lambda item: item[1]))

    async def follow(self, changed: Callable[[Touched], None]) -> None:
        """Call `changed` with the files that were touched, each time some were; never ends.

        Called with none, it means: from here on nothing is missed, look around once.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_folders(changed))
            group.create_task(self._follow_places(changed))

    async def _follow_folders(self, changed: Callable[[Touched], None]) -> None:
        while True:
            self._moved.clear()
            self._watched = self._folders()
            if not self._watched:
                await self._moved.wait()
                continue
            watch = self._watch([*self._watched], self._concerns_folder, changed, stop=self._moved)
            async with aclosing(watch):
                async for touched in watch:
                    changed(touched)
                    if self._folders() != self._watched:
                        break
            await clock.sleep(STEP / 1000)  # a folder that comes and goes must not keep us busy

    async def _follow_places(self, changed: Callable[[Touched], None]) -> None:
        places = sorted({path.parent for path in self._given})
        async for touched in self._watch(places, self._concerns_given, changed):
            changed(touched)
            if self._folders() != self._watched:
                self._moved.set()

    async def _watch(
        self,
        paths: list[Path],
        concerns: "Callable[[Change, str], bool]",
        changed: Callable[[Touched], None],
        *,
        stop: asyncio.Event | None = None,
    ) -> AsyncGenerator[Touched, None]:
        """The files touched in `paths`, in batches; with `stop`, whole trees, and until then."""
        from watchfiles import awatch  # imports anyio, so not before something is followed

        for polling in (None, True):
            watch = awatch(
                *paths,
                watch_filter=concerns,
                debounce=DEBOUNCE,
                step=STEP,
                stop_event=stop,
                recursive=stop is not None,
                force_polling=polling,
                ignore_permission_denied=True,
            )
            # awatch has its watch in place when it waits for the first time: then this is called
            asyncio.get_running_loop().call_soon(changed, frozenset())
            try:
                async with aclosing(watch):
                    async for batch in watch:
                        yield frozenset(Path(path) for _, path in batch)
                return
            except FileNotFoundError:
                return  # it went while the watch was being set up
            except (OSError, RuntimeError) as error:  # no more watches to be had, mostly
                if polling:
                    raise
                self._warn(f"files are looked at again and again, not watched: {error}")

    def _folders(self) -> dict[Path, int]:
        """The given folders that are there now, each with what makes it itself."""
        return {path: path.stat().st_ino for path in self._given if path.is_dir()}

    def _concerns_given(self, change: "Change", path: str) -> bool:
        return Path(path) in self._given

    def _concerns_folder(self, change: "Change", path: str) -> bool:
        """Whether a change may be one of manifests: a file, or a folder that came or went."""
        file = Path(path)
        for root in self._given:
            if file.is_relative_to(root):
                parts = file.relative_to(root).parts
                if any(_is_foreign(part) for part in parts):
                    return False
        return (
            file.suffix in SUFFIXES
            or file.is_dir()
            or any(known.is_relative_to(file) for known in self._known)
        )


def _absolute(path: Path) -> Path:
    """Without `..`, and without following links: what is linked keeps the name it was given."""
    return Path(os.path.normpath(path.absolute()))


def _below(folder: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_foreign(name))
        for name in files:
            if name.endswith(SUFFIXES) and not _is_foreign(name) and name != OWN:
                yield Path(at, name)


def _is_foreign(name: str) -> bool:
    return name.startswith(".") or name in OTHERS
