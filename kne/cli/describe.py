"""One object in kn's layout, with what kn does not know: its file, and who serves its sink.

    attributes       name, labels, age, file, and the plain fields of its spec
    blocks           filters, sinks, delivery; whatever else the spec holds, as YAML
    Conditions       ++ true   !! false   ?? unknown   W, I false but only a warning, a remark
    Events           what the API has to say about it

Source: knative/client lib/printing/describe.go (WriteMetadata, WriteConditions).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kne.cli.discovery import ResourceType
from kne.cli.printing import Terminal, aligned, yaml_text
from kne.cli.traffic import traffic_rows

if TYPE_CHECKING:
    from kne.client import Client

Json = Mapping[str, Any]
LONGEST = 100
"""Characters after which annotations are cut, as kn does."""

CLASS = "eventing.knative.dev/broker.class"
DESTINATIONS = ("subscriber", "sink", "reply", "deadLetterSink")
RESOLVED = {
    "subscriber": ("subscriberUri", "physicalSubscription.subscriberUri"),
    "sink": ("sinkUri",),
    "reply": ("replyUri", "physicalSubscription.replyUri"),
    "deadLetterSink": ("deadLetterSinkUri", "physicalSubscription.deadLetterSinkUri"),
}
"""Where a status tells what a destination of the spec has been resolved to."""


class Describer:
    """Prints objects one after another; ages are counted on the emulator's clock."""

    def __init__(
        self, client: "Client", terminal: Terminal, status: Json, *, verbose: bool = False
    ) -> None:
        self.shown = 0
        self._client = client
        self._terminal = terminal
        self._status = status
        self._verbose = verbose

    def show(self, it: Json, of: ResourceType, output: str) -> None:
        """Print the object as `human`, `url`, `json` or `yaml`."""
        if output == "url":
            self._terminal.data(_url(it))
        elif output != "human":
            self._terminal.document(it, output)
        else:
            if self.shown:
                self._terminal.data("")
            for line in self._lines(it, of):
                self._terminal.data(line)
        self.shown += 1

    def _lines(self, it: Json, of: ResourceType) -> Iterator[str]:
        spec = it.get("spec") or {}
        plain = {k: v for k, v in spec.items() if not isinstance(v, dict | list)}
        rows = [*self._metadata(it, of), *((_label(k), _text(v)) for k, v in plain.items())]
        yield from _attributes(rows)
        yield from self._blocks(it, _nested(spec))
        yield from self._conditions(it)
        yield from self._traffic(it)
        yield from self._events(it)

    def _metadata(self, it: Json, of: ResourceType) -> Iterator[tuple[str, str]]:
        metadata = it["metadata"]
        annotations = metadata.get("annotations") or {}
        yield "Name", metadata["name"]
        if of.namespaced:
            yield "Namespace", metadata.get("namespace", "")
        for title, pairs in (("Labels", metadata.get("labels")), ("Annotations", annotations)):
            if pairs:
                yield title, self._cut(", ".join(f"{k}={v}" for k, v in sorted(pairs.items())))
        yield "Age", self._age(metadata.get("creationTimestamp"))
        if file := self._file(it, of):
            yield "File", file
        if CLASS in annotations:
            yield "Class", annotations[CLASS]

    def _file(self, it: Json, of: ResourceType) -> str:
        """Where the object is defined; empty if in no file."""
        from kne.client import ServerError

        metadata = it["metadata"]
        key = {"group": of.group, "kind": it["kind"], "name": metadata["name"]}
        try:
            found = self._client.get(
                "/kne/v1/where", key | {"namespace": metadata.get("namespace", "")}
            )
        except ServerError:
            return ""
        return str(found.get("where") or "")

    def _cut(self, text: str) -> str:
        text = " ".join(text.split())
        fits = self._verbose or len(text) <= LONGEST
        return text if fits else f"{text[: LONGEST - 3].rstrip()}..."

    def _blocks(self, it: Json, spec: Json) -> Iterator[str]:
        namespace = it["metadata"].get("namespace", "")
        status = it.get("status") or {}
        if address := _url(it):
            yield from _block("Address", _pairs([("URL", address)]))
        for name, value in spec.items():
            if name == "filters":
                yield from _block("Filters", (line for part in value for line in _filter(part)))
            elif name == "filter":
                wanted = (value.get("attributes") or {}).items()
                yield from _block("Filter", _pairs(wanted) if wanted else ["(everything)"])
            elif name in DESTINATIONS:
                yield from _block(
                    _title(name, it), self._destination(name, value, status, namespace)
                )
            elif name == "delivery":
                yield from _block("Delivery", _delivery(value))
            else:
                yield from _block(_label(name), yaml_text(value).splitlines())
        if it["kind"] == "Trigger" and "delivery" not in spec:
            yield from self._inherited(it)

    def _destination(self, name: str, to: Json, status: Json, namespace: str) -> Iterator[str]:
        ref = to.get("ref") or {}
        rows = []
        if ref:
            rows.append(("Name", ref.get("name", "")))
            if ref.get("namespace", namespace) != namespace:
                rows.append(("Namespace", ref["namespace"]))
            rows.append(("Resource", f"{ref.get('kind', '')} ({ref.get('apiVersion', '')})"))
        uri = next((u for path in RESOLVED[name] if (u := _at(status, path))), to.get("uri"))
        rows.append(("URI", str(uri or "<not resolved>")))
        if served := self._served(ref, ref.get("namespace", namespace)):
            rows.append(("Serving", served))
        yield from _pairs(rows)

    def _served(self, ref: Json, namespace: str) -> str:
        kind = (
            "ksvc" if str(ref.get("apiVersion", "")).startswith("serving.knative.dev/") else "svc"
        )
        for it in self._status.get("services") or ():
            if (it["kind"], it["namespace"], it["name"]) == (kind, namespace, ref.get("name")):
                return "  ".join(part for part in (it.get("served"), it.get("state")) if part)
        return ""

    def _inherited(self, it: Json) -> Iterator[str]:
        """A trigger without a delivery of its own has its broker's."""
        wanted = (it["metadata"].get("namespace"), it["spec"].get("broker"))
        for broker in self._status.get("brokers") or ():
            if (broker["namespace"], broker["name"]) == wanted:
                delivery = broker.get("delivery") or "none"
                rows = [("Retry", delivery.removeprefix("retry "))]
                if broker.get("dead_letter"):
                    rows.append(("Dead letter sink", broker["dead_letter"]))
                yield from _block(f"Delivery (from broker {wanted[1]})", _pairs(rows))

    def _conditions(self, it: Json) -> Iterator[str]:
        found = (it.get("status") or {}).get("conditions") or []
        if not found:
            return
        width = max(len(condition["type"]) for condition in found)
        lines = [f"{'OK':<2} {'TYPE':<{width}} {'AGE':>6} REASON"]
        for condition in sorted(found, key=_weight):
            mark, style = _mark(condition)
            age = self._age(condition.get("lastTransitionTime"))
            line = f"{condition['type']:<{width}} {age:>6} {self._reason(condition)}".rstrip()
            lines.append(f"{self._terminal.paint(f'{mark:<2}', style)} {line}")
        yield from _block("Conditions", lines)

    def _reason(self, condition: Json) -> str:
        reason, message = condition.get("reason") or "", condition.get("message") or ""
        if condition["status"] == "True" and not self._verbose:
            return reason
        return f"{reason} ({message})" if reason and message else reason or message

    def _traffic(self, it: Json) -> Iterator[str]:
        """What became of its events; only links have any, and only once one came."""
        if it["kind"] not in ("Trigger", "Subscription"):
            return
        metadata = it["metadata"]
        where = {"namespace": metadata.get("namespace", ""), "name": metadata["name"]}
        found = self._client.get("/kne/v1/traffic", where | {"kind": it["kind"].lower()})
        if found:
            yield from _block("Traffic", _pairs(traffic_rows(found, self._client.now, self._age)))

    def _events(self, it: Json) -> Iterator[str]:
        from kne.client import ServerError

        metadata = it["metadata"]
        namespace = metadata.get("namespace")
        path = f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"
        wanted = {"involvedObject.name": metadata["name"], "involvedObject.kind": it["kind"]}
        try:
            selector = ",".join(f"{k}={v}" for k, v in wanted.items())
            events = self._client.get(path, {"fieldSelector": selector}).get("items") or []
        except ServerError:
            return  # a kne without events of Kubernetes
        if events:
            rows = [("LAST SEEN", "TYPE", "REASON", "MESSAGE")]
            for event in events:
                last = self._age(event.get("lastTimestamp") or event.get("eventTime"))
                rows.append((last, event["type"], event["reason"], event.get("message", "")))
            yield from _block("Events", aligned(rows))

    def _age(self, then: str | None) -> str:
        now = self._client.now
        if not then or now is None:
            return "<unknown>"
        return age((now - datetime.fromisoformat(then)).total_seconds())


def _nested(spec: Json) -> dict[str, Any]:
    """The fields that are shown in blocks; `filters` wins over `filter` (spec core 2.4)."""
    found = {k: v for k, v in spec.items() if isinstance(v, dict | list)}
    found.pop("filter" if found.get("filters") else "filters", None)
    return found


def age(seconds: float) -> str:
    """A time span as kubectl shortens it: `20s`, `5m3s`, `13h`, `3d4h`.

    Source: k8s.io/apimachinery util/duration HumanDuration.
    """
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return f"{minutes}m" + _more(whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h" + _more(minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d" + _more(hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return f"{days // 365}y" + (_more(days % 365, "d") if days < 2920 else "")


def _more(number: int, unit: str) -> str:
    return f"{number}{unit}" if number else ""


def _mark(condition: Json) -> tuple[str, str]:
    if condition["status"] == "True":
        return "++", "green"
    if condition["status"] != "False":
        return "??", "yellow"
    marks = {"Warning": (" W", "yellow"), "Info": (" I", "faint")}
    return marks.get(condition.get("severity") or "", ("!!", "red"))


def _weight(condition: Json) -> tuple[bool, int, str]:
    """Ready first, then by severity, then by name."""
    severity = {"": 0, "Error": 0, "Warning": 1, "Info": 2}
    weight = severity.get(condition.get("severity") or "", 0)
    return (condition["type"] not in ("Ready", "Succeeded"), weight, condition["type"])


def _attributes(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    found = [(f"{name}:", value) for name, value in rows]
    width = max(14, *(len(name) + 2 for name, _ in found))
    for name, value in found:
        yield f"{name:<{width}}{value}".rstrip()


def _pairs(rows: Iterable[tuple[str, Any]]) -> Iterator[str]:
    found = [(f"{name}:", _text(value)) for name, value in rows]
    width = max([12, *(len(name) + 2 for name, _ in found)])
    for name, value in found:
        yield f"{name:<{width}}{value}".rstrip()


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"{title}:"
    for line in lines:
        yield f"  {line}"


def _filter(it: Json) -> Iterator[str]:
    """A filter of `filters` with all that is nested in it."""
    for dialect, wanted in it.items():
        if isinstance(wanted, str):
            yield f"{dialect + ':':<12}{wanted}"
        elif dialect in ("all", "any", "not"):
            yield f"{dialect}:"
            for part in wanted if isinstance(wanted, list) else [wanted]:
                yield from (f"  {line}" for line in _filter(part))
        else:
            shown = ", ".join(f"{name} = {value}" for name, value in wanted.items())
            yield f"{dialect + ':':<12}{shown}"


def _delivery(it: Json) -> Iterator[str]:
    rows = []
    for name, value in it.items():
        if name == "deadLetterSink":
            ref = value.get("ref")
            value = f"{ref['kind']}:{ref['name']}" if ref else value.get("uri", "")
        rows.append((_label(name), value))
    yield from _pairs(rows)


def _title(name: str, it: Json) -> str:
    return "Sink" if name == "subscriber" and it["kind"] == "Trigger" else _label(name)


def _label(name: str) -> str:
    """`contentType` as `Content type`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _at(it: Json, path: str) -> str:
    found: Any = it
    for name in path.split("."):
        found = (found or {}).get(name)
    return str(found or "")


def _url(it: Json) -> str:
    return _at(it.get("status") or {}, "address.url")
