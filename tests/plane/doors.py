"""Places that take events, for tests: they remember what came and answer what they are told."""

from collections.abc import Iterable

from kne import clock
from kne.event import Event
from kne.plane.deliver import Delivery, End
from kne.plane.journal import Flow, Journal
from kne.plane.receiver import Stamp
from kne.plane.table import Answer, Headers, Hub, Link, Retry
from kne.plane.traffic import Traffic

ORDER = Event({"specversion": "1.0", "id": "1", "source": "/shop", "type": "order"}, b"{}")
REPLY = Event({"specversion": "1.0", "id": "2", "source": "/bill", "type": "billed"}, b"[]")
HUB = Hub("http://c-kn-channel.default.svc.cluster.local", "default", "c")


class Door:
    """Gives its answers one after the other, the last one again and again."""

    def __init__(self, *answers: Answer, takes: float = 0.0) -> None:
        self._answers = list(answers) or [Answer(202)]
        self._takes = takes
        self.seen: list[Event] = []
        self.headers: list[Headers] = []
        self.times: list[float] = []

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        self.seen.append(event)
        self.headers.append(passed + stamp.headers)
        self.times.append(clock.monotonic())
        if self._takes:
            await clock.sleep(self._takes)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    @property
    def pauses(self) -> list[float]:
        """Seconds between one event and the next."""
        return [round(b - a, 6) for a, b in zip(self.times, self.times[1:], strict=False)]


def delivery(
    to: Door,
    *,
    url: str = "http://s.example/",
    retry: Retry | None = None,
    reply: Door | None = None,
    dead_letter: Door | None = None,
    journal: Journal | None = None,
    traffic: Traffic | None = None,
) -> Delivery:
    """A delivery to `to`, with doors at its other ends."""
    link = Link("subscription/default/s", url, retry=retry or Retry())
    return Delivery(
        link,
        HUB,
        "channel/default/c",
        journal or Journal(),
        traffic or Traffic(),
        to=End(to, url),
        reply=End(reply, "http://reply.example/") if reply else None,
        dead_letter=End(dead_letter, "http://dls.example/") if dead_letter else None,
        sink=url,
    )


def steps(journal: Journal) -> Iterable[str]:
    """What the journal says happened, in order."""
    return [hop.step for hop in journal]
