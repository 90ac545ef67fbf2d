"""The flags of all commands, one meaning each, and the texts that `--help` shows for them."""

from typing import Annotated, Literal, TypeAlias

import typer

Namespace = Annotated[
    str,
    typer.Option(
        "--namespace", "-n", metavar="NAME", help="Default: the namespace kne was started with."
    ),
]
AllNamespaces = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="Objects of all namespaces.")
]
NoHeaders = Annotated[bool, typer.Option("--no-headers", help="Leave out the headings.")]
Selector = Annotated[
    str, typer.Option("--selector", "-l", metavar="K=V,...", help="Only objects with these labels.")
]
FieldSelector = Annotated[
    str, typer.Option("--field-selector", metavar="K=V,...", help="Only objects with these fields.")
]

# get, describe, api-resources
What = Annotated[
    list[str],
    typer.Argument(
        metavar="KIND[,KIND...] [NAME...] | KIND/NAME...",
        help="Kinds are named as in kubectl: trigger, triggers, sub, all, knative ...",
        show_default=False,
    ),
]
GetFormat = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="wide, name, json, yaml, jsonpath=..., jsonpath-file=..., custom-columns=...",
    ),
]
DescribeFormat = Annotated[
    Literal["human", "url", "json", "yaml"],
    typer.Option("--output", "-o", help="url prints where it takes events."),
]
ListFormat = Annotated[Literal["", "wide", "name"], typer.Option("--output", "-o", help="Format.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Then show each change, until stopped.")]
WatchOnly = Annotated[bool, typer.Option("--watch-only", help="Show only changes.")]
ShowLabels = Annotated[bool, typer.Option("--show-labels", help="Add a column of labels.")]
SortBy = Annotated[str, typer.Option("--sort-by", metavar="JSONPATH", help="Sort by a field.")]
ApiGroup = Annotated[
    str | None, typer.Option("--api-group", metavar="NAME", help="Only this group; '' is the core.")
]
Categories = Annotated[
    str,
    typer.Option("--categories", metavar="NAME,...", help="Only kinds of all these categories."),
]
Uncut = Annotated[bool, typer.Option("-v", help="Cut nothing short.")]

# send event
Sink = Annotated[
    str,
    typer.Option(
        "--to",
        "-r",
        metavar="SINK",
        help="broker:NAME[:NS], channel:..., ksvc:..., svc:... or a URL; default: the only broker.",
    ),
]
Type = Annotated[str, typer.Option("--type", "-t", help="Type.")]
Id = Annotated[str, typer.Option("--id", "-i", metavar="TEXT", help="Id; default: a random one.")]
Source = Annotated[str, typer.Option("--source", "-s", help="Source.")]
Subject = Annotated[str, typer.Option("--subject", help="Subject.")]
Time = Annotated[str, typer.Option("--time", help="Time, RFC 3339; default: none.")]
DataSchema = Annotated[str, typer.Option("--dataschema", help="URI of the data's schema.")]
Field = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        "-f",
        metavar="PATH=VALUE",
        help="A field of the JSON data; numbers, true and false are typed. Or PATH:=JSON.",
    ),
]
RawField = Annotated[
    list[str] | None,
    typer.Option("--raw-field", metavar="PATH=VALUE", help="A field that is a text."),
]
Data = Annotated[
    str | None, typer.Option("--data", "-d", metavar="TEXT|@FILE|-", help="The data as it is.")
]
ContentType = Annotated[
    str, typer.Option("--content-type", help="Default: what the data looks like.")
]
Extension = Annotated[
    list[str] | None,
    typer.Option("--ext", "-e", metavar="NAME=VALUE", help="An extension attribute."),
]
EventFormat: TypeAlias = Literal["human", "json", "yaml", "curl"]
ReportFormat = Annotated[
    EventFormat, typer.Option("--output", "-o", help="curl prints a command and sends nothing.")
]

# tail
Place = Annotated[
    Literal["broker", "trigger", "channel", "service", "all"],
    typer.Argument(help="What to look at.", show_default=False),
]
PlaceName = Annotated[str, typer.Argument(help="Only this one.", show_default=False)]
TypeGlob = Annotated[str, typer.Option("--type", "-t", metavar="GLOB", help="Only these types.")]
SourceGlob = Annotated[
    str, typer.Option("--source", "-s", metavar="GLOB", help="Only these sources.")
]
SubjectGlob = Annotated[str, typer.Option("--subject", metavar="GLOB", help="Only these subjects.")]
IdGlob = Annotated[str, typer.Option("--id", "-i", metavar="GLOB", help="Only these ids.")]
ExtensionGlob = Annotated[
    list[str] | None,
    typer.Option("--ext", "-e", metavar="NAME=GLOB", help="Only with this extension."),
]
HopFormat = Annotated[
    Literal["human", "json"], typer.Option("--output", "-o", help="json: one object a line.")
]
All = Annotated[bool, typer.Option("-v", help="Also what was filtered out, and every attempt.")]

# status
StatusFormat = Annotated[
    Literal["human", "json", "yaml"], typer.Option("--output", "-o", help="Format.")
]

# up
Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH...]",
        help="Files and folders of manifests; default: manifests/ if there is one, else here.",
        show_default=False,
    ),
]
Host = Annotated[
    str | None,
    typer.Option("--host", metavar="ADDRESS", help="Where events are taken. [default: 127.0.0.1]"),
]
Port = Annotated[
    int | None, typer.Option("--port", help="Port for events; 0 is any. [default: 8080]")
]
ApiPort = Annotated[
    int | None, typer.Option("--api-port", help="Port for management; 0 is any. [default: 8081]")
]
NoWatch = Annotated[bool, typer.Option("--no-watch", help="Do not follow changes of the files.")]
Detach = Annotated[bool, typer.Option("--detach", help="Run in the background; log: .kne/log.")]
Addresses = Annotated[
    str | None,
    typer.Option(
        "--addresses",
        metavar="local|cluster",
        help="How URLs are shown: as they work here, or as in a cluster. [default: local]",
    ),
]
OwnNamespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="For objects that name none. [default: default]",
    ),
]
