"""`kne get`, `describe` and `api-resources`: what objects there are, and how they are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from kne.cli import options as o
from kne.cli.session import Session, namespace_of

if TYPE_CHECKING:
    from kne.cli.discovery import ResourceType


def get(
    ctx: typer.Context,
    what: o.What,
    output: o.GetFormat = "",
    namespace: o.Namespace = "",
    all_namespaces: o.AllNamespaces = False,
    selector: o.Selector = "",
    field_selector: o.FieldSelector = "",
    watch: o.Watch = False,
    watch_only: o.WatchOnly = False,
    show_labels: o.ShowLabels = False,
    sort_by: o.SortBy = "",
    no_headers: o.NoHeaders = False,
) -> None:
    """List objects, in kubectl's words and columns."""
    from kne.cli import getting
    from kne.cli.discovery import discover
    from kne.cli.tables import View

    session: Session = ctx.obj
    client = session.client()
    view = View(output, all_namespaces, show_labels, not no_headers, sort_by)
    scope = "" if all_namespaces else namespace or namespace_of(client.get("/kne/v1/status"), "")
    given = {"labelSelector": selector, "fieldSelector": field_selector}
    selectors = tuple((k, v) for k, v in given.items() if v)
    asked = getting.wanted(discover(client), what, scope, selectors)
    if watch or watch_only:
        getting.watch(client, session.terminal, asked, view, only=watch_only)
        return
    faults = getting.show(client, session.terminal, asked, view)
    session.fail(faults)


def describe(
    ctx: typer.Context,
    what: o.What,
    output: o.DescribeFormat = "human",
    namespace: o.Namespace = "",
    all_namespaces: o.AllNamespaces = False,
    selector: o.Selector = "",
    verbose: o.Uncut = False,
) -> None:
    """Show one object in full.

    What it says, where it stands in the files, and how it is.
    """
    from kne.cli import getting
    from kne.cli.describe import Describer
    from kne.cli.discovery import discover

    session: Session = ctx.obj
    client = session.client()
    status = client.get("/kne/v1/status")
    scope = "" if all_namespaces else namespace_of(status, namespace)
    selectors = (("labelSelector", selector),) if selector else ()
    asked = getting.wanted(discover(client), what, scope, selectors)
    found, faults = getting.each(asked, lambda it: getting.objects(client, it))
    describer = Describer(client, session.terminal, status, verbose=verbose)
    for it, items in found:
        for item in items:
            describer.show(item, it.of, output)
    if not describer.shown and not faults:
        session.terminal.note(getting.nothing_found(asked))
    session.fail(faults)


def api_resources(
    ctx: typer.Context,
    output: o.ListFormat = "",
    api_group: o.ApiGroup = None,
    categories: o.Categories = "",
    no_headers: o.NoHeaders = False,
) -> None:
    """List the kinds that kne serves."""
    from kne.cli.discovery import discover, preferred
    from kne.cli.printing import Columns

    session: Session = ctx.obj
    wanted = {name for name in categories.split(",") if name}
    types = sorted(
        (
            it
            for it in preferred(discover(session.client()))
            if (api_group is None or it.group == api_group) and wanted <= set(it.categories)
        ),
        key=lambda it: (it.group, it.plural),
    )
    if output == "name":
        lines = [it.full for it in types]
    else:
        lines = Columns().lines(_rows(types, wide=output == "wide", headers=not no_headers))
    for line in lines:
        session.terminal.data(line)


def _rows(types: "Sequence[ResourceType]", *, wide: bool, headers: bool) -> list[list[str]]:
    columns = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", "VERBS", "CATEGORIES"]
    rows = [columns] if headers else []
    for it in types:
        scope = "true" if it.namespaced else "false"
        row = [it.plural, ",".join(it.short_names), it.api_version, scope, it.kind]
        rows.append([*row, ",".join(it.verbs), ",".join(it.categories)])
    return rows if wide else [row[:-2] for row in rows]
