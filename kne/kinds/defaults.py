"""What defaulting has in common: it edits JSON that nobody has checked yet.

Admission defaults first and judges then (spec core 9.1), so what is of the wrong type is passed
over here and named later.
"""

from kne.model.resource import Json


def spec_of(it: Json) -> Json:
    """The spec, to be filled in; made if there is none."""
    if it.get("spec") is None:
        it["spec"] = {}
    found = it["spec"]
    return found if isinstance(found, dict) else {}


def part(of: Json, name: str) -> Json | None:
    """A part that is an object, None if it is absent or anything else."""
    found = of.get(name)
    return found if isinstance(found, dict) else None


def parts(of: Json, name: str) -> list[Json]:
    """The objects in a list."""
    found = of.get(name)
    return [it for it in found if isinstance(it, dict)] if isinstance(found, list) else []


def namespace_of(it: Json) -> str:
    """The namespace of an object; admission has filled it in."""
    return str(it["metadata"].get("namespace") or "")


def annotate(it: Json, name: str, value: str) -> None:
    """Set an annotation that is not there yet."""
    metadata = it["metadata"]
    if metadata.get("annotations") is None:
        metadata["annotations"] = {}
    if isinstance(metadata["annotations"], dict):
        metadata["annotations"].setdefault(name, value)


def label(it: Json, name: str, value: str) -> None:
    """Set a label, whatever it was."""
    metadata = it["metadata"]
    if metadata.get("labels") is None:
        metadata["labels"] = {}
    if isinstance(metadata["labels"], dict):
        metadata["labels"][name] = value
