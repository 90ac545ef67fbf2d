"""Send one event and tell what became of it: which links took it, which did not, and why.

The report is about the event itself; what its replies caused is in the journal.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from kne import addresses, clock
from kne.control.compiler import Plan
from kne.control.names import cluster_url, known_as, shown_as
from kne.event import Event
from kne.model.resource import Json
from kne.plane.engine import Engine
from kne.plane.journal import Hop
from kne.plane.table import Answer, Filter, Hub, Link

ENDS = ("delivered", "dead-lettered", "lost")


async def send(engine: Engine, plan: Plan, base: str, event: Event, to: str) -> Json:
    """Send the event to a URL; `base` is where we listen ourselves."""
    url = cluster_url(to, base)
    if addresses.DOMAIN in url and not known_as(url, plan):
        why = f"nothing takes events at {addresses.localize(url, base)}"
        return _report(event, to, Answer(404, error=why), 0.0, [])
    began = clock.monotonic()
    answer, hops = await engine.inject(url, event)
    took = (clock.monotonic() - began) * 1000
    deliveries = []
    if hops and hops[0].step == "received":
        taken = hops[0].event
        deliveries = [_delivery(link, taken, hops, plan, base) for link in _links(url, plan)]
    elif hops:
        answer = Answer(answer.status, error=hops[0].detail)
    return _report(event, shown_as(url, plan, base), answer, took, deliveries)


def _report(event: Event, to: str, answer: Answer, took: float, deliveries: list[Json]) -> Json:
    reply = answer.event
    return {
        "id": event.id,
        "type": event.type,
        "to": to,
        "status": answer.status if answer.status > 0 else 500,
        "ms": round(took, 3),
        "matched": sum(it["outcome"] != "filtered" for it in deliveries),
        "of": len(deliveries),
        "deliveries": deliveries,
        "reply": {"id": reply.id, "type": reply.type} if reply else None,
        "error": answer.error,
    }


def _links(url: str, plan: Plan) -> Sequence[Link]:
    """The ways out of the broker or channel at that address."""
    parts = urlsplit(url)
    hub: Hub | None = plan.table.hubs.get(url.rstrip("/"))
    if parts.netloc == addresses.INGRESS_HOST:
        entrance = plan.table.entrances[parts.path.strip("/")]
        hub = plan.table.hubs.get(entrance.hub or "")
    return hub.links if hub else ()


def _delivery(link: Link, event: Event, hops: Sequence[Hop], plan: Plan, base: str) -> Json:
    """What became of the event on one link.

    Hops of the same event object are its own; a reply, a dead letter, and the same event coming
    round again are other objects.
    """
    gate = plan.table.gates.get(link.name.partition("/")[2])
    sink = (gate.subscriber if gate else None) or link.to
    found: Json = {"link": link.name, "sink": shown_as(sink, plan, base), "outcome": "filtered"}
    found |= {"status": 0, "ms": 0.0, "attempts": 0, "reply": None, "error": "", "why": ""}
    if gate and gate.accepts and not gate.accepts.accepts(event.bare()):
        return {**found, "why": _why(gate.accepts, event.bare())}
    own = [hop for hop in hops if hop.place == link.name and hop.event is event]
    attempts = [hop for hop in own if hop.step == "attempt"]
    end = next((hop for hop in own if hop.step in ENDS), None)
    found |= {"outcome": end.step if end else "under way", "attempts": len(attempts)}
    if attempts:
        found |= {"status": attempts[-1].status, "ms": round(attempts[-1].ms, 3)}
    if end and end.step != "delivered":
        found["error"] = end.detail
    if end and end.step == "delivered" and end.detail:
        found["reply"] = {"id": end.detail, "type": next(_types(link, event, hops, end), "")}
    return found


def _types(link: Link, event: Event, hops: Sequence[Hop], end: Hop) -> Iterator[str]:
    """The type of the reply, from the attempts to send it on."""
    for hop in hops:
        is_sent_on = hop.step == "attempt" and hop.place == link.name and hop.event is not event
        if is_sent_on and hop.seq > end.seq and hop.event.id == end.detail:
            yield hop.event.type


def _why(accepts: Filter, event: Event) -> str:
    """The proof that the filter gives; empty for a filter that gives none."""
    explain = getattr(accepts, "explain", None)
    return str(explain(event).text()) if explain else ""
