"""Reading `kne.yaml`: its values, and the line and column of whatever is wrong in it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from kne.errors import KneError, Where
from kne.settings.services import services
from kne.settings.values import At, Misfit, known


def read(
    file: Path, folder: Path, readers: Mapping[str, Callable[[Any, At], Any]]
) -> dict[str, Any]:
    """The values of a file, read and judged; it is called as it is seen from `folder`.

    Raises:
        KneError: it is not YAML, or a value cannot be used.
    """
    name = os.path.relpath(file, folder)
    places: dict[At, Where] = {}
    tree = _parse(file, name, places)
    try:
        tree = known({} if tree is None else tree, (), (*readers, "services"))
        values = {word: readers[word](it, (word,)) for word, it in tree.items() if word in readers}
        values["services"] = services(tree.get("services"), ("services",), file.parent)
    except Misfit as misfit:
        at = misfit.at
        path = ".".join(map(str, at))
        while at and at not in places:
            at = at[:-1]
        raise KneError(
            f"{path}: {misfit.message}" if path else misfit.message,
            where=places.get(at, Where(name)),
            hint=misfit.hint,
        ) from None
    base = os.path.relpath(file.parent, folder)
    if "paths" in values:
        values["paths"] = tuple(os.path.normpath(Path(base, path)) for path in values["paths"])
    return values


class _Loader(yaml.SafeLoader):
    """YAML in which a date stays the text that was written, as it does in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own way
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _parse(file: Path, name: str, places: dict[At, Where]) -> Any:
    """The tree in a file; fills in where each part of it stands."""
    try:
        loader = _Loader(file.read_bytes().decode())
        node = loader.get_single_node()
        if node is None:
            return None
        _walk(node, (), name, places, set())
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Where(name, mark.line + 1, mark.column + 1) if mark else Where(name)
        raise KneError(f"not YAML: {error.problem or error.context}", where=where) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KneError(f"cannot be read: {error}", where=Where(name)) from None


def _walk(node: yaml.Node, at: At, name: str, places: dict[At, Where], seen: set[int]) -> None:
    """Note the places below a node; each node once, for an anchor may contain itself."""
    if id(node) in seen:
        return
    seen.add(id(node))
    places.setdefault(at, _place(node, name))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*at, key.value if isinstance(key, yaml.ScalarNode) else "")
            if below in places:
                raise KneError(f"{below[-1]} is given twice", where=_place(key, name))
            places[below] = _place(key, name)
            _walk(value, below, name, places, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _walk(item, (*at, number), name, places, seen)


def _place(node: yaml.Node, name: str) -> Where:
    return Where(name, node.start_mark.line + 1, node.start_mark.column + 1)
