"""What people call an address, and the address they mean by a URL.

http://broker-ingress.knative-eventing.svc.cluster.local/default/orders    broker/orders
http://orders-kn-channel.default.svc.cluster.local                         channel/orders
http://billing.default.svc.cluster.local/events                            ksvc/billing/events
http://localhost:3000/events                                               as it is
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from kne import addresses
from kne.control.compiler import Plan
from kne.model.resource import Json, Key

_LOCAL = re.compile(r"/(triggers|channels|services)/([^/?]+)/([^/?]+)(.*)", re.DOTALL)
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
_SHORT = {
    ("serving.knative.dev", "Service"): "ksvc",
    ("", "Service"): "svc",
    ("messaging.knative.dev", "InMemoryChannel"): "imc",
}


def nickname(key: Key) -> str:
    """A name for an object, as short as it may be: `ksvc/billing`."""
    return f"{_SHORT.get((key.group, key.kind), key.kind.lower())}/{key.name}"


def known_as(url: str, plan: Plan) -> str:
    """The name of whatever of ours takes events at a URL; empty if nothing does."""
    parts = urlsplit(url)
    path = parts.path.strip("/")
    if parts.netloc == addresses.INGRESS_HOST:
        return f"broker/{plan.table.entrances[path].name}" if path in plan.table.entrances else ""
    if parts.netloc == addresses.FILTER_HOST:
        gate = next((it for it in plan.table.gates.values() if it.address == url), None)
        return f"trigger/{gate.name}" if gate else ""
    hub = plan.table.hubs.get(url.rstrip("/"))
    if hub:
        return f"channel/{hub.name}"
    base = f"{parts.scheme}://{parts.netloc}"
    for key, serving in plan.servings.items():
        if serving.address == base:
            return nickname(key) + (f"/{path}" if path else "")
    return ""


def shown_as(url: str, plan: Plan, base: str) -> str:
    """How a destination is shown: its name, or else its URL as people can use it."""
    return known_as(url, plan) or addresses.localize(url, base)


def cluster_url(url: str, base: str) -> str:
    """The address that a URL means: below our own base its cluster form, else itself."""
    parts, own = urlsplit(url), urlsplit(base)
    hosts = _LOOPBACK if own.hostname in _LOOPBACK else (own.hostname,)
    if parts.hostname not in hosts or parts.port != own.port:
        return url
    match = _LOCAL.fullmatch(parts.path)
    rest = f"?{parts.query}" if parts.query else ""
    if match is None:
        return f"http://{addresses.INGRESS_HOST}{parts.path}{rest}"
    what, namespace, name, path = match.groups()
    if what == "triggers":
        return f"http://{addresses.FILTER_HOST}{parts.path}"
    if what == "channels":
        return addresses.channel(namespace, name) + path
    return addresses.service(namespace, name) + path + rest


def destination(it: Json | None) -> str:
    """A destination as it stands in a spec: the object's name, and the path below it."""
    ref: Mapping[str, Any] = (it or {}).get("ref") or {}
    uri = str((it or {}).get("uri") or "")
    if not ref:
        return uri
    group = str(ref.get("apiVersion") or "").rpartition("/")[0]
    name = nickname(Key(group, str(ref.get("kind")), "", str(ref.get("name"))))
    return f"{name}/{uri.lstrip('/')}" if uri else name
