"""`kne send event` and `kne tail`: events into the mesh, and what becomes of them."""

from typing import TYPE_CHECKING, Any

import typer

from kne.cli import options as o
from kne.cli.session import Session, namespace_of
from kne.errors import Rejected

if TYPE_CHECKING:
    from kne.client import Client

send = typer.Typer(help="Send an event.", no_args_is_help=True)


@send.callback()
def _send() -> None:
    """Keeps `event` a word of its own: there will be other things to send."""


@send.command("event")
def send_event(
    ctx: typer.Context,
    to: o.Sink = "",
    type: o.Type = "dev.kne.manual",
    id: o.Id = "",
    source: o.Source = "kne/cli",
    field: o.Field = None,
    raw_field: o.RawField = None,
    data: o.Data = None,
    content_type: o.ContentType = "",
    ext: o.Extension = None,
    subject: o.Subject = "",
    time: o.Time = "",
    dataschema: o.DataSchema = "",
    output: o.ReportFormat = "human",
    namespace: o.Namespace = "",
) -> None:
    """Send one event.

    Tells which triggers took it and what their services answered. Exit code 4: it was refused.
    """
    from kne.cli import building

    body, likely = building.body(data, field or (), raw_field or ())
    wanted = {
        "specversion": "1.0",
        "id": id or building.random_id(),
        "source": source,
        "type": type,
        "subject": subject,
        "time": time,
        "dataschema": dataschema,
        "datacontenttype": content_type or likely,
    }
    attributes = {k: v for k, v in wanted.items() if v} | building.extensions(ext or ())
    _send_to(ctx.obj, attributes, body, to=to, namespace=namespace, output=output)


def _send_to(
    session: Session,
    attributes: dict[str, str],
    body: bytes | None,
    *,
    to: str,
    namespace: str,
    output: o.EventFormat,
) -> None:
    client = session.client(timeout=None)  # the answer comes when the event has ended everywhere
    status = client.get("/kne/v1/status")
    namespace = namespace_of(status, namespace)
    if output == "curl":
        from kne.cli.building import curl
        from kne.cli.sinks import local_url

        url = local_url(to, status, namespace)
        session.terminal.data(curl(url, attributes, body))
        return
    report = _post(client, attributes, body, to=to, namespace=namespace)
    if output == "human":
        from kne.cli.reports import print_report

        print_report(session.terminal, report)
    else:
        session.terminal.document(report, output)
    code = int(report["status"])
    if not 200 <= code < 300:
        raise Rejected(
            f"{report['to']} refused the event with {code}", why=str(report.get("error") or "")
        )


def _post(
    client: "Client", attributes: dict[str, str], body: bytes | None, *, to: str, namespace: str
) -> dict[str, Any]:
    from base64 import b64encode

    data = None if body is None else b64encode(body).decode()
    message = {"to": to, "namespace": namespace, "attributes": attributes, "data": data}
    return client.post("/kne/v1/send", message)


def tail(
    ctx: typer.Context,
    kind: o.Place,
    name: o.PlaceName = "",
    type: o.TypeGlob = "",
    source: o.SourceGlob = "",
    subject: o.SubjectGlob = "",
    id: o.IdGlob = "",
    ext: o.ExtensionGlob = None,
    output: o.HopFormat = "human",
    verbose: o.All = False,
    namespace: o.Namespace = "",
) -> None:
    """Show what happens to events, as it happens."""
    from kne.cli import building, tailing

    session: Session = ctx.obj
    wanted = {"type": type, "source": source, "subject": subject, "id": id}
    globs = {k: v for k, v in wanted.items() if v} | building.extensions(ext or ())
    client = session.client()
    status = client.get("/kne/v1/status")
    follower = tailing.Follower(
        session.terminal, tailing.Wish(globs), status, as_json=output == "json", verbose=verbose
    )
    query = {"kind": kind, "name": name, "namespace": namespace}
    if name:
        query["namespace"] = namespace_of(status, namespace)
    try:
        follower.follow(client.stream("/kne/v1/tail", {k: v for k, v in query.items() if v}))
    except KeyboardInterrupt:
        echoed = "\n" if session.terminal.err.isatty() else ""  # after the ^C of the terminal
        session.terminal.note(f"{echoed}{follower.summary}")
        raise
    session.terminal.note(f"kne has stopped; {follower.summary}")
