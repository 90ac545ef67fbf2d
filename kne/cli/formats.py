"""What may stand after `-o`: objects as text, in kubectl's formats.

Source: k8s.io/kubectl pkg/cmd/get (get_flags.go, customcolumn.go, sorter.go).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kne.cli.discovery import ResourceType
from kne.cli.printing import Columns, json_text, yaml_text
from kne.cli.tables import View, natural
from kne.errors import KneError

Json = dict[str, Any]
Writer = Callable[[Json, ResourceType | None], str]
FORMATS = (
    "json, yaml, name, wide, jsonpath=TEMPLATE, jsonpath-file=FILE, custom-columns=NAME:PATH,..."
)


def writer(view: View) -> Writer:
    """What turns an object, or a list of them (then without a type), into the text of `-o`.

    Raises:
        KneError: there is no such format.
    """
    name, given, text = view.output.partition("=")
    if name == "json":
        return lambda it, _: json_text(it) + "\n"
    if name == "yaml":
        return lambda it, _: yaml_text(it)
    if name == "name":
        return _names
    if name == "jsonpath-file" and given:
        name, text = "jsonpath", _content(text)
    if name == "jsonpath" and given:
        from kne import jsonpath

        template = jsonpath.template(text)
        return lambda it, _: template.render(it)
    if name == "custom-columns" and given:
        return _custom_columns(text, headers=view.headers)
    raise KneError(
        f'unable to match a printer suitable for the output format "{view.output}"',
        why="go-template is not supported" if name.startswith("go-template") else "",
        hint=f"allowed formats are: {FORMATS}",
    )


def _names(it: Json, of: ResourceType | None) -> str:
    if of is not None:
        return f"{of.label}/{it['metadata']['name']}\n"
    lines = []
    for item in it["items"]:
        group = item["apiVersion"].rpartition("/")[0]
        label = ".".join(part for part in (item["kind"].lower(), group) if part)
        lines.append(f"{label}/{item['metadata']['name']}\n")
    return "".join(lines)


def _content(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except OSError as error:
        raise KneError(f"cannot read {file}", why=error.strerror or str(error)) from error


def _custom_columns(text: str, *, headers: bool) -> Writer:
    from kne import jsonpath

    names: list[str] = []
    paths = []
    for part in text.split(","):
        name, _, path = part.partition(":")
        if not (name and path):
            raise KneError(
                f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            )
        names.append(name)
        paths.append(jsonpath.compile_path(path))
    columns = Columns()
    waiting = [names] if headers else []

    def write(it: Json, of: ResourceType | None) -> str:
        rows: list[list[str]] = waiting[:]
        waiting.clear()
        for item in [it] if of else it["items"]:
            found = (path.find(item) for path in paths)
            rows.append([",".join(map(jsonpath.text_of, values)) or "<none>" for values in found])
        return "".join(line + "\n" for line in columns.lines(rows))

    return write


def in_order(items: Sequence[Json], path: str) -> list[Json]:
    """The items sorted by what `path` finds in each; as they are if it is empty.

    Raises:
        KneError: it finds nothing in any of them.
    """
    if not path or not items:
        return list(items)
    from kne import jsonpath

    find = jsonpath.compile_path(path).find
    keys = [next(iter(find(item)), None) for item in items]
    if all(key is None for key in keys):
        raise KneError(f'couldn\'t find any field with path "{path}" in the list of objects')
    order = sorted(range(len(items)), key=lambda number: natural(keys[number]))
    return [items[number] for number in order]
