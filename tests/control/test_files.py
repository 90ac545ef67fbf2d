"""Real files and the real watch."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from kne import clock
from kne.control.files import Files, Touched
from kne.errors import KneError

LONG = 10
"""Seconds that no watch needs; only a failing test waits for them."""


def write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a: b\n")


def found(folder: Path, *given: str) -> list[str]:
    return list(Files(given, folder).find().values())


def test_folders_are_searched_whole_and_files_keep_the_names_they_were_given(
    tmp_path: Path,
) -> None:
    write(tmp_path, "m/b.yaml", "m/a.yml", "m/sub/c.json", "other.yaml", "m/readme.md")
    assert found(tmp_path, "m/") == ["m/a.yml", "m/b.yaml", "m/sub/c.json"]
    assert found(tmp_path, ".") == ["m/a.yml", "m/b.yaml", "m/sub/c.json", "other.yaml"]
    assert found(tmp_path, str(tmp_path / "m/sub")) == [str(tmp_path / "m/sub/c.json")]
    assert found(tmp_path / "m", "../other.yaml") == ["../other.yaml"]


def test_a_file_that_is_given_twice_is_taken_once(tmp_path: Path) -> None:
    write(tmp_path, "m/a.yaml")
    assert found(tmp_path, "m", "m/a.yaml", "./m") == ["m/a.yaml"]


def test_hidden_files_swap_files_caches_and_kne_yaml_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        *(".git/a.yaml", ".a.yaml.swp", ".#a.yaml", "a.yaml~", "#a.yaml#", "a.yaml.tmp", "4913"),
        *("node_modules/p/package.json", "__pycache__/a.json", "kne.yaml", "good.yaml"),
    )
    assert found(tmp_path, ".") == ["good.yaml"]


def test_a_file_that_is_named_may_be_called_anything(tmp_path: Path) -> None:
    write(tmp_path, ".hidden", "notes.txt")
    assert found(tmp_path, ".hidden", "notes.txt") == [".hidden", "notes.txt"]


def test_what_is_not_there_is_complained_of(tmp_path: Path) -> None:
    with pytest.raises(KneError, match=r"^nowhere: no such file or folder"):
        Files(["nowhere"], tmp_path).check()


class Watcher:
    """Follows files, and lets a test wait for what it needs to see."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.touched: set[str] = set()
        self.calls = 0
        self._news = asyncio.Event()

    def changed(self, touched: Touched) -> None:
        self.calls += 1
        self.touched |= {path.name for path in touched}
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with clock.timeout(LONG):
            while not holds():
                await self._news.wait()
                self._news.clear()

    async def until_there_is(self, *names: str) -> None:
        await self.until(lambda: {*names} <= {*self.files.find().values()})


@asynccontextmanager
async def following(folder: Path, *given: str) -> AsyncIterator[Watcher]:
    watcher = Watcher(Files(given, folder))
    watcher.files.find()
    task = asyncio.create_task(watcher.files.follow(watcher.changed))
    watches = 1 + any((folder / path).is_dir() for path in given)
    await watcher.until(lambda: watcher.calls >= watches)
    yield watcher
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_changed_file_is_noticed_and_an_uninteresting_one_is_not(tmp_path: Path) -> None:
    write(tmp_path, "m/a.yaml")
    async with following(tmp_path, "m") as it:
        write(tmp_path, "m/x.log", "m/.a.yaml.swp", "m/.git/x.yaml", "m/a.yaml")
        await it.until(lambda: "a.yaml" in it.touched)
        assert it.touched == {"a.yaml"}


async def test_files_in_folders_created_later_are_noticed(tmp_path: Path) -> None:
    write(tmp_path, "m/a.yaml")
    async with following(tmp_path, "m") as it:
        write(tmp_path, "m/new/deep/b.yaml")
        await it.until_there_is("m/new/deep/b.yaml")
        write(tmp_path, "m/new/deep/c.yaml")
        await it.until_there_is("m/new/deep/c.yaml")


async def test_a_folder_that_goes_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, "m/a.yaml", "m/sub/b.yaml")
    async with following(tmp_path, "m") as it:
        (tmp_path / "m/sub").rename(tmp_path / "elsewhere")
        await it.until(lambda: it.touched != set())
        assert [*it.files.find().values()] == ["m/a.yaml"]


async def test_a_single_file_is_followed_through_being_replaced_again_and_again(
    tmp_path: Path,
) -> None:
    write(tmp_path, "a.yaml")
    async with following(tmp_path, "a.yaml") as it:
        for _ in range(3):
            it.touched.clear()
            write(tmp_path, "a.tmp")
            (tmp_path / "a.tmp").rename(tmp_path / "a.yaml")
            await it.until(lambda: it.touched == {"a.yaml"})


async def test_a_given_folder_may_go_and_come_back(tmp_path: Path) -> None:
    write(tmp_path, "m/a.yaml")
    async with following(tmp_path, "m") as it:
        shutil.rmtree(tmp_path / "m")
        await it.until(lambda: not it.files.find())
        write(tmp_path, "m/b.yaml")
        await it.until_there_is("m/b.yaml")
        calls = it.calls
        write(tmp_path, "m/c.yaml")
        await it.until(lambda: it.calls > calls)
        await it.until_there_is("m/b.yaml", "m/c.yaml")


async def test_following_ends_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml")
    async with following(tmp_path, "."):
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1


async def test_where_no_watch_can_be_had_files_are_looked_at_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "m/a.yaml")
    real = watchfiles.awatch
    warnings: list[str] = []

    async def exhausted(
        *paths: Path, force_polling: bool | None, **more: Any
    ) -> AsyncIterator[Any]:
        if not force_polling:
            raise OSError("inotify watch limit reached")
        async for batch in real(*paths, force_polling=True, **more):
            yield batch

    monkeypatch.setattr(watchfiles, "awatch", exhausted)
    files = Files(["m"], tmp_path, warn=warnings.append)
    watcher = Watcher(files)
    task = asyncio.create_task(files.follow(watcher.changed))
    await watcher.until(lambda: watcher.calls >= 4)  # each watch was tried twice
    stat = (tmp_path / "m/a.yaml").stat()
    os.utime(tmp_path / "m/a.yaml", (stat.st_atime, stat.st_mtime + 5))
    await watcher.until(lambda: "a.yaml" in watcher.touched)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "inotify watch limit reached" in warnings[0]
