"""A Trigger as the broker's filter serves it: filter, call the subscriber, judge (spec core 2).

The filter stands between a channel and the subscriber as it does upstream, so what the channel
retries and dead-letters (error documents, 502 for an answer that is no event) comes out the same.
"""

import base64
import json
import re

from kne.codec import binary
from kne.codec.values import Malformed
from kne.event import TTL, Event
from kne.plane.journal import Flow
from kne.plane.panic import CesqlPanic
from kne.plane.receiver import (
    BAD_REQUEST,
    DONE,
    NOT_FOUND,
    Receiver,
    Stamp,
    stamp,
)  # fmt: skip
from kne.plane.table import Answer, Gate, Headers

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)


def time_to_live(text: str | None) -> int | None:
    """A TTL as the SDK reads it: a decimal, cut to a 32-bit integer; None if it is none."""
    if text is None or not _DECIMAL.match(text):
        return None
    try:
        number = int(float(text))
    except OverflowError:
        return None
    return number if -(2**31) <= number < 2**31 else None


class GateReceiver:
    """One Trigger; `subscriber` is None while it has no address."""

    def __init__(self, gate: Gate, subscriber: Receiver | None) -> None:
        self.gate = gate
        self._subscriber = subscriber
        self._stamp = stamp(gate.namespace, prefer_reply=True)

    @property
    def resolved(self) -> bool:
        """Whether the subscriber has an address."""
        return self._subscriber is not None

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        """All checks in upstream's order (spec core 2.3, from step 7 on)."""
        if time_to_live(event.attributes.get(TTL)) is None:
            return BAD_REQUEST
        if self._subscriber is None:
            return NOT_FOUND
        if self.gate.accepts is not None:
            try:
                if not self.gate.accepts.accepts(event.bare()):
                    return DONE
            except CesqlPanic as error:
                # upstream's handler panics and drops the connection (spec core 2.5.1)
                return Answer(500, body=b"dispatch error: EOF", error=f"EOF ({error})")
        return await self.pass_on(event, passed, flow)

    async def pass_on(self, event: Event, passed: Headers, flow: Flow) -> Answer:
        """Call the subscriber for an event that the filter lets through (spec core 2.6)."""
        assert self._subscriber is not None
        answer = await self._subscriber.receive(event.bare(), passed, self._stamp, flow)
        if answer.status == -1:
            return Answer(500, error=answer.error)
        if not answer.ok:
            body = self._error_document(answer)
            return Answer(answer.status, answer.headers, body, error=answer.error)
        if answer.event is not None or answer.broken:
            return self._reply(answer, event[TTL])
        if answer.body:
            return Answer(502, error=f"answered {answer.status} with a body that is no CloudEvent")
        return Answer(answer.status, answer.headers)

    def _reply(self, answer: Answer, ttl: str) -> Answer:
        """The reply with the time to live that its cause came with; 502 if it cannot be read."""
        try:
            if answer.event is None:
                raise Malformed(answer.broken)
            attributes = dict(answer.event.attributes)
            event = binary.decode(attributes, answer.event.data or b"", broken=answer.broken)
        except Malformed as error:
            return Answer(502, error=f"its reply is no valid CloudEvent: {error}")
        return Answer(answer.status, answer.headers, event=event.with_attributes(**{TTL: ttl}))

    def _error_document(self, answer: Answer) -> bytes:
        body = base64.b64encode(answer.body).decode()
        found = {"errdestination": self.gate.subscriber, "errresponsebody": body}
        return json.dumps(found, separators=(",", ":")).encode()
