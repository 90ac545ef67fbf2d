"""A channel: takes events and sends each down every link (spec core 4.3)."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

from kne.codec import binary
from kne.codec.values import Malformed
from kne.event import TTL, Event
from kne.plane.deliver import Delivery
from kne.plane.gate import GateReceiver, time_to_live
from kne.plane.index import Index
from kne.plane.journal import Flow, Journal
from kne.plane.receiver import ACCEPTED, BAD_REQUEST, FAILED, Stamp
from kne.plane.table import Answer, Filter, Headers, Hub

MOST_ROUNDS = 1000
"""Channels that an event and the replies it causes may pass one behind the other; upstream sets no
bound, and a ring of Sequences runs until something breaks (differences.md)."""

_rounds: ContextVar[int] = ContextVar("rounds", default=0)


class HubReceiver:
    """One channel; `name` is what the journal calls it: that of its broker, or its own."""

    def __init__(
        self, hub: Hub, name: str, deliveries: Sequence[Delivery], journal: Journal,
        background: set[asyncio.Task[object]],
    ) -> None:  # fmt: skip
        self.hub = hub
        self.name = name
        self._deliveries = tuple(deliveries)
        self._journal = journal
        self._background = background
        filters = [_filter(delivery) for delivery in deliveries]
        self._index = Index(zip(self._deliveries, filters, strict=True))
        self._filtered = any(found is not None for found in filters)

    def __len__(self) -> int:
        return len(self._deliveries)

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        """Take an event that comes from a link or over HTTP, as the channel's receiver does."""
        try:
            event = binary.decode(dict(event.attributes), event.data or b"")
            binary.validate(event)
        except (Malformed, KeyError):
            return BAD_REQUEST
        rounds = _rounds.get()
        if rounds >= MOST_ROUNDS:
            self._journal.record(
                flow, "looped", self.name, self.name, event, "", 400, 0.0, 0, 0,
                f"it has passed {rounds} channels: they form a ring",
            )  # fmt: skip
            return BAD_REQUEST
        self._journal.record(flow, "received", self.name, self.name, event)
        before = _rounds.set(rounds + 1)
        try:
            return await self.fan_out(event, passed, flow)
        finally:
            _rounds.reset(before)

    async def fan_out(self, event: Event, passed: Headers, flow: Flow) -> Answer:
        """Deliver to all links at once; 202 when all ended well, else 500."""
        chosen = self._candidates(event)
        if not chosen:
            return ACCEPTED
        if self.hub.asynchronous:
            task = asyncio.create_task(self._deliver_all(chosen, event, passed, Flow(flow.trace)))
            self._background.add(task)
            task.add_done_callback(self._background.discard)
            return ACCEPTED
        return ACCEPTED if await self._deliver_all(chosen, event, passed, flow) else FAILED

    async def _deliver_all(
        self, chosen: Sequence[Delivery], event: Event, passed: Headers, flow: Flow
    ) -> bool:
        if len(chosen) == 1:
            return await chosen[0].deliver(event, passed, flow)
        return all(await asyncio.gather(*[d.deliver(event, passed, flow) for d in chosen]))

    def _candidates(self, event: Event) -> Sequence[Delivery]:
        """The links whose trigger lets the event pass; those left out end well (core 2.3).

        An event without a time to live did not come through the broker: every filter refuses
        it before it looks (step 7), so every link is asked.
        """
        if not self._filtered or time_to_live(event.attributes.get(TTL)) is not None:
            return self._index.candidates(event.bare())
        return self._deliveries


def _filter(delivery: Delivery) -> Filter | None:
    """The filter that can be asked in the trigger's place; none where it would answer 404."""
    gate = delivery.to.receiver
    return gate.gate.accepts if isinstance(gate, GateReceiver) and gate.resolved else None
