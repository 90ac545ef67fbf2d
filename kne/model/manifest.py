"""Manifests: YAML or JSON text, as Kubernetes reads it, to objects that know where they stand.

Every fault of a text is found in one pass: after one that ends a document the next `---` is looked
for, as kubectl splits files before it reads them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from kne.errors import ManifestError, ManifestErrors, Where
from kne.model import scalars
from kne.model.mend import not_text, not_yaml
from kne.model.resource import Json, Path
from kne.model.tree import MAX_DEPTH, Builder, Overgrown, Place, Tree, depth

MAX_BYTES = 32 * 1024 * 1024
"""The largest text that is read; an object in a cluster has 1.5 MiB at most."""

MAX_FAULTS = 50
"""After so many broken documents the rest of a text is not read."""

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What ends a line for libyaml."""

_JSON = re.compile(r'\s*\{\s*["}]')
_BLANK = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Every escape of JSON; groups for those of UTF-16 surrogates, in pairs or alone."""


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a text, and the place of each of its fields.

    `index` counts the objects of the text from 0.
    """

    object: Json
    file: str
    index: int = 0
    root: Place = (0, 0, None)

    def place(self, path: Path) -> Where:
        """Where a field stands, or its nearest parent that is there."""
        here = self.root
        for step in path:
            inside: Any = here[2]
            if isinstance(inside, dict) and step in inside:
                here = inside[str(step)]
            elif isinstance(inside, list) and isinstance(step, int) and step < len(inside):
                here = inside[step]
            else:
                break
        return Where(self.file, here[0], here[1])


class Reading(NamedTuple):
    """What could be read, and what could not."""

    documents: list[Document]
    faults: list[ManifestError]


def parse(text: bytes | str, file: str) -> list[Document]:
    """The objects of a text; `file` is its name in messages.

    Raises:
        ManifestErrors: every fault of the text, if there is one.
    """
    documents, faults = read(text, file)
    if faults:
        raise ManifestErrors(faults)
    return documents


def read(text: bytes | str, file: str) -> Reading:
    """The same, faults and sound objects side by side; never raises."""
    found = Reading([], [])
    try:
        source = _Source(_utf8(text, file), file)
    except ManifestError as fault:
        found.faults.append(fault)
        return found
    for tree in _trees(source):
        if tree.faults:
            found.faults.extend(tree.faults)
        elif tree.value is not None:
            _unfold(tree.value, tree.place, file, found)
    return found


def _utf8(text: bytes | str, file: str) -> bytes:
    """The text as UTF-8 without a byte order mark.

    Raises:
        ManifestError: it is too long, or no text.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > MAX_BYTES:
        message = f"the file is too large: {len(data)} bytes, {MAX_BYTES} are read at most"
        raise ManifestError(message, where=Where(file))
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16").encode()
        data.decode()
    except UnicodeDecodeError as error:
        raise not_text(error, file) from None
    return data.removeprefix(b"\xef\xbb\xbf")


class _Source:
    """One text, with what only faults ask for."""

    def __init__(self, data: bytes, file: str) -> None:
        self.data = data
        self.file = file

    @cached_property
    def text(self) -> str:
        return self.data.decode()

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins in `text`."""
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    @cached_property
    def lines(self) -> list[str]:
        return _BREAK.split(self.text)

    def next_document(self, first: int, stopped: int) -> int | None:
        """The line of the first `---` at or after the one where reading stopped, from 0."""
        for row in range(max(first + 1, stopped), len(self.lines)):
            if re.match(r"---(\s|$)", self.lines[row]):
                return row
        return None


def _trees(source: _Source) -> Iterator[Tree]:
    """Each document; one that cannot be read is its fault alone."""
    if _JSON.match(source.text[:1000]) and "\n---" not in source.text:
        yield from _json_trees(source)
        return
    first = 0
    for _ in range(MAX_FAULTS):
        data = source.text[source.starts[first] :].encode() if first else source.data
        try:
            yield from Builder(data, source.file, first + 1)
            return
        except Overgrown as error:
            fault = error.fault
        except yaml.YAMLError as error:
            fault = not_yaml(error, source.lines, source.file, first)
        yield Tree(None, (0, 0, None), [fault])
        following = source.next_document(first, (fault.where or Where("")).line - 1)
        if following is None:
            return
        first = following
    message = f"{MAX_FAULTS} documents are broken: the rest was not read"
    yield Tree(None, (0, 0, None), [ManifestError(message, where=Where(source.file, first + 1))])


def _json_trees(source: _Source) -> Iterator[Tree]:
    """JSON: one object, or several in a row, which YAML would not allow (kubectl does)."""
    try:
        yield from list(Builder(source.data, source.file))
        return
    except Overgrown as error:
        yield Tree(None, (1, 1, None), [error.fault])
        return
    except yaml.YAMLError:
        pass  # what is wrong with it is said in the words of JSON
    text = _ESCAPE.sub(_character, source.text)
    decoder = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_constant)
    end, line = 0, 1
    while (start := _BLANK.match(text, end).end()) < len(text):  # type: ignore[union-attr]
        line += text.count("\n", end, start)
        place: Place = (line, start - text.rfind("\n", 0, start), None)
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            yield Tree(None, place, [_not_json(error, text, source.file, place)])
            return
        yield _json_tree(value, text[start:end], source.file, place)
        line += text.count("\n", start, end)


def _json_tree(value: Any, text: str, file: str, place: Place) -> Tree:
    """One object of JSON; its fields have places where YAML can read it too."""
    padding = " " * (place[1] - 1)
    try:
        return next(iter(Builder((padding + text).encode(), file, place[0])))
    except Overgrown as error:
        return Tree(None, place, [error.fault])
    except yaml.YAMLError:
        if depth(value) > MAX_DEPTH:
            message = f"json: exceeded max depth of {MAX_DEPTH}"
            fault = ManifestError(message, where=Where(file, place[0], place[1]))
            return Tree(None, place, [fault])
        return Tree(value, place, [])


def _not_json(error: ValueError | RecursionError, text: str, file: str, at: Place) -> ManifestError:
    line, column, _ = at
    if isinstance(error, json.JSONDecodeError):
        line, column = error.lineno, error.colno
        message = "json: unexpected EOF" if error.pos >= len(text) else f"json: {error.msg}"
    else:
        message = f"json: {error}"
    return ManifestError(message, where=Where(file, line, column))


def _character(escape: re.Match[str]) -> str:
    """A pair of surrogates as YAML can write it; a lone one is U+FFFD, as for Go."""
    high, low, lone = escape.groups()
    if high:
        code = 0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00
        return chr(code)
    return r"\ufffd" if lone else escape[0]


def _number(text: str) -> Any:
    return scalars.plain(text)


def _constant(text: str) -> Any:
    raise ValueError(f"unsupported value: {text}")


def _unfold(value: Any, place: Place, file: str, found: Reading) -> None:
    """Add an object, or each item of a List, as kubectl does (`UnstructuredJSONScheme`)."""
    if not isinstance(value, dict):
        found.faults.append(_no_object(value, place, file))
        return
    kind = value.get("kind")
    if not isinstance(kind, str) or not kind.endswith("List") or "items" not in value:
        found.documents.append(Document(value, file, len(found.documents), place))
        return
    items = [] if value["items"] is None else value["items"]
    line, column, marks = _marked(place, "items")
    if not isinstance(items, list):
        where = Where(file, line, column)
        found.faults.append(ManifestError("items of a List must be a list", where=where))
        return
    for i, item in enumerate(items):
        if isinstance(item, dict) and not item.get("kind") and not item.get("apiVersion"):
            item["kind"] = kind.removesuffix("List")
            item["apiVersion"] = value.get("apiVersion", "")
        _unfold(item, marks[i] if isinstance(marks, list) else place, file, found)


def _marked(place: Place, name: str) -> Place:
    """The place of a field; of its parent if it has none (JSON that YAML cannot read)."""
    return place[2][name] if isinstance(place[2], dict) else place


def _no_object(value: Any, place: Place, file: str) -> ManifestError:
    word = {str: "text", list: "a list", bool: "a boolean"}.get(type(value), "a number")
    html = isinstance(value, str) and value.lstrip().startswith("<")
    return ManifestError(
        "invalid object to validate",
        where=Where(file, place[0], place[1]),
        why=f"a manifest is a mapping with apiVersion, kind and metadata; this is {word}",
        hint="this looks like a web page: was it meant to be downloaded raw?" if html else "",
    )
