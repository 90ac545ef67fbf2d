"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared material; tests that need it are skipped where it is absent."""
    folder = (ROOT / os.environ.get("KNE_SHARED", "../shared")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared material at {folder} (set KNE_SHARED)")
    return folder
