"""What `kne send --to` means: kn's words for sinks, resolved to an address.

    broker:NAME[:NAMESPACE]   channel:…   ksvc:…   svc:…      kn's prefixes
    KIND:NAME[:NAMESPACE]                                     any kind by plural, singular, short
    group/version/resources:NAME[:NAMESPACE]
    NAME                                                      a Knative Service, as for kn
    http(s)://…                                               itself; local forms work too
    nothing                                                   the only broker, else broker:default

Source: kn's docs of `--sink`; client pkg/commands/flags/sink.go.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from kne import addresses
from kne.api.discovery import Catalogue, Served
from kne.api.emulator import Store
from kne.errors import Conflict, Invalid, NotFound
from kne.model.resource import Json, Key, ready_of

BROKER = ("eventing.knative.dev", "Broker")
PREFIXES = {
    "broker": BROKER,
    "channel": ("messaging.knative.dev", "Channel"),
    "ksvc": ("serving.knative.dev", "Service"),
    "svc": ("", "Service"),
}
FORMS = "broker:NAME[:NAMESPACE], ksvc:NAME, svc:NAME, channel:NAME, a URL"


class _Named(NamedTuple):
    """An object that is meant; `prefix` is the word for its kind."""

    prefix: str
    key: Key

    def __str__(self) -> str:
        return f"{self.prefix}:{self.key.name}"


class Sinks:
    """Finds addresses among the objects there are."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue

    def address(self, to: str, namespace: str) -> str:
        """Where events for `to` go.

        Raises:
            Invalid: it is no sink at all.
            NotFound: there is no such object.
            Conflict: the object has no address now.
        """
        if to.startswith(("http://", "https://")):
            return to
        meant = self._named(to, namespace) if to else self._default(namespace)
        found = self._store.get(meant.key)
        if found is None:
            raise self._missing(meant, namespace)
        url = ((found.get("status") or {}).get("address") or {}).get("url")
        if url:
            return str(url)
        if meant.key.kind == "Service":
            return addresses.service(meant.key.namespace, meant.key.name)
        raise _without_address(meant, found)

    def _default(self, namespace: str) -> _Named:
        found = self._store.list(*BROKER)
        if len(found) != 1:
            return _Named("broker", Key(*BROKER, namespace, "default"))
        metadata = found[0]["metadata"]
        return _Named("broker", Key(*BROKER, metadata["namespace"], metadata["name"]))

    def _named(self, to: str, namespace: str) -> _Named:
        prefix, *rest = to.split(":") if ":" in to else ("ksvc", to)
        if len(rest) > 2 or not all((prefix, *rest)):
            raise Invalid(f'"{to}" names no sink', hint=f"a sink is {FORMS}")
        group, kind, namespaced = self._kind(prefix)
        place = (rest[1] if len(rest) > 1 else namespace) if namespaced else ""
        return _Named(prefix, Key(group, kind, place, rest[0]))

    def _kind(self, prefix: str) -> tuple[str, str, bool]:
        if prefix in PREFIXES:
            return (*PREFIXES[prefix], True)
        word = prefix.lower()
        for it in self._catalogue:
            if word in _words(it):
                return it.group, it.kind, it.namespaced
        known = sorted({*PREFIXES, *(it.singular for it in self._catalogue)})
        close = get_close_matches(word, known, n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"a sink is {FORMS}"
        raise Invalid(f'"{prefix}" is no kind of sink', hint=hint)

    def _missing(self, meant: _Named, namespace: str) -> NotFound:
        key = meant.key
        plural = next(
            (it.resource for it in self._catalogue if (it.group, it.kind) == key[:2]),
            f"{key.kind.lower()}s.{key.group}" if key.group else f"{key.kind.lower()}s",
        )
        there = [it["metadata"]["name"] for it in self._store.list(*key[:3])]
        why = f'namespace "{key.namespace}" has ' + (
            f"{len(there)} of them: {', '.join(there[:5])}" if there else "none of them"
        )
        return NotFound(
            f'{plural} "{key.name}" not found', why=why, hint=self._near(meant, namespace)
        )

    def _near(self, meant: _Named, namespace: str) -> str:
        """The sink that was probably meant: one of that name, else one of a similar name."""
        there = {text: key for text, key in self._everything(namespace) if key != meant.key}
        own = [text for text, key in there.items() if key[:2] == meant.key[:2]]
        for cutoff in (1.0, 0.6):
            for texts in (own, list(there)):
                names = {there[text].name: text for text in reversed(texts)}
                close = get_close_matches(meant.key.name, list(names), n=1, cutoff=cutoff)
                if close:
                    return f"did you mean {names[close[0]]}?"
        return f"a sink is {FORMS}"

    def _everything(self, namespace: str) -> Iterator[tuple[str, Key]]:
        """Every object that can be sent to, and how to write it from here."""
        usual = {kind: prefix for prefix, kind in PREFIXES.items()}
        others = {(it.group, it.kind): (*it.short_names, it.singular)[0] for it in self._catalogue}
        for (group, kind), prefix in (others | usual).items():
            for it in self._store.list(group, kind):
                if "address" in (it.get("status") or ()) or (group, kind) in usual:
                    place, name = it["metadata"].get("namespace", ""), it["metadata"]["name"]
                    text = f"{prefix}:{name}" + (f":{place}" if place != namespace else "")
                    yield text, Key(group, kind, place, name)


def _words(it: Served) -> Iterable[str]:
    return (
        it.plural,
        it.singular,
        *it.short_names,
        f"{it.plural}.{it.group}",
        f"{it.group}/{it.version}/{it.plural}",
    )


def _without_address(meant: _Named, found: Json) -> Conflict:
    ready = ready_of(found.get("status")) or {}
    text = ": ".join(filter(None, (ready.get("reason", ""), ready.get("message", ""))))
    return Conflict(
        f"{meant} has no address", why=text or "nothing can be sent to objects of this kind"
    )
