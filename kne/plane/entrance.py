"""A Broker as its ingress serves it: stamp the event, hand it to the channel (spec core 1)."""

from kne import clock
from kne.codec import binary
from kne.codec.values import Malformed
from kne.event import ARRIVAL, TTL, Event
from kne.plane.gate import time_to_live
from kne.plane.hub import HubReceiver
from kne.plane.journal import Flow, Journal
from kne.plane.receiver import BAD_REQUEST, FAILED, Stamp
from kne.plane.table import Answer, Entrance, Headers

MOST_HOPS = 255
"""What an event may travel through brokers that brings no time to live (spec core 1.1)."""


class EntranceReceiver:
    """One Broker; `hub` is None while it has no channel."""

    def __init__(self, entrance: Entrance, hub: HubReceiver | None, journal: Journal) -> None:
        self.name = f"broker/{entrance.namespace}/{entrance.name}"
        self._hub = hub
        self._journal = journal

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        """Take an event that comes down a link: a reply, or one relayed by another broker."""
        try:
            event = binary.decode(dict(event.attributes), event.data or b"")
            binary.validate(event)
        except (Malformed, KeyError) as error:
            self._journal.record(
                flow, "rejected", self.name, self.name, event, "", 400, 0.0, 0, 0, str(error)
            )
            return BAD_REQUEST
        return await self.accept(event, passed, flow)

    async def accept(self, event: Event, passed: Headers, flow: Flow) -> Answer:
        """Handle a valid event (spec core 1.2 from step 10 on, 1.5)."""
        given = time_to_live(event.attributes.get(TTL))
        left = MOST_HOPS if given is None else given - 1
        if left <= 0:
            self._journal.record(
                flow, "looped", self.name, self.name, event, "", 400, 0.0, 0, 0,
                "its time to live has run out",
            )  # fmt: skip
            return BAD_REQUEST
        stamped = Event(
            {**event.attributes, ARRIVAL: clock.rfc3339(clock.now_ns()), TTL: str(left)},
            event.data,
        )
        flow.cause = self._journal.record(flow, "received", self.name, self.name, stamped)
        if self._hub is None:
            return FAILED
        try:
            binary.wire(stamped)  # it goes to the channel as an HTTP request upstream
        except Malformed:
            return FAILED
        return await self._hub.fan_out(stamped, passed, flow)
