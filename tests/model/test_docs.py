"""The strings below the fields of a model are their documentation."""

import pytest

from kne.kinds.registry import kinds
from kne.model.docs import field_docs
from kne.model.duck import Delivery, Destination


def test_a_field_is_explained_by_the_string_below_it() -> None:
    assert field_docs(Delivery)["retry"] == "How often to try again after the first attempt."


def test_a_field_is_known_by_its_name_in_python() -> None:
    assert "ca_certs" in field_docs(Destination)


@pytest.mark.parametrize("kind", [k for k in kinds().values() if not k.loose], ids=str)
def test_every_field_of_every_kind_is_explained(kind: object) -> None:
    spec = kind.Spec  # type: ignore[attr-defined]
    assert set(spec.model_fields) <= set(field_docs(spec))
