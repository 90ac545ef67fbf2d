"""The data plane as the control plane sees it: adopt a table, listen, inject, close."""

import asyncio

from kne import clock
from kne.event import Event
from kne.plane.http_in import Limits, Server
from kne.plane.http_out import Client, Unanswered, target
from kne.plane.ingress import Ingress
from kne.plane.journal import Flow, Hop, Journal
from kne.plane.receiver import Stamp, render, stamp
from kne.plane.remote import Remote, unanswered
from kne.plane.switch import Switch
from kne.plane.table import Answer, Headers, Table
from kne.plane.traffic import Traffic


class Engine:
    """Moves events.  One per process; everything it holds ends with `close`."""

    def __init__(self, journal: Journal, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.journal = journal
        self.traffic: dict[str, Traffic] = {}
        self._client = Client(limit=limits.body)
        self._background: set[asyncio.Task[object]] = set()
        self._ingress = Ingress(self._switch(Table()), journal)
        self._server = Server(self._ingress.serve, limits)

    @property
    def table(self) -> Table:
        """The table in use."""
        return self._ingress.switch.table

    def adopt(self, table: Table) -> None:
        """Use a new table from now on; what is under way ends by the old one."""
        self._ingress.switch = self._switch(table)

    def _switch(self, table: Table) -> Switch:
        return Switch(table, self._client, self.journal, self.traffic, self._background)

    async def listen(self, host: str, port: int) -> int:
        """Take events on a port, 0 for any free one; returns it.

        Raises:
            OSError: the port is taken, or the address is not ours.
        """
        return await self._server.listen(host, port)

    async def inject(
        self, address: str, event: Event, headers: Headers = ()
    ) -> tuple[Answer, list[Hop]]:
        """Send an event as if it had come over HTTP, and tell what became of it."""
        hops: list[Hop] = []
        receiver = self._ingress.switch.find(address)
        answer = await receiver.receive(
            event, headers, stamp("", prefer_reply=False), Flow(hops=hops)
        )
        return answer, hops

    async def post(self, url: str, event: Event, headers: Headers = ()) -> Answer:
        """Send an event to a server, once."""
        try:
            where = target(url)
        except ValueError as error:
            return unanswered(url, str(error))
        nothing = Stamp((), b"")
        return await Remote(self._client, where).receive(event, headers, nothing, Flow())

    async def pass_on(self, url: str, method: str, headers: Headers, body: bytes) -> Answer:
        """Send any request to a server, once; the answer's header fields are all kept."""
        dropped = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")
        kept = tuple((k, v) for k, v in headers if k.lower() not in dropped)
        try:
            found = await self._client.request(
                method, target(url), render(kept), body, follow=False
            )
        except (Unanswered, ValueError) as error:
            return unanswered(url, str(error))
        fields = tuple(
            (k.decode("latin-1"), v.decode("utf-8", "surrogateescape"))
            for k, v in found.headers
            if k.lower() not in (b"content-length", b"transfer-encoding", b"connection", b"date")
        )
        return Answer(found.status, fields, found.body)

    async def close(self, grace: float) -> None:
        """Take no more events, end what is under way within `grace` seconds, hang up."""
        await self._server.close(grace)
        for task in tuple(self._background):
            task.cancel()
        self._client.close()
        await clock.sleep(0)  # the loop closes what was aborted in its next turn
