"""Commands in this process, in a folder of their own, with a running kne to talk to."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kne.cli import app
from tests.api import small
from tests.cli.shop import Running, Shop, served

Kne = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; nothing of the user's own is seen from there."""
    for name in os.environ:
        if name.startswith("KNE_") or "COLOR" in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def kne(folder: Path) -> Kne:
    """Runs `kne WORDS`; keeps stdout and stderr apart."""

    def run(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(app, words, prog_name="kne", catch_exceptions=False, **more)

    return run


@pytest.fixture
def shop(folder: Path) -> Iterator[Running]:
    """A running kne with a shop in it."""
    with served(Shop(small.shop().objects.values()), folder) as running:
        yield running
