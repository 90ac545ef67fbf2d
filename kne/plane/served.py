"""A service that kne serves itself, as a place that takes events."""

from kne.event import Event
from kne.plane.journal import Flow
from kne.plane.receiver import Stamp
from kne.plane.table import Answer, Handler, Headers


class HandlerReceiver:
    """One path below a service's address."""

    def __init__(self, handler: Handler, path: str) -> None:
        self._handler = handler
        self._path = path

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        """Hand the event over, with the header fields an HTTP request would carry."""
        headers = passed + stamp.headers
        if flow.trace:
            lines = flow.trace.decode("utf-8", "surrogateescape").split("\r\n")
            headers += tuple((k, v) for k, _, v in (line.partition(": ") for line in lines) if k)
        return await self._handler.handle(event, headers, self._path)
