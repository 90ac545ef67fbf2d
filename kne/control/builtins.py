"""Well-known sample images, played by kne itself (spec core, appendix C).

    event-display   knative.dev/eventing/cmd/event_display: prints each event
    appender        knative.dev/eventing/cmd/appender: answers with the event, its message longer

They print what the images print, byte for byte, for people compare it with the tutorials.  One
marker cannot be known: event_display says `Data (binary),` of structured events whose data came
in base64, and after the binary hops of a broker no event is one (spec core A.4).
"""

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from kne import clock
from kne.codec import binary
from kne.codec.values import Malformed, media_type
from kne.control.indent import NotJson, indent
from kne.control.say import Say, printable
from kne.errors import KneError
from kne.event import Event
from kne.kinds.base import Builtin
from kne.plane.table import Answer, Handler, Headers, Request

_DEFAULT_MESSAGE = "boring default msg, change me with env[MESSAGE]"
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
"""What Go's strconv.ParseBool takes for true."""

_HEALTH = "/healthz"


def play(builtin: Builtin, name: str, address: str, say: Say) -> Handler:
    """The handler that plays an image for the service `name`.

    Raises:
        KneError: kne does not play it.
    """
    make = _IMAGES.get(builtin.name.replace("_", "-"))
    if make is None:
        known = ", ".join(sorted(_IMAGES))
        raise KneError(f"kne does not play {builtin.name}", hint=f"it plays {known}")
    return make(name, address, dict(builtin.env), say)


def event_display(name: str, address: str, env: Mapping[str, str], say: Say) -> Handler:
    """Print each event, and answer 200.

    With the variable ACTION it plays the variant of an article's drinking demo instead, which
    prints that and nothing else: `ACTION: drink water`.
    """
    logged = env.get("REQUEST_LOGGING_ENABLED") in _TRUE
    action = env.get("ACTION", "")

    async def handle(event: Event, headers: Headers, path: str) -> Answer:
        if logged:
            _say_log(name, _request(event, headers, path or "/", address), say)
        if path == _HEALTH:
            return Answer(204)
        try:
            binary.validate(event)
        except Malformed as error:
            return _plain(400, f"{error}\n")
        for line in [f"ACTION: {action}"] if action else display(event):
            say(name, line)
        return Answer(200)

    return Handler(address, name, handle, _healthy_or_refused)


def display(event: Event) -> list[str]:
    """The lines event_display prints (event.String of the CloudEvents SDK for Go)."""
    schema = "schemaurl" if event.get("specversion") == "0.3" else "dataschema"
    lines = ["☁️  cloudevents.Event", "Context Attributes,"]
    core = ("specversion", "type", "source", "subject", "id", "time", schema, "datacontenttype")
    lines += [f"  {it}: {event[it]}" for it in core if it in event.attributes]
    if event.extensions:
        lines.append("Extensions,")
        lines += [f"  {it}: {value}" for it, value in event.extensions.items()]
    lines = [printable(line) for line in lines]
    if event.data:
        lines.append("Data,")
        lines += f"  {_data_text(event, event.data)}".split("\n")
    return lines


def _data_text(event: Event, data: bytes) -> str:
    if media_type(event.get("datacontenttype")) == "application/json":
        with contextlib.suppress(NotJson):  # then it is printed as it is, as the SDK does
            data = indent(data, prefix=b"  ", step=b"  ")
    return data.decode("utf-8", "replace")


async def _healthy_or_refused(request: Request) -> Answer:
    return Answer(204) if request.target == _HEALTH else await _refused(request)


async def _refused(request: Request) -> Answer:
    """What the SDK's receiver answers to requests that carry no event it can read."""
    if request.method in ("GET", "OPTIONS", "DELETE"):
        return Answer(405)
    headers = dict(request.headers)
    claimed = media_type(headers.get("content-type", "")).startswith("application/cloudevents")
    return Answer(500 if claimed or headers.get("ce-specversion") in binary.VERSIONS else 415)


def appender(name: str, address: str, env: Mapping[str, str], say: Say) -> Handler:
    """Answer with the event: the message in its data is longer, its type that of the variable."""
    message = env.get("MESSAGE", _DEFAULT_MESSAGE)
    new_type = env.get("TYPE", "")

    async def handle(event: Event, headers: Headers, path: str) -> Answer:
        try:
            binary.validate(event)
        except Malformed as error:
            return _plain(400, f"{error}\n")
        try:
            number, text = _payload(event)
        except ValueError as error:
            _say_log(name, f"Got error while unmarshalling data: {error}", say)
            return _plain(400, f"got error while unmarshalling data: {error}")
        _say_log(name, "Received a new event: ", say)
        _say_log(name, _summary(event, number, text), say)
        data = {"id": number, "message": text + message}
        changes = {"datacontenttype": "application/json"} | ({"type": new_type} if new_type else {})
        answer = Event({**event.attributes, **changes}, _go_json(data).encode("utf-8", "replace"))
        _say_log(name, "Transform the event to: ", say)
        _say_log(name, _summary(answer, number, text + message), say)
        return Answer(200, event=answer)

    return Handler(address, name, handle, _refused)


def _payload(event: Event) -> tuple[int, str]:
    """`id` and `message` of the data, as Go's encoding/json reads them into its struct.

    Raises:
        ValueError: it cannot be read.
    """
    if not event.data:
        return 0, ""
    kind = media_type(event.get("datacontenttype"))
    if kind not in ("", "application/json", "text/json"):
        raise ValueError(f"[{kind}] is not JSON")
    try:
        found = json.loads(event.data.decode("utf-8", "replace"), object_pairs_hook=tuple,
                           parse_constant=_no_constant)  # fmt: skip
    except RecursionError:
        raise ValueError("exceeded max depth") from None
    if found is not None and not isinstance(found, tuple):
        raise ValueError("the data is not an object")
    # names in any case, the last one wins, null changes nothing
    fields = {key.lower(): value for key, value in found or () if value is not None}
    number, text = fields.get("id", 0), fields.get("message", "")
    if type(number) is not int or not -(2**63) <= number < 2**63:
        raise ValueError(f"id is not a whole number: {number!r}")
    if not isinstance(text, str):
        raise ValueError(f"message is not a text: {text!r}")
    return number, text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _summary(event: Event, number: int, text: str) -> str:
    day, _, rest = event.get("time", "0001-01-01T00:00:00Z").removesuffix("Z").partition("T")
    data = f"&{{Sequence:{number} Message:{text}}}"
    return f"[{day} {rest} +0000 UTC] {event.source} {event.type}: {data}"


def _say_log(name: str, text: str, say: Say) -> None:
    """Say it as Go's package log prints it, in a container whose time zone is UTC."""
    for line in printable(f"{clock.now():%Y/%m/%d %H:%M:%S} {text}").split("\n"):
        say(name, line)


def _request(event: Event, headers: Headers, path: str, address: str) -> str:
    """The request as event_display logs it (toReq of cmd/event_display/main.go)."""
    fields: dict[str, list[str]] = {}
    for line in binary.wire(event).decode("utf-8", "replace").split("\r\n")[:-1]:
        key, _, value = line.partition(": ")
        fields.setdefault(key, []).append(value)
    for key, value in headers:
        fields.setdefault(binary.canonical(key), []).append(value)
    target, _, query = path.partition("?")
    data = event.data or b""
    found = {
        "method": "POST",
        "URL": {"Scheme": "", "Opaque": "", "User": None, "Host": "", "Path": target, "RawPath": "",
                "OmitHost": False, "ForceQuery": False, "RawQuery": query, "Fragment": "",
                "RawFragment": ""},
        "proto": "HTTP/1.1",
        "protoMajor": 1,
        "protoMinor": 1,
        "headers": dict(sorted(fields.items())),
        "body": data.decode("utf-8", "replace"),
        "contentLength": len(data),
        "host": address.removeprefix("http://"),
        "remoteAddr": "127.0.0.1:0",
        "requestURI": path,
    }  # fmt: skip
    if not data:
        del found["body"], found["contentLength"]  # omitempty
    return _go_json(found, indent=2)


def _go_json(value: object, indent: int | None = None) -> str:
    """JSON as Go's encoding/json writes it: it escapes what is special in HTML."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _plain(status: int, text: str) -> Answer:
    return Answer(status, (("Content-Type", "text/plain"),), text.encode("utf-8", "replace"))


_IMAGES: Mapping[str, Callable[[str, str, Mapping[str, str], Say], Handler]] = {
    "event-display": event_display,
    "appender": appender,
}
