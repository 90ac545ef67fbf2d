"""Where events go: the namespace, the faults and the URL of a destination (spec core 6).

A destination is an object, a URL, or a path below an object's URL.  An object that is not there
is no fault, as in a cluster it may come later; it is a problem of whoever refers to it.
"""

import re
from collections.abc import Iterator
from typing import Any

from kne import addresses, uri
from kne.kinds.base import NO_RESOURCE, Bench, Kind, Unresolved
from kne.kinds.config import Config
from kne.kinds.faults import disallowed, generic, invalid, missing, within
from kne.model.duck import Destination, Ref
from kne.model.resource import Fault, Json, Key, Resource

MAPPING = "config-kreference-mapping"


class Missing(Unresolved):
    """A destination whose object is not there: `kind` is its kind, `key` its key."""

    def __init__(self, message: str, kind: Kind[Any], key: Key) -> None:
        super().__init__(message)
        self.kind = kind
        self.key = key


class NoKind(Unresolved):
    """A destination of a kind, or a version of it, that is not served."""


class NoAddress(Unresolved):
    """A destination whose object has no URL, now or ever; `kind` is its kind."""

    def __init__(self, message: str, kind: Kind[Any]) -> None:
        super().__init__(message)
        self.kind = kind


def default_namespace(destination: object, namespace: str) -> None:
    """Fill in the namespace of a destination's reference (spec core 6.1), in place."""
    ref = destination.get("ref") if isinstance(destination, dict) else None
    if isinstance(ref, dict) and not ref.get("namespace"):
        ref["namespace"] = namespace


def is_empty(destination: Destination | None) -> bool:
    """Whether nothing is written there."""
    return destination is None or destination == Destination()


def faults(destination: Destination, config: Config) -> Iterator[Fault]:
    """What admission says against a destination (spec core 6.4; duck/v1/destination.go)."""
    ref, given = destination.ref, "uri" in destination.model_fields_set
    if ref is None and not given:
        yield generic(
            "expected at least one, got none",
            "ref",
            "uri",
            hint="name an object with ref, or a URL with uri",
        )
        return
    try:
        url = uri.parse(destination.uri)
    except ValueError as error:
        yield generic(f'parse "{destination.uri}": {error}', "uri", at=("uri",))
        return
    if ref is not None and url.absolute:
        yield generic(
            "Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present",
            "[apiVersion, kind, name]",
            "ref",
            "uri",
            at=("uri",),
            hint="keep one of them, or only a path in uri",
        )
    elif ref is None and not (url.absolute and url.host):
        text = "Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent"
        yield invalid(text, "uri", hint="begin it with http://host, or add a ref")
    elif ref is not None and not given:
        yield from within(("ref",), reference_faults(ref, config))
    elif destination.ca_certs:
        yield from _certificate_faults(destination.ca_certs)


def reference_faults(ref: Ref, config: Config, *, namespace: str = "") -> Iterator[Fault]:
    """What admission says against a reference; `namespace` is the only one that is allowed."""
    if not ref.name:
        yield missing("name")
    if config.enabled("kreference-group"):
        if not ref.api_version and not ref.group:
            yield missing("apiVersion")
            yield missing("group")
        if ref.api_version and ref.group and not ref.api_version.startswith(ref.group):
            yield generic(
                "both apiVersion and group are specified and they refer to different API groups",
                "apiVersion",
                "group",
                at=("group",),
                details="Only one of them must be specified",
            )
    else:
        if ref.group:
            yield disallowed("group", hint="write apiVersion; group needs kreference-group")
        if not ref.api_version:
            yield missing("apiVersion")
    if not ref.kind:
        yield missing("kind")
    if namespace and ref.namespace and ref.namespace != namespace:
        details = f'parent namespace: "{namespace}" does not match ref: "{ref.namespace}"'
        yield generic("mismatched namespaces", "namespace", at=("namespace",), details=details)


def _certificate_faults(pem: str) -> Iterator[Fault]:
    found = re.search(r"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", pem, re.DOTALL)
    if found and found[1] != "CERTIFICATE":
        text = "CA Cert provided is not a certificate"
    elif found and _is_certificate(found[0]):
        return
    else:
        text = "CA Cert provided is invalid"
    yield generic(f"invalid value: {text}", "caCert", at=("CACerts",))


def _is_certificate(pem: str) -> bool:
    import ssl  # 10 ms, and few manifests hold certificates

    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError):
        return False
    return True


def resolve(destination: Destination, near: Resource[Any], bench: Bench) -> str:
    """The URL of a destination of `near`.

    Raises:
        Unresolved: it has none; the message is upstream's.

    Source: spec core 6.1 to 6.3; knative.dev/pkg resolver/addressable_resolver.go.
    """
    text = destination.uri
    if destination.ref is not None:
        base = _object_url(destination, destination.ref, near, bench)
        if not text:
            return base
        if uri.parse(text).absolute:
            raise Unresolved(
                "absolute URI is not allowed when Ref or [apiVersion, kind, name] exists"
            )
        return uri.resolve(base, text)
    if "uri" not in destination.model_fields_set:
        raise Unresolved("destination missing Ref and URI, expected at least one")
    url = uri.parse(text)
    if not (url.absolute and url.host):
        raise Unresolved(
            f'URI is not absolute (both scheme and host should be non-empty): "{text}"'
        )
    return str(url)


def _object_url(destination: Destination, ref: Ref, near: Resource[Any], bench: Bench) -> str:
    """Sources write no namespace into their sinks, so it is that of `near` (spec core 6.1)."""
    ref = ref.model_copy(update={"namespace": ref.namespace or near.namespace})
    mapped = _mapped(ref, bench.config)
    if mapped is not None:
        return mapped
    kind, key = target(ref, bench)
    it = bench.find(key)
    if it is None:
        text = f"failed to get object {ref.namespace}/{ref.name}: {not_found(kind, ref.name)}"
        raise Missing(text, kind, key)
    if not key.group and key.kind == "Service":
        plain = addresses.service(ref.namespace, ref.name)
        return plain.replace("http:", "https:", 1) if destination.ca_certs else plain
    url = kind.address(it, bench)
    if url is None:
        raise NoAddress(f"address not set for {_described(ref)}", kind)
    if ref.address:  # kne serves http alone, so no object has a list of addresses
        raise Unresolved(f'address with name "{ref.address}" not found for {_described(ref)}')
    return url


def target(ref: Ref, bench: Bench) -> tuple[Kind[Any], Key]:
    """The kind and key that a reference means.

    Raises:
        NoKind: there is no such kind.
    """
    api_version = ref.api_version
    if not api_version and ref.group and bench.config.enabled("kreference-group"):
        served = bench.kinds.get((ref.group, ref.kind))
        api_version = served.api_version if served else f"{ref.group}/"
    kind = bench.serves(api_version, ref.kind)
    if kind is None:
        group, _, version = api_version.rpartition("/")
        resource = f"{group}/{version}, Resource={plural(ref.kind)}"
        raise NoKind(f"failed to get lister for {resource}: {NO_RESOURCE}")
    return kind, kind.key(ref.namespace, ref.name)


def not_found(kind: Kind[Any], name: str) -> str:
    """What an API server says of an object that is not there."""
    resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    return f'{resource} "{name}" not found'


def plural(kind: str) -> str:
    """The resource of a kind nobody knows, as upstream guesses it (spec core 6.3)."""
    word = kind.lower()
    if word.endswith("s"):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _described(ref: Ref) -> str:
    return (
        f"Kind = {ref.kind}, Namespace = {ref.namespace}, Name = {ref.name}, "
        f"APIVersion = {ref.api_version}, Group = {ref.group}, Address = {ref.address}"
    )


def _mapped(ref: Ref, config: Config) -> str | None:
    """The URL of a kind that a ConfigMap maps to a template (spec core 6.6)."""
    if not config.enabled("kreference-mapping"):
        return None
    group, _, version = ref.api_version.rpartition("/")
    maps = config.maps.get((addresses.SYSTEM_NAMESPACE, MAPPING)) or {}
    template = maps.get(f"{ref.kind}.{version}.{group}" if group else f"{ref.kind}.{version}")
    if template is None:
        return None
    values = {
        "Name": ref.name,
        "Namespace": ref.namespace,
        "UID": "",
        "SystemNamespace": addresses.SYSTEM_NAMESPACE,
    }
    return re.sub(
        r"\{\{-?\s*\.(\w+)\s*-?\}\}", lambda field: values.get(field[1], field[0]), template
    )


def extras(destination: Destination, prefix: str) -> Json:
    """Certificates and audience of a destination as statuses repeat them (spec core 6.1)."""
    found = {f"{prefix}CACerts": destination.ca_certs, f"{prefix}Audience": destination.audience}
    return {name: value for name, value in found.items() if value}
