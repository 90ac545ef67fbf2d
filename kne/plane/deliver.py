"""One event down one link: attempts, pauses, the reply, the dead letter (spec core 3)."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

from kne import clock
from kne.addresses import FILTER_HOST
from kne.event import Event
from kne.plane.journal import Flow, Journal, Step
from kne.plane.receiver import Receiver, stamp
from kne.plane.remote import unanswered
from kne.plane.table import Answer, Headers, Hub, Link, Retry
from kne.plane.traffic import Traffic

MOST_ERROR_DATA = 768
"""Bytes of an error body that a dead-letter event carries (spec core 3.7, appendix E)."""

MOST_REPLY_RETRIES = 1000
"""Retries of replies into our own brokers that one accepted event may cause (differences.md)."""

Send: TypeAlias = Callable[[], Awaitable[Answer]]

RETRYABLE = frozenset({404, 408, 409, 429})


class End(NamedTuple):
    """One end of a link: who takes events there, and the URL it is known by."""

    receiver: Receiver
    url: str


class Delivery:
    """A link at work.

    `sink` is the URL people know the destination by; `name` that of the hub in the journal.
    """

    def __init__(
        self, link: Link, hub: Hub, name: str, journal: Journal, traffic: Traffic, *,
        to: End, reply: End | None, dead_letter: End | None, sink: str,
    ) -> None:  # fmt: skip
        self.link = link
        self.to = to
        self.sink = sink
        self._reply_to = reply
        self._dead_letter = dead_letter
        self._hub = name
        self._journal = journal
        self._traffic = traffic
        self._asking = stamp(hub.namespace, prefer_reply=True)
        self._telling = stamp(hub.namespace, prefer_reply=False)

    async def deliver(self, event: Event, passed: Headers, flow: Flow) -> bool:
        """Whether the event ended well: delivered, or taken by the dead letter sink."""
        began = clock.monotonic()

        async def send() -> Answer:
            return await self.to.receiver.receive(event, passed, self._asking, flow)

        answer = await self._attempts(send, self.to.url, self.sink, event, flow)
        if not answer.ok:
            return await self._bury(event, self.to.url, answer, passed, flow, began)
        reply = answer.event
        self._traffic.delivered += 1
        self._note(
            flow, "delivered", event, self.sink, answer.status, began, reply.id if reply else ""
        )
        if self._reply_to is None or (reply is None and not answer.broken):
            return True
        return await self._reply(event, answer, self._reply_to, flow, began)

    async def _reply(self, event: Event, answer: Answer, to: End, flow: Flow, began: float) -> bool:
        """Send the reply on; if that fails the original event is buried (spec core 3.3)."""
        reply = answer.event
        sent = Answer(-1, error=answer.broken)
        if reply is not None:
            made = reply

            async def send() -> Answer:
                # a task of its own: a ring of replies must not become a tower of frames
                return await asyncio.create_task(
                    to.receiver.receive(made, answer.headers, self._telling, flow)
                )

            sent = await self._attempts(send, to.url, to.url, made, flow, reply=True)
        if sent.ok:
            return True
        return await self._bury(event, to.url, sent, answer.headers, flow, began)

    async def _bury(
        self, event: Event, url: str, answer: Answer, passed: Headers, flow: Flow, began: float
    ) -> bool:
        """Hand the event to the dead letter sink, with the reason (spec core 3.7)."""
        why = answer.error or f"answered {answer.status}"
        grave = self._dead_letter
        if grave is None:
            self._traffic.lost += 1
            self._note(flow, "lost", event, url, answer.status, began, why)
            return False
        dead = dead_letter(event, url, answer)

        async def send() -> Answer:
            return await grave.receiver.receive(dead, passed, self._telling, flow)

        taken = await self._attempts(send, grave.url, grave.url, dead, flow)
        step: Step = "dead-lettered" if taken.ok else "lost"
        self._traffic.dead_lettered += taken.ok
        self._traffic.lost += not taken.ok
        self._note(flow, step, event, grave.url, taken.status, began, why)
        return taken.ok

    async def _attempts(
        self,
        send: Send,
        url: str,
        sink: str,
        event: Event,
        flow: Flow,
        *,
        reply: bool = False,
    ) -> Answer:
        """Send until it is answered well, or must not or may not be tried again."""
        retry = self.link.retry
        number = 0
        while True:
            began = clock.monotonic()
            answer = await _in_time(send, retry, url)
            again = not answer.ok and number < retry.times and _may_retry(answer)
            if again and reply:
                flow.reply_retries += 1
                again = flow.reply_retries <= MOST_REPLY_RETRIES
            pause = max(retry.pause(number), _retry_after(answer, retry)) if again else 0.0
            self._journal.record(
                flow, "attempt", self._hub, self.link.name, event, sink, answer.status,
                (clock.monotonic() - began) * 1000, number + 1, retry.times + 1, answer.error,
                pause,
            )  # fmt: skip
            self._traffic.attempts += 1
            if not answer.ok:
                why = answer.error or f"answered {answer.status}"
                self._traffic.fail(why, pause if again else None)
            if not again:
                return answer
            self._traffic.retrying += 1
            try:
                await clock.sleep(pause)
            finally:
                self._traffic.retrying -= 1
            number += 1

    def _note(
        self, flow: Flow, step: Step, event: Event, sink: str, status: int, began: float,
        detail: str = "",
    ) -> None:  # fmt: skip
        took = (clock.monotonic() - began) * 1000
        self._journal.record(
            flow, step, self._hub, self.link.name, event, sink, status, took, 0, 0, detail
        )


async def _in_time(send: Send, retry: Retry, url: str) -> Answer:
    """One attempt, cut off after the timeout (spec core 3.4)."""
    if not retry.timeout or retry.timeout < 0:
        return await send()
    try:
        async with clock.timeout(retry.timeout):
            return await send()
    except TimeoutError:
        return unanswered(url, "context deadline exceeded")


def _may_retry(answer: Answer) -> bool:
    """Spec core 3.4: no answer, 5xx, and four of the 4xx; never what could not be sent."""
    return answer.status >= 500 or answer.status in RETRYABLE


def _retry_after(answer: Answer, retry: Retry) -> float:
    """Seconds that a `Retry-After` asks for, as far as it is honoured (spec core 3.6)."""
    if retry.longest_retry_after is None or answer.status not in (429, 503):
        return 0.0
    text = next((v for k, v in answer.headers if k.lower() == "retry-after"), "")
    if text.isdigit():
        seconds = float(text)
    else:
        from email.utils import parsedate_to_datetime  # slow to import, and rarely asked for

        try:
            seconds = (parsedate_to_datetime(text) - clock.now()).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return max(0.0, min(seconds, retry.longest_retry_after))


def dead_letter(event: Event, url: str, answer: Answer) -> Event:
    """The event with what went wrong; values it has already are kept (spec core 3.7)."""
    found = {"knativeerrordest": url, "knativeerrorcode": str(answer.status)}
    data = answer.body
    if url.startswith(f"http://{FILTER_HOST}/"):
        try:
            document = json.loads(data)
            found["knativeerrordest"] = document["errdestination"]
            data = base64.b64decode(document["errresponsebody"])
        except (ValueError, KeyError, TypeError):
            return event
    found["knativeerrordata"] = base64.b64encode(data[:MOST_ERROR_DATA]).decode()
    missing = {k: v for k, v in found.items() if not event.get(k)}
    return event.with_attributes(**missing)
