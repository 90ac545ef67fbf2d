"""Sinks in the words of kn, and their addresses on the event port of a running kne.

    broker:NAME[:NS]  channel:NAME[:NS]  ksvc:NAME[:NS]  svc:NAME[:NS]  http(s)://…
    a bare word means ksvc:WORD; nothing means the only broker, or else broker:default

What `kne send event` sends goes to the sink as it is written: the running kne knows more kinds.
The addresses are worked out here for `-o curl` alone, which sends nothing.
"""

from collections.abc import Mapping
from typing import Any

import typer

from kne import addresses
from kne.errors import NotFound

FORMS = "broker:NAME[:NS], channel:NAME[:NS], ksvc:NAME[:NS], svc:NAME[:NS], a URL"


def local_url(sink: str, status: Mapping[str, Any], namespace: str) -> str:
    """Where the sink takes events.

    Raises:
        NotFound: it is a broker that does not exist.
    """
    if sink.startswith(("http://", "https://")):
        return sink
    kind, *names = sink.split(":") if ":" in sink else ("ksvc", sink)
    if not sink:
        kind, names = "broker", _usual(status, namespace)
    name, place = (*names, namespace)[:2]
    if kind == "broker":
        _check(name, place, status)
    known = {
        "broker": addresses.broker,
        "channel": addresses.channel,
        "ksvc": addresses.service,
        "svc": addresses.service,
    }
    if kind not in known or not 1 <= len(names) <= 2 or not all(names):
        raise typer.BadParameter(f'"{sink}" has no URL; use {FORMS}', param_hint="--to")
    return addresses.localize(known[kind](place, name), str(status["ingress"]))


def _usual(status: Mapping[str, Any], namespace: str) -> list[str]:
    brokers = status["brokers"]
    if len(brokers) == 1:
        return [brokers[0]["name"], brokers[0]["namespace"]]
    return ["default", namespace]


def _check(name: str, namespace: str, status: Mapping[str, Any]) -> None:
    there = [it["name"] for it in status["brokers"] if it["namespace"] == namespace]
    if name not in there:
        raise NotFound(
            f'brokers.eventing.knative.dev "{name}" not found',
            why=f'namespace "{namespace}" has ' + (", ".join(there) or "none"),
        )


def shown(url: str, status: Mapping[str, Any]) -> str:
    """A destination as people name it: `broker/default`, `ksvc/audit`; another URL as it is."""
    return _names(status).get(url.rstrip("/"), url)


def _names(status: Mapping[str, Any]) -> dict[str, str]:
    base = str(status.get("ingress", ""))
    found: dict[str, str] = {}
    for it in status.get("brokers", ()):
        found[addresses.broker(it["namespace"], it["name"])] = f"broker/{it['name']}"
    for it in status.get("services", ()):
        found[addresses.service(it["namespace"], it["name"])] = f"{it['kind']}/{it['name']}"
    return found | {addresses.localize(url, base): name for url, name in found.items()}
