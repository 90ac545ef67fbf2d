"""The routing table: all that the data plane knows, and immutable.

    Entrance  a Broker: stamps events and hands them to its hub
    Hub       a channel: a place where events arrive and fan out
    Link      one way out of a hub: a subscription
    Gate      a Trigger: filters, calls the subscriber, judges its answer
    Handler   a place that answers by itself: a built-in, a process, a mock

Broker, Channel, Sequence and Parallel are arrangements of these.  The control plane compiles
manifests into a `Table`; the data plane only reads the current one.  A change is a new table,
put in place by one assignment.  All addresses are cluster addresses (`kne.addresses`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from kne.event import Event

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields in order; names as they go on the wire."""


class Filter(Protocol):
    """Decides whether an event passes (`kne.plane.filters`)."""

    def accepts(self, event: Event) -> bool:
        """Whether the event passes; raises CesqlPanic where Knative's filter panics."""
        ...  # a protocol has no body


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for an event that was sent somewhere.

    `headers` are those that go on to the next hop.  `event` is the reply, if the answer carried
    one; `broken` says why a reply cannot be read.  Without any HTTP answer `status` is 500 and
    the body says `dispatch error: …`; it is -1 if not even a request could be made (spec core
    3.3).  `error` tells people what the status alone does not.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    event: Event | None = None
    broken: str = ""
    error: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


Handle: TypeAlias = Callable[[Event, Headers, str], Awaitable[Answer]]
"""Takes an event, the header fields that came with it, and the path below the address."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often to try again, and how long to wait before each time (spec core 3.4, 3.5).

    `delay`, `timeout` and `longest_retry_after` are seconds.  A wait needs both `growth` and
    `delay`; `timeout` bounds one attempt, None or 0 not at all.
    """

    times: int = 0
    delay: float | None = None
    growth: Literal["linear", "exponential"] | None = None
    timeout: float | None = None
    longest_retry_after: float | None = None

    def pause(self, number: int) -> float:
        """Seconds to wait before retry `number`; the first retry is number 0.

        With a delay of one second: linear 0, 1, 2, ...; exponential 1, 2, 4, ...

        Raises:
            ValueError: `number` is negative.

        Source: spec core 3.5; pkg/kncloudevents/retries.go, whose HTTP client counts from 0.
        """
        if number < 0:
            raise ValueError(f"retries count from 0, not {number}")
        if self.delay is None or self.growth is None:
            return 0.0
        factor = 2**number if self.growth == "exponential" else number
        return max(0.0, self.delay * factor)


NO_RETRY = Retry()


@dataclass(frozen=True, slots=True)
class Link:
    """One way out of a hub: where events go, where answers go, and what if it fails.

    `name` is the object a person knows it by: `trigger/NS/NAME` or `subscription/NS/NAME`.
    """

    name: str
    to: str
    reply: str | None = None
    dead_letter: str | None = None
    retry: Retry = NO_RETRY


@dataclass(frozen=True, slots=True)
class Hub:
    """A channel.  `name` is `NS/NAME`; `asynchronous` answers before it delivers (core 4.3)."""

    address: str
    namespace: str
    name: str
    links: tuple[Link, ...] = ()
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class Entrance:
    """A Broker; `hub` is the address of its channel, None while it has none (core 1.4)."""

    namespace: str
    name: str
    hub: str | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A Trigger as the broker's filter sees it (spec core 2).

    `subscriber` is None while it cannot be resolved.  `format` is how the subscriber gets
    events.  `accepts` None lets everything pass.
    """

    address: str
    namespace: str
    name: str
    uid: str
    broker: str
    subscriber: str | None
    accepts: Filter | None = None
    format: Literal["binary", "json"] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it came: header names in lower case, target as it was sent."""

    method: str
    target: str
    headers: Headers
    body: bytes


Pass: TypeAlias = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Handler:
    """A service that kne serves itself; `address` has no path, it answers for all of them.

    `handle` takes events; `other` takes requests that carry none (a health check, a page),
    with the target below the service's address; without it they get 405.
    """

    address: str
    name: str
    handle: Handle
    other: Pass | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """All that is reachable.

    Entrances by `NS/NAME`, gates by `NS/NAME`, hubs and handlers by address.
    """

    entrances: Mapping[str, Entrance] = field(default_factory=dict)
    hubs: Mapping[str, Hub] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)
