"""Fixtures that every test may use."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import uvloop

ROOT = Path(__file__).parent.parent


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Asynchronous tests run on both loops: kne takes uvloop's where it is installed."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared material; tests that need it are skipped where it is absent."""
    folder = (ROOT / os.environ.get("KNE_SHARED", "../shared")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared material at {folder} (set KNE_SHARED)")
    return folder
