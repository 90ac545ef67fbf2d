"""`kne get`: what is asked for, asked, and printed as kubectl would.

Source: k8s.io/kubectl pkg/cmd/get/get.go, and its recorded output.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, repeat
from typing import TYPE_CHECKING, Any

from kne.cli.discovery import ResourceType, one, several
from kne.cli.formats import in_order, writer
from kne.cli.printing import Terminal
from kne.cli.tables import ACCEPT, TablePrinter, View
from kne.errors import KneError

if TYPE_CHECKING:
    from kne.client import Client

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Objects of one kind: the one of that name, or all; no namespace means every namespace."""

    of: ResourceType
    namespace: str = ""
    name: str = ""
    selectors: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        return self.of.path(self.namespace, self.name)

    @property
    def query(self) -> dict[str, str]:
        return dict(self.selectors)

    def as_list(self) -> "Wanted":
        """The same as a list, which can be watched."""
        if not self.name:
            return self
        selector = ("fieldSelector", f"metadata.name={self.name}")
        return replace(self, name="", selectors=(selector,))


def wanted(
    types: Sequence[ResourceType],
    words: Sequence[str],
    namespace: str,
    selectors: tuple[tuple[str, str], ...] = (),
) -> list[Wanted]:
    """What the words after `kne get` mean: `KIND[,KIND] [NAME...]` or `KIND/NAME...`.

    Raises:
        KneError: they contradict each other, or no kind is called so.
    """
    if any("/" in word for word in words):
        pairs = [_pair(word) for word in words]
    elif words[1:]:
        pairs = [(kind, name) for kind in words[0].split(",") for name in words[1:]]
    else:
        return [Wanted(it, namespace, "", selectors) for it in several(types, words[0])]
    if selectors:
        raise KneError("a name and a selector cannot be given together")
    if not all(name for _, name in pairs):
        raise KneError("resource name may not be empty")
    found = [Wanted(one(types, kind), namespace, name) for kind, name in pairs]
    if not namespace and any(it.of.namespaced for it in found):
        raise KneError("a resource cannot be retrieved by name across all namespaces")
    return found


def _pair(word: str) -> tuple[str, str]:
    kind, slash, name = word.partition("/")
    if not slash or "/" in name:
        raise KneError(
            "there is no need to specify a resource type as a separate argument when passing "
            "arguments in resource/name form (e.g. 'kne get resource/<resource_name>' instead of "
            "'kne get resource resource/<resource_name>'"
        )
    return kind, name


def show(
    client: "Client", terminal: Terminal, asked: Sequence[Wanted], view: View
) -> list[KneError]:
    """Print what was asked for; returns why some of it could not be had."""
    if view.is_table:
        return _show_tables(client, terminal, asked, view)
    write = writer(view)
    found, faults = each(asked, lambda it: objects(client, it))
    items = [item for _, some in found for item in some]
    if len(asked) == 1 and asked[0].name:
        for item in items:
            terminal.raw(write(item, asked[0].of))
    elif items or not faults:
        whole = {"apiVersion": "v1", "items": in_order(items, view.sort_by)}
        terminal.raw(write(whole | {"kind": "List", "metadata": {"resourceVersion": ""}}, None))
    return faults


def _show_tables(
    client: "Client", terminal: Terminal, asked: Sequence[Wanted], view: View
) -> list[KneError]:
    extra = {"includeObject": "Object"} if view.sort_by else {}
    found, faults = each(asked, lambda it: client.get(it.path, it.query | extra, accept=ACCEPT))
    kinds = {it.of for it, _ in found}
    printed = False
    for of, group in groupby(found, key=lambda pair: pair[0].of):
        tables = [_in_order(table, view.sort_by) for _, table in group]
        if not any(table.get("rows") for table in tables):
            continue
        if printed:
            terminal.data("")
        table_printer(terminal, view, of, labelled=len(kinds) > 1).print(*tables)
        printed = True
    if not printed and not faults:
        terminal.note(nothing_found(asked))
    return faults


def table_printer(
    terminal: Terminal, view: View, of: ResourceType, *, labelled: bool = False
) -> TablePrinter:
    """A printer for tables of that kind; the column NAMESPACE is for kinds that have one."""
    view = replace(view, with_namespace=view.with_namespace and of.namespaced)
    return TablePrinter(terminal, view, of.label if labelled else "")


def nothing_found(asked: Sequence[Wanted]) -> str:
    """kubectl's words for an empty answer."""
    namespaces = {it.namespace for it in asked if it.of.namespaced}
    namespace = namespaces.pop() if namespaces else ""
    return f"No resources found in {namespace} namespace." if namespace else "No resources found"


def each(
    asked: Sequence[Wanted], ask: Callable[[Wanted], Any]
) -> tuple[list[tuple[Wanted, Any]], list[KneError]]:
    """What `ask` gives for each, and what the server says against the others."""
    from kne.client import ServerError

    found: list[tuple[Wanted, Any]] = []
    faults: list[KneError] = []
    for it in asked:
        try:
            found.append((it, ask(it)))
        except ServerError as fault:
            faults.append(fault)
    return found, faults


def objects(client: "Client", it: Wanted) -> list[Json]:
    """The objects as JSON, each with its apiVersion and kind."""
    answer = client.get(it.path, it.query)
    return [complete(item, it.of) for item in ([answer] if it.name else answer["items"] or ())]


def complete(item: Json, of: ResourceType) -> Json:
    """The object as kubectl shows it: kind filled in, `managedFields` left out."""
    metadata = {k: v for k, v in item.get("metadata", {}).items() if k != "managedFields"}
    return {"apiVersion": of.api_version, "kind": of.kind} | item | {"metadata": metadata}


def _in_order(table: Json, path: str) -> Json:
    if not path:
        return table
    rows = [row["object"] | {"row": row} for row in table.get("rows") or ()]
    return table | {"rows": [it["row"] for it in in_order(rows, path)]}


def watch(
    client: "Client", terminal: Terminal, asked: Sequence[Wanted], view: View, *, only: bool
) -> None:
    """Print what is there, unless `only` changes are asked for, then each change until kne ends.

    Raises:
        KneError: more than one kind or name is asked for, or there is none of that name.
    """
    if len(asked) > 1:
        raise KneError(
            "watch is only supported on individual resources and resource collections"
            f" - {len(asked)} were asked for"
        )
    it = asked[0].as_list()
    accept = ACCEPT if view.is_table else "application/json"
    first = client.get(it.path, it.query, accept=accept)
    there = first.get("rows" if view.is_table else "items") or []
    if asked[0].name and not there:
        raise _not_found(asked[0])
    start: list[Json] = [] if only else there
    write: Callable[[Json], object]
    if view.is_table:
        start = [first | {"rows": start}]
        write = table_printer(terminal, view, it.of).print
    else:
        write = _documents(terminal, view, it.of)
    version = str((first.get("metadata") or {}).get("resourceVersion") or "")
    for item in chain(start, _changes(client, it, version, accept)):
        write(item)


def _not_found(it: Wanted) -> KneError:
    from kne.client import ServerError

    return ServerError(404, "NotFound", f'{it.of.full} "{it.name}" not found')


def _documents(terminal: Terminal, view: View, of: ResourceType) -> Callable[[Json], object]:
    """Prints objects one after another in the format of `-o`."""
    write = writer(view)
    before = chain([""], repeat("---\n" if view.output == "yaml" else ""))
    return lambda item: terminal.raw(next(before) + write(complete(item, of), of))


def _changes(client: "Client", it: Wanted, version: str, accept: str) -> Iterator[Json]:
    from kne.client import ServerError

    query = it.query | {"watch": "true", "resourceVersion": version}
    for event in client.stream(it.path, query, accept=accept):
        if event["type"] == "ERROR":
            status = event["object"]
            raise ServerError(
                int(status.get("code") or 0),
                str(status.get("reason") or ""),
                str(status.get("message") or "the watch has failed"),
            )
        if event["type"] != "BOOKMARK":
            yield event["object"]
