"""Where things are: cluster addresses, names of children, and their local forms.

Inside kne every address has the form it has in a cluster, so that a dead-letter event names
the same URL here and there (spec core 6.2).  People are shown the local form, which works
when pasted into curl; both are answered.

    cluster                                                     local, on the event port
    http://broker-ingress.knative-eventing.svc.cluster.local/NS/NAME     /NS/NAME
    http://broker-filter.knative-eventing.svc.cluster.local/triggers/…   /triggers/NS/NAME/UID
    http://NAME-kn-channel.NS.svc.cluster.local                          /channels/NS/NAME
    http://NAME.NS.svc.cluster.local/PATH                                /services/NS/NAME/PATH
"""

import hashlib
import re

SYSTEM_NAMESPACE = "knative-eventing"
DOMAIN = "svc.cluster.local"
INGRESS_HOST = f"broker-ingress.{SYSTEM_NAMESPACE}.{DOMAIN}"
FILTER_HOST = f"broker-filter.{SYSTEM_NAMESPACE}.{DOMAIN}"
DISPATCHER_HOST = f"imc-dispatcher.{SYSTEM_NAMESPACE}.{DOMAIN}"
CHANNEL_SUFFIX = "-kn-channel"


def broker(namespace: str, name: str) -> str:
    """Address of a Broker."""
    return f"http://{INGRESS_HOST}/{namespace}/{name}"


def trigger(namespace: str, name: str, uid: str) -> str:
    """Where the broker's filter takes events for one Trigger."""
    return f"http://{FILTER_HOST}/triggers/{namespace}/{name}/{uid}"


def channel(namespace: str, name: str) -> str:
    """Address of an InMemoryChannel: that of its service, without a path."""
    return service(namespace, child_name(name, CHANNEL_SUFFIX))


def service(namespace: str, name: str) -> str:
    """Address of a Kubernetes or Knative Service: no port, no slash at the end."""
    return f"http://{name}.{namespace}.{DOMAIN}"


def child_name(parent: str, suffix: str) -> str:
    """The name of a child object, at most 63 characters (spec core B.3, `kmeta.ChildName`)."""
    if len(parent) + len(suffix) <= 63:
        return parent + suffix
    if len(suffix) < 31:
        return parent[: 31 - len(suffix)] + _md5(parent) + suffix
    name = parent[:31] + _md5(parent + suffix)
    name += suffix[: max(0, 63 - len(name))]
    return re.sub(r"[^0-9A-Za-z]+$", "", name)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


_CLUSTER_URL = re.compile(
    rf"http://(?P<name>[a-z0-9-]+)\.(?P<ns>[a-z0-9-]+)\.{re.escape(DOMAIN)}(?P<path>/[^\s\"]*)?"
)


def localize(text: str, base: str) -> str:
    """Every cluster URL in `text` in its local form below `base` (`http://127.0.0.1:8080`)."""

    def local(match: re.Match[str]) -> str:
        name, namespace, path = match["name"], match["ns"], match["path"] or ""
        if f"{name}.{namespace}.{DOMAIN}" in (INGRESS_HOST, FILTER_HOST):
            return base + path
        if name.endswith(CHANNEL_SUFFIX):
            return f"{base}/channels/{namespace}/{name.removesuffix(CHANNEL_SUFFIX)}{path}"
        return f"{base}/services/{namespace}/{name}{path}"

    return _CLUSTER_URL.sub(local, text) if DOMAIN in text else text
