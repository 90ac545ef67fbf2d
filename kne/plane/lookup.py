"""How filters find an attribute of an event (spec core 2.5).

Core attributes always have a value, empty if unset; extensions may be missing.

Source: knative/eventing pkg/eventfilter/attributes/filter.go, LookupAttribute.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from kne.event import ZERO_TIME

Attributes: TypeAlias = Mapping[str, str]
Lookup: TypeAlias = Callable[[Attributes], str | None]


def lookup(name: str) -> Lookup:
    """The function that finds the attribute of that name; None means there is none."""
    if name in ("dataschema", "schemaurl"):
        return lambda a: a.get("schemaurl" if a.get("specversion") == "0.3" else "dataschema", "")
    if name == "datacontentencoding":
        return lambda a: a.get(name, "") if a.get("specversion") == "0.3" else ""
    if name == "datamediatype":
        return _media_type
    if name == "time":
        return lambda a: a.get("time") or ZERO_TIME
    if name in ("specversion", "type", "source", "id", "subject", "datacontenttype"):
        return lambda a: a.get(name, "")
    return lambda a: a.get(name)


PECULIAR: Mapping[str, frozenset[str]] = {
    "dataschema": frozenset(("specversion", "dataschema", "schemaurl")),
    "schemaurl": frozenset(("specversion", "dataschema", "schemaurl")),
    "datacontentencoding": frozenset(("specversion", "datacontentencoding")),
    "datamediatype": frozenset(("datacontenttype",)),
    "time": frozenset(("time",)),
}
"""Names that are not simply looked up, with the attributes their value comes from."""


def _media_type(attributes: Attributes) -> str:
    found, semicolon, _ = attributes.get("datacontenttype", "").partition(";")
    return found.strip() if semicolon else found
