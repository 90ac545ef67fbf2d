"""HTTP in: which place is meant, is it an event, what is answered (spec core 1.2, 2.2, 4.2).

One port stands for all of upstream's servers.  The Host header tells which one is meant; under any
other name (127.0.0.1, localhost) it is the broker ingress, and three more prefixes are served:

    /NS/NAME                the broker ingress
    /triggers/NS/NAME/UID   the broker's filter
    /channels/NS/NAME       the channel dispatcher
    /services/NS/NAME/…     a Service
"""

import logging
import re
from typing import NamedTuple

from kne import addresses
from kne.codec import Malformed, Message, NotAnEvent, binary, decode
from kne.event import Event
from kne.plane.http_in import Incoming, Reply
from kne.plane.journal import Flow, Journal
from kne.plane.receiver import Receiver, stamp
from kne.plane.served import HandlerReceiver
from kne.plane.switch import Switch
from kne.plane.table import Answer, Handler, Headers, Request

log = logging.getLogger(__name__)

_ALLOW = (("Allow", "POST, OPTIONS"),)
_ALLOW_POST = (("Allow", "POST"),)
_HANDSHAKE = (*_ALLOW, ("Webhook-Allowed-Origin", "*"), ("Webhook-Allowed-Rate", "*"))
_LOCAL = re.compile(r"/(triggers|channels|services)/([^/?]+)/([^/?]+)(.*)\Z", re.DOTALL)
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})\Z")
_NOBODY = stamp("", prefer_reply=False)

NOT_ALLOWED = Reply(405, _ALLOW)
ONLY_POST = Reply(405, _ALLOW_POST)
HANDSHAKE = Reply(200, _HANDSHAKE)


class Place(NamedTuple):
    """What a request is for: one of upstream's servers, and the path it sees."""

    server: str
    path: str
    host: str = ""


class Ingress:
    """Answers every request on the event port; `switch` is replaced when manifests change."""

    def __init__(self, switch: Switch, journal: Journal) -> None:
        self.switch = switch
        self._journal = journal

    async def serve(self, request: Incoming) -> Reply:
        """Handle one request; whatever goes wrong inside kne is a 500 and a line in the log."""
        try:
            return await self._serve(request)
        except Exception:
            log.exception("a request failed inside kne: this is a bug")
            return Reply(500, _ALLOW)

    async def _serve(self, request: Incoming) -> Reply:
        probe = _probe(request)
        if probe is not None:
            return probe
        place = self._place(request)
        if place.server == "ingress":
            return await self._broker(request, place.path)
        if place.server == "filter":
            return await self._filter(request, place.path)
        if place.server == "channel":
            return await self._channel(request, place)
        return await self._service(request, place)

    def _place(self, request: Incoming) -> Place:
        target = request.target.decode("utf-8", "surrogateescape")
        host = request.header(b"host").lower()
        if "://" in target[:8]:  # absolute form, as a proxy gets it
            host, slash, rest = target.partition("://")[2].partition("/")
            target = slash + rest or "/"
        name = host.partition(":")[0]
        if name.endswith(addresses.DOMAIN):
            return self._named(name, host, target)
        if self.switch.handler(name) is not None:
            return Place("service", target, name)
        match = _LOCAL.match(target)
        if match is None:
            return Place("ingress", target)
        server, namespace, thing, rest = match.groups()
        if server == "triggers":
            return Place("filter", target)
        if server == "channels":
            return Place("channel", f"/{namespace}/{thing}{rest}", addresses.DISPATCHER_HOST)
        return Place("service", rest or "/", f"{thing}.{namespace}.{addresses.DOMAIN}")

    def _named(self, name: str, host: str, target: str) -> Place:
        if name == addresses.INGRESS_HOST:
            return Place("ingress", target)
        if name == addresses.FILTER_HOST:
            return Place("filter", target)
        if self.switch.handler(name) is None:
            return Place("channel", target, host)
        return Place("service", target, name)

    # the broker ingress

    async def _broker(self, request: Incoming, path: str) -> Reply:
        early = _method(request)
        if early is not None:
            return early
        if path == "/":
            return Reply(404, _ALLOW)
        parts = path.removesuffix("/").split("/")
        if len(parts) != 3:
            return Reply(400, _ALLOW)
        name = f"{parts[1]}/{parts[2]}"
        try:
            message = self._event(request, f"broker/{name}")
        except ValueError:
            return Reply(400, _ALLOW)
        entrance = self.switch.entrances.get(name)
        if entrance is None:
            return Reply(404, _ALLOW)
        answer = await entrance.accept(message.event, message.passed, _flow(message))
        return Reply(answer.status, _ALLOW)

    # the broker filter

    async def _filter(self, request: Incoming, path: str) -> Reply:
        if request.method != b"POST":
            return ONLY_POST
        parts = path.split("/")
        if len(parts) not in (5, 6) or parts[1] != "triggers":
            return Reply(400, _ALLOW_POST)
        gate = self.switch.gates.get(f"{parts[2]}/{parts[3]}")
        if gate is None:
            return Reply(404, _ALLOW_POST)
        if gate.gate.uid != parts[4]:
            return Reply(400, _ALLOW_POST)
        try:
            message = decode(request.headers, request.body)
        except (Malformed, NotAnEvent):
            return Reply(400, _ALLOW_POST)
        answer = await gate.receive(message.event, message.passed, _NOBODY, _flow(message))
        return _relayed(answer, _ALLOW_POST)

    # the channel dispatcher

    async def _channel(self, request: Incoming, place: Place) -> Reply:
        if place.path == "/":
            receiver: Receiver | None = self.switch.hubs.get(f"http://{place.host}")
            name = place.host
        else:
            parts = place.path.removesuffix("/").split("/")
            if len(parts) != 3:
                return Reply(400)
            receiver = self.switch.hubs.get(addresses.channel(parts[1], parts[2]))
            name = f"{parts[1]}/{parts[2]}"
        if receiver is None:
            return Reply(500)  # the router of the dispatcher, not its receiver (spec core 4.4)
        early = _method(request)
        if early is not None:
            return early
        try:
            message = self._event(request, f"channel/{name}")
        except ValueError:
            return Reply(400, _ALLOW)
        answer = await receiver.receive(message.event, message.passed, _NOBODY, _flow(message))
        return Reply(answer.status, _ALLOW)

    # services

    async def _service(self, request: Incoming, place: Place) -> Reply:
        handler = self.switch.handler(place.host)
        if handler is None:
            text = f"no Service {place.host} is known here\n"
            return Reply(404, (("Content-Type", "text/plain; charset=utf-8"),), text.encode())
        if request.method == b"POST":
            try:
                message = decode(request.headers, request.body)
            except (NotAnEvent, Malformed):
                return await self._pass(request, handler, place.path)
            receiver = HandlerReceiver(handler, place.path)
            answer = await receiver.receive(message.event, message.passed, _NOBODY, _flow(message))
            return _relayed(answer, ())
        return await self._pass(request, handler, place.path)

    async def _pass(self, request: Incoming, handler: Handler, path: str) -> Reply:
        if handler.other is None:
            return Reply(405)
        headers = tuple(
            (k.decode("latin-1").lower(), v.decode("utf-8", "surrogateescape"))
            for k, v in request.headers
        )
        answer = await handler.other(
            Request(request.method.decode("latin-1"), path, headers, request.body)
        )
        return Reply(answer.status, answer.headers, answer.body)

    def _event(self, request: Incoming, where: str) -> Message:
        """The valid event of a request.

        Raises:
            ValueError: there is none; the journal knows why.
        """
        try:
            message = decode(request.headers, request.body)
            binary.validate(message.event)
        except (Malformed, NotAnEvent) as error:
            fields, _ = binary.read(request.headers)
            event = _guess(fields.attributes, request.body)
            self._journal.record(
                Flow(), "rejected", where, where, event, "", 400, 0.0, 0, 0, str(error)
            )
            raise
        return message


def _probe(request: Incoming) -> Reply | None:
    """What health checks of Kubernetes and Knative are answered, on any path (spec core 1.1)."""
    if request.header(b"user-agent").startswith("kube-probe/"):
        return Reply(200)
    if request.header(b"k-network-probe"):
        seen = request.header(b"k-network-hash")
        return Reply(200, (("K-Network-Hash", seen),)) if seen else Reply(400)
    return None


def _method(request: Incoming) -> Reply | None:
    """What is answered because of the method alone (spec core 1.2, steps 1 and 2)."""
    if request.method == b"POST":
        return None
    return HANDSHAKE if request.method == b"OPTIONS" else NOT_ALLOWED


def _relayed(answer: Answer, headers: Headers) -> Reply:
    """An answer as an HTTP answer, the reply event in binary mode (spec core 2.6)."""
    status = answer.status if answer.status > 0 else 500
    headers += answer.headers
    if answer.event is None:
        return Reply(status, headers, answer.body)
    lines = binary.wire(answer.event).decode("utf-8", "surrogateescape").split("\r\n")
    fields = tuple((k, v) for k, _, v in (line.partition(": ") for line in lines) if k)
    return Reply(status, headers + fields, answer.event.data or b"")


def _guess(attributes: dict[str, str], body: bytes) -> Event:
    """What can be said of a refused event, for people to recognise it."""
    return Event(attributes, body[:1024] or None)


def _flow(message: Message) -> Flow:
    return Flow(trace_lines(message.traced) if message.traced else b"")


def trace_lines(traced: dict[str, str]) -> bytes:
    """W3C trace context as it goes on: unchanged if it is valid, else not at all (core 1.9)."""
    lines = ""
    match = _TRACEPARENT.match(traced.get("traceparent", "").strip().lower())
    if match and match[1] != "ff" and int(match[2], 16) and int(match[3], 16):
        sampled = int(match[4], 16) & 1
        lines += f"Traceparent: 00-{match[2]}-{match[3]}-0{sampled}\r\n"
        if traced.get("tracestate"):
            lines += f"Tracestate: {traced['tracestate']}\r\n"
    if traced.get("baggage"):
        lines += f"Baggage: {traced['baggage']}\r\n"
    return lines.encode("utf-8", "surrogateescape")
