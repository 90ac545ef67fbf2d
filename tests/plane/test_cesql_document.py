"""docs/cesql.md is what the two dialects really do."""

from pathlib import Path

import pytest

from kne.plane.cesql.differences import ALIKE, DIFFERENT, Example, answer, document

DOCUMENT = Path(__file__).parent.parent.parent / "docs/cesql.md"


def test_the_document_is_what_is_generated() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "python -m kne.plane.cesql.differences"


@pytest.mark.parametrize("example", DIFFERENT, ids=lambda it: it.expression)
def test_what_is_called_different_differs(example: Example) -> None:
    assert answer(example, "standard") != answer(example, "knative")


@pytest.mark.parametrize("example", ALIKE, ids=lambda it: it.expression)
def test_what_is_called_alike_is_alike(example: Example) -> None:
    assert answer(example, "standard") == answer(example, "knative")
