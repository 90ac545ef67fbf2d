"""From addresses to receivers: a table, made ready to be used.

A switch is made anew for every table; connections are kept, since the client outlives it.
"""

import asyncio
from urllib.parse import urlsplit

from kne import addresses
from kne.event import Event
from kne.plane.deliver import Delivery, End
from kne.plane.entrance import EntranceReceiver
from kne.plane.gate import GateReceiver
from kne.plane.http_out import Client, target
from kne.plane.hub import HubReceiver
from kne.plane.journal import Flow, Journal
from kne.plane.receiver import Receiver, Stamp
from kne.plane.remote import Remote, unanswered
from kne.plane.served import HandlerReceiver
from kne.plane.table import Answer, Handler, Headers, Hub, Link, Table
from kne.plane.traffic import Traffic


class Switch:
    """Finds who takes the events for an address."""

    def __init__(
        self, table: Table, client: Client, journal: Journal,
        traffic: dict[str, Traffic], background: set[asyncio.Task[object]],
    ) -> None:  # fmt: skip
        self.table = table
        self._client = client
        self._journal = journal
        self._traffic = traffic
        self.gates = {
            name: GateReceiver(gate, self._subscriber(gate.subscriber, gate.format == "json"))
            for name, gate in table.gates.items()
        }
        self._gate_by_address = {g.gate.address: g for g in self.gates.values()}
        self._broker_of = {e.hub: e for e in table.entrances.values() if e.hub}
        self.hubs: dict[str, HubReceiver] = {}
        self.entrances: dict[str, EntranceReceiver] = {}
        for hub in table.hubs.values():
            deliveries = [self._delivery(link, hub) for link in hub.links]
            self.hubs[hub.address] = HubReceiver(
                hub, self._name(hub), deliveries, journal, background
            )
        for name, entrance in table.entrances.items():
            hub_receiver = self.hubs.get(entrance.hub) if entrance.hub else None
            self.entrances[name] = EntranceReceiver(entrance, hub_receiver, journal)

    def find(self, url: str) -> Receiver:
        """Who takes events sent to a URL, now."""
        return self._own(url) or self._remote(url, as_json=False)

    def _remote(self, url: str, *, as_json: bool) -> Receiver:
        host = urlsplit(url).hostname or ""
        if host.endswith(addresses.DOMAIN):
            # no name server knows these; asking one would only take time
            return _Nowhere(url, f"dial tcp: lookup {host}: no such host")
        try:
            return Remote(self._client, target(url), as_json=as_json)
        except ValueError as error:
            return _Nowhere(url, str(error))

    def _own(self, url: str) -> Receiver | None:
        """One of ours: a trigger's filter, a broker, a channel, a service; None for all else."""
        if addresses.DOMAIN not in url:
            return None
        if url in self._gate_by_address:
            return self._gate_by_address[url]
        if url.rstrip("/") in self.hubs:
            return self.hubs[url.rstrip("/")]
        parts = urlsplit(url)
        if parts.netloc == addresses.INGRESS_HOST:
            return self.entrances.get(parts.path.strip("/"))
        found = self.handler(parts.hostname or "")
        if found is None:
            return None
        path = parts.path or "/"
        return HandlerReceiver(found, f"{path}?{parts.query}" if parts.query else path)

    def handler(self, host: str) -> Handler | None:
        """The service that a host name means: NAME.NS, NAME.NS.svc, or the whole of it."""
        name, _, rest = host.removesuffix(".cluster.local").removesuffix(".svc").partition(".")
        if not rest or "." in rest:
            return None
        return self.table.handlers.get(addresses.service(rest, name))

    def _subscriber(self, url: str | None, as_json: bool) -> Receiver | None:
        if url is None:
            return None
        return self._remote(url, as_json=True) if as_json else _Lazy(self, url)

    def _delivery(self, link: Link, hub: Hub) -> Delivery:
        gate = self._gate_by_address.get(link.to)
        return Delivery(
            link,
            hub,
            self._name(hub),
            self._journal,
            self._traffic.setdefault(link.name, Traffic()),
            to=End(gate, link.to) if gate else self._end(link.to),
            reply=self._end(link.reply) if link.reply else None,
            dead_letter=self._end(link.dead_letter) if link.dead_letter else None,
            sink=(gate.gate.subscriber if gate else None) or link.to,
        )

    def _end(self, url: str) -> End:
        return End(_Lazy(self, url), url)

    def _name(self, hub: Hub) -> str:
        broker = self._broker_of.get(hub.address)
        if broker is not None:
            return f"broker/{broker.namespace}/{broker.name}"
        return f"channel/{hub.namespace}/{hub.name}"


class _Lazy:
    """A URL whose receiver is looked up when the first event comes, for rings of channels."""

    __slots__ = ("_found", "_switch", "_url")

    def __init__(self, switch: Switch, url: str) -> None:
        self._switch = switch
        self._url = url
        self._found: Receiver | None = None

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        if self._found is None:
            self._found = self._switch.find(self._url)
        return await self._found.receive(event, passed, stamp, flow)


class _Nowhere:
    """An address that no request can be sent to."""

    def __init__(self, url: str, why: str) -> None:
        self._answer = unanswered(url, why)

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        return self._answer
