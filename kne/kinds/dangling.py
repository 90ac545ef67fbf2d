"""What to tell people about references that lead nowhere.

In a cluster such a reference is a condition somewhere, found by whoever looks.  Here whoever
starts kne is told, with the names that are there and the one that was probably meant.
"""

from typing import Any

from kne.kinds.base import Bench, Kind, Unresolved
from kne.kinds.destinations import Missing, NoAddress, NoKind, is_empty, plural
from kne.model.duck import Destination
from kne.model.resource import Key, Path, Resource
from kne.model.strict import nearest


def dangling(bench: Bench, it: Resource[Any], path: Path, error: Unresolved) -> None:
    """Tell the user about a destination, at `path` of `it`, that has no URL."""
    whose = f'{it.key.kind.lower()} "{it.name}"'
    if isinstance(error, Missing):
        what = noun(error.key.group, error.key.kind)
        message = f"{whose} refers to {a(what)} that does not exist"
        bench.problem(it, path, message, *others(error.kind, error.key, bench))
    else:
        field = ".".join(str(part) for part in path)
        message = f"{whose}: {field} cannot be resolved"
        bench.problem(it, path, message, error.message, _hint(error))


def _hint(error: Unresolved) -> str:
    if isinstance(error, NoKind):
        return "correct apiVersion and kind, or write a uri"
    if isinstance(error, NoAddress) and error.kind.loose:
        return f"kne keeps objects of kind {error.kind.kind}, and does not run them: write a uri"
    return ""


def tell_if_dangling(
    bench: Bench, it: Resource[Any], path: Path, destination: Destination | None
) -> None:
    """The same for a destination that a child is to resolve, not `it` itself."""
    if destination is None or is_empty(destination):
        return
    try:
        bench.resolve(destination, it)
    except Unresolved as error:
        dangling(bench, it, path, error)


def others(kind: Kind[Any], key: Key, bench: Bench) -> tuple[str, str]:
    """What there is in place of an object that is not there, and what to do about it."""
    what = noun(key.group, key.kind)
    here = sorted(it.name for it in bench.among(*key[:3]) if _is_known(it))
    count = f"{len(here)} {what if len(here) == 1 else noun_plural(what)}" if here else f"no {what}"
    why = f'namespace "{key.namespace}" has {count}' + (f": {', '.join(here)}" if here else "")
    near = nearest(key.name, here)
    if near:
        return why, f'change it to "{near}"'
    elsewhere = sorted(k.namespace for k in bench.objects if (*k[:2], k[3]) == (*key[:2], key[3]))
    if elsewhere:
        return why, f'there is one in namespace "{elsewhere[0]}"'
    namesakes = [k for k in bench.objects if k[1:] == key[1:]]
    if namesakes:
        found = bench.objects[min(namesakes)]
        other = noun(found.key.group, found.key.kind)
        return why, f"there is {a(other)} of that name: write apiVersion: {found.api_version}"
    return why, f'add {a(what)} named "{key.name}"'


def _is_known(it: Resource[Any]) -> bool:
    """Whether a person knows it by its name: it was written, or bears the name of what was."""
    owners = it.metadata.get("ownerReferences") or ()
    return all(owner["name"] == it.name for owner in owners)


def noun(group: str, kind: str) -> str:
    """What people call a kind."""
    return "Knative service" if group == "serving.knative.dev" else kind.lower()


def noun_plural(what: str) -> str:
    return f"{what}s" if " " in what else plural(what)


def a(what: str) -> str:
    """With its article."""
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
