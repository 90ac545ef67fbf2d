"""Label and field selectors: text in a query, a test of objects here.

    labels("app in (shop,cart),!old,tier!=db")    -> claims about metadata.labels
    fields("metadata.name=orders", kind)          -> claims about the fields that may be asked for

Words and errors are the API server's; what is not a selector is refused with `BadSelector`.
Source: apimachinery pkg/labels/selector.go, pkg/fields/selector.go.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from kne.errors import KneError
from kne.jsonpath import compile_path

Json: TypeAlias = dict[str, Any]
Claim: TypeAlias = Callable[[Json], bool]
"""Whether an object is wanted."""


class BadSelector(KneError):
    """A selector that cannot be read, or asks for a field that cannot be asked for."""


def everything(_: Json) -> bool:
    """The claim that holds for all objects."""
    return True


@dataclass(frozen=True, slots=True)
class Choice:
    """The objects a client asks for."""

    by_label: Claim = everything
    by_field: Claim = everything

    @property
    def narrow(self) -> bool:
        """Whether some objects may be left out."""
        return self != Choice()

    def holds(self, it: Json) -> bool:
        """Whether the object is chosen."""
        return self.by_label(it) and self.by_field(it)

    def may_have_held(self, it: Json) -> bool:
        """Whether an earlier state of the object may have been: labels change, names do not."""
        return self.by_field(it)


# Labels

_TOKEN = re.compile(r"\s*(!=|==|>=|<=|[=!,()<>]|[^\s=!,()<>]+|\Z)")
_OPERATORS = ("in", "notin", "=", "==", "!=", ">", "<")
_EXPECTED = "in, notin, =, ==, !=, gt, lt"
_SPECIAL = frozenset(("!=", "==", "=", "!", ",", "(", ")", "<", ">", ">=", "<=", ""))


class _Requirement(NamedTuple):
    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: dict[str, str]) -> bool:
        value = labels.get(self.key)
        if self.operator in ("exists", "!"):
            return (value is not None) == (self.operator == "exists")
        if self.operator in ("!=", "notin"):
            return value not in self.values
        if value is None:
            return False
        if self.operator in (">", "<"):
            return _integer(value) and _greater(self, int(value))
        return value in self.values


def _integer(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", text) is not None


def _greater(it: _Requirement, value: int) -> bool:
    limit = int(it.values[0])
    return value > limit if it.operator == ">" else value < limit


def labels(text: str) -> Claim:
    """Read a label selector; an empty one wants everything.

    Raises:
        BadSelector: it is none.
    """
    wanted = tuple(_requirements(_Tokens(text)))
    if not wanted:
        return everything

    def claim(it: Json) -> bool:
        found = it["metadata"].get("labels") or {}
        return all(requirement.holds(found) for requirement in wanted)

    return claim


class _Tokens:
    """The words of a selector, one looked at, the rest to come."""

    def __init__(self, text: str) -> None:
        self._words: list[str] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            assert match  # every text starts with one
            self._words.append(match[1])
            at = match.end()
        self._words = [word for word in self._words if word]

    @property
    def first(self) -> str:
        return self._words[0] if self._words else ""

    def take(self) -> str:
        return self._words.pop(0) if self._words else ""

    def take_name(self, fault: str) -> str:
        """The next word, which has to be a name or value."""
        if self.first in _SPECIAL:
            raise BadSelector(f"unable to parse requirement: found '{self.first}', {fault}")
        return self.take()


def _requirements(tokens: _Tokens) -> Iterator[_Requirement]:
    if tokens.first in _SPECIAL - {"!", ""}:
        raise BadSelector(f"found '{tokens.first}', expected: !, identifier, or 'end of string'")
    while tokens.first:
        yield _requirement(tokens)
        after = tokens.take()
        if after not in (",", ""):
            raise BadSelector(f"found '{after}', expected: ',' or 'end of string'")
        if after == "," and tokens.first in _SPECIAL - {"!"}:
            raise BadSelector(f"found '{tokens.first}', expected: identifier after ','")


def _requirement(tokens: _Tokens) -> _Requirement:
    if tokens.first == "!":
        tokens.take()
        return _Requirement(tokens.take_name("expected: identifier"), "!")
    key = tokens.take_name("expected: identifier")
    if tokens.first in (",", ""):
        return _Requirement(key, "exists")
    operator = tokens.take()
    if operator not in _OPERATORS:
        raise BadSelector(f"unable to parse requirement: found '{operator}', expected: {_EXPECTED}")
    if operator in ("in", "notin"):
        return _Requirement(key, operator, tuple(_values(tokens)))
    if operator in (">", "<"):
        value = tokens.take_name("expected: identifier")
        if not _integer(value):
            raise BadSelector(
                f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": '
                "for 'Gt', 'Lt' operators, the value must be an integer"
            )
        return _Requirement(key, operator, (value,))
    return _Requirement(key, operator, ("" if tokens.first in (",", "") else tokens.take(),))


def _values(tokens: _Tokens) -> Iterator[str]:
    """What stands in parentheses; a missing value is the empty one."""
    start = tokens.take()
    if start != "(":
        raise BadSelector(f"unable to parse requirement: found '{start}' expected: '('")
    while True:
        yield "" if tokens.first in (",", ")") else tokens.take_name("expected: ',', or ')'")
        after = tokens.take()
        if after == ")":
            return
        if after != ",":
            raise BadSelector(f"unable to parse requirement: found '{after}', expected: ')'")


# Fields

_ALWAYS = ("metadata.name", "metadata.namespace")
_EVENT = tuple(
    f"involvedObject.{name}"
    for name in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
)
_FIELDS = {
    "Event": (*_EVENT, "reason", "reportingComponent", "source", "type"),
    "Namespace": ("status.phase", "name"),
    "Secret": ("type",),
    "Service": ("spec.clusterIP", "spec.type"),
    "Pod": ("spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase"),
}
"""What may be asked of objects of the core group besides their names."""

_ELSEWHERE = {"name": "metadata.name", "source": "source.component"}


def fields(text: str, group: str, kind: str) -> Claim:
    """Read a field selector for objects of one kind; an empty one wants everything.

    Raises:
        BadSelector: it is none, or objects of that kind cannot be chosen by that field.
    """
    terms = [_term(part) for part in re.split(r"(?<!\\),", text) if part]
    known = (*_ALWAYS, *(_FIELDS.get(kind, ()) if not group else ()))
    for name, _, _ in terms:
        if name not in known:
            raise BadSelector(_unsupported(name, group, kind))
    wanted = [(compile_path(_ELSEWHERE.get(n, n)), equal, value) for n, equal, value in terms]
    if not wanted:
        return everything

    def claim(it: Json) -> bool:
        return all(
            (str((path.find(it) or [""])[0] or "") == value) == equal
            for path, equal, value in wanted
        )

    return claim


def _term(text: str) -> tuple[str, bool, str]:
    """A field, whether it has to be equal, and the value."""
    match = re.match(r"([^=!]*)(!=|==|=)(.*)\Z", text, re.DOTALL)
    if not match:
        raise BadSelector(f"invalid selector: '{text}'; can't understand '{text}'")
    return match[1], match[2] != "!=", re.sub(r"\\([\\,=])", r"\1", match[3])


def _unsupported(name: str, group: str, kind: str) -> str:
    if group or kind in _FIELDS:
        return f"field label not supported: {name}"
    return f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"'
