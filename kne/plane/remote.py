"""A place that is reached over HTTP: a subscriber, a sink, another broker."""

from kne.codec import binary, structured
from kne.codec.values import Malformed, media_type
from kne.event import Event
from kne.plane.http_out import Client, HttpAnswer, Target, Unanswered
from kne.plane.journal import Flow
from kne.plane.receiver import UNSENDABLE, Stamp, render
from kne.plane.table import Answer, Headers


class Remote:
    """Sends events to one URL, in binary mode or structured (spec core 3.2)."""

    def __init__(self, client: Client, where: Target, *, as_json: bool = False) -> None:
        self._client = client
        self._where = where
        self._as_json = as_json

    async def receive(self, event: Event, passed: Headers, stamp: Stamp, flow: Flow) -> Answer:
        """Send the event; the answer tells whether it carried one."""
        body = event.data or b""
        try:
            if self._as_json:
                body = structured.encode(event)
                head = b"Content-Type: application/cloudevents+json\r\n"
            else:
                head = binary.wire(event)
        except Malformed as error:
            return UNSENDABLE if not self._as_json else Answer(-1, error=str(error))
        if passed:
            head += render(passed)
        try:
            answer = await self._client.post(self._where, head + flow.trace + stamp.lines, body)
        except Unanswered as error:
            return unanswered(self._where.url, str(error))
        return read(answer)


def unanswered(url: str, why: str) -> Answer:
    """The answer that stands for none (spec core 3.3)."""
    return Answer(500, body=f'dispatch error: Post "{url}": {why}'.encode(), error=why)


def read(answer: HttpAnswer) -> Answer:
    """Sort an HTTP answer; a reply in binary mode is taken as it is, nothing in it is judged."""
    fields, broken = binary.read(answer.headers)
    attributes = fields.attributes
    status, body, passed = answer.status, answer.body, fields.passed
    kind = media_type(attributes.get("datacontenttype", ""))
    if kind == structured.CONTENT_TYPE:
        try:
            return Answer(status, passed, body, structured.decode(body))
        except Malformed as error:
            return Answer(status, passed, body, broken=str(error))
    if kind == structured.BATCH_CONTENT_TYPE:
        return Answer(status, passed, body, broken="batches are not accepted as a reply")
    if attributes.get("specversion") in binary.VERSIONS:
        return Answer(status, passed, body, Event(attributes, body or None), broken)
    return Answer(status, passed, body)
