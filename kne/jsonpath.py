"""JSONPath as kubectl understands it, for columns, waiting, and `-o jsonpath`.

    compile_path(".status.conditions[?(@.type=='Ready')].status").find(it)   what is there, a list
    template('{range .items[*]}{.metadata.name}{"\\n"}{end}').render(it)      text

It is not RFC 9535: a template mixes text and actions in braces, a missing field is no fault,
dots in a quoted key still part it unless they are escaped.  A script that works here has to
work with kubectl, so its oddities are kept.
Source: client-go util/jsonpath (parser.go, jsonpath.go), third_party/forked/golang/template.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

from kne.errors import KneError

Values: TypeAlias = list[Any]
Step: TypeAlias = Callable[[Values], Values]
"""From some values to the next ones."""


_MISPLACED = {"end": "not in range, nothing to end"}


class BadPath(KneError):
    """A JSONPath that cannot be read, or asks an object for what it cannot have."""


@dataclass(frozen=True, slots=True)
class Path:
    """Steps one after another.  A bare `word` shapes a template: `range` or `end`."""

    steps: tuple[Step, ...]
    word: str = ""

    def find(self, it: Any) -> Values:
        """All values that the path leads to; none is no fault.

        Raises:
            BadPath: it asks for an index that is not there, or compares what cannot be compared.
        """
        return self.walk([it])

    def walk(self, values: Values) -> Values:
        """The same from several places."""
        if self.word:
            raise BadPath(_MISPLACED.get(self.word, f"unrecognized identifier {self.word}"))
        for step in self.steps:
            values = step(values)
        return values


@dataclass(frozen=True, slots=True)
class Range:
    """`{range PATH}` BODY `{end}`: the body once for each value."""

    path: Path
    body: tuple["Part", ...]


Part: TypeAlias = str | Path | Range


@dataclass(frozen=True, slots=True)
class Template:
    """Text with actions in it."""

    text: str
    parts: tuple[Part, ...]

    def render(self, it: Any) -> str:
        """The text for one object; values of one action are parted by spaces.

        Raises:
            BadPath: see `Path.find`.
        """
        try:
            return "".join(_render(self.parts, it))
        except BadPath as error:
            quoted = json.dumps(self.text)
            raise BadPath(f"error executing jsonpath {quoted}: {error.message}") from None


def _render(parts: tuple[Part, ...], it: Any) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Path):
            yield " ".join(map(text_of, part.find(it)))
        else:
            for value in part.path.find(it):
                yield from _render(part.body, value)


def template(text: str) -> Template:
    """Read a template, what stands after `-o jsonpath=`.

    Raises:
        BadPath: it cannot be read.
    """
    try:
        return Template(text, _nest(_split(text), nested=False))
    except _Fault as fault:
        raise BadPath(f"error parsing jsonpath {text}, {fault}") from None


_RELAXED = re.compile(r"(\{)?\.?([^{}]+)(?(1)\})\Z")


def compile_path(text: str) -> Path:
    """Read one path: `{.a.b}`, `.a.b` or `a.b`, as `--sort-by` and columns take it.

    Raises:
        BadPath: it cannot be read.
    """
    found = _RELAXED.match(text)
    if not found:
        raise BadPath(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
            "'{name1.name2}' or '{.name1.name2}'"
        )
    try:
        return _action(f".{found[2]}")
    except _Fault as fault:
        raise BadPath(f"error parsing jsonpath {text}, {fault}") from None


def text_of(value: Any) -> str:
    """One value as kubectl prints it: objects and lists as JSON, all else plainly."""
    if isinstance(value, str | float):
        return value if isinstance(value, str) else _float(value)
    text = json.dumps(_whole(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES)


def _whole(value: Any) -> Any:
    """Go's encoding/json writes 1.0 as 1, and some signs escaped that need not be."""
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def _float(value: float) -> str:
    """As Go's `%v`: the shortest digits, with an exponent from 1e+06 on and below 1e-04."""
    exact = Decimal(repr(value)).normalize()
    if -4 <= exact.adjusted() < 6:
        return f"{exact:f}"
    mantissa, _, exponent = f"{exact:e}".partition("e")
    return f"{mantissa}e{int(exponent):+03d}"


def _constant(value: Any) -> Step:
    """A text stands for itself, a number or truth value once for each value before it."""
    return lambda values: [value] if isinstance(value, str) else [value] * len(values)


def _field(name: str) -> Step:
    if name == "*":
        return lambda values: [inner for it in values for inner in _inside(it)]
    plain = name.replace("\\", "")
    return lambda values: [it[plain] for it in values if isinstance(it, dict) and plain in it]


def _recursive(values: Values) -> Values:
    """`..`: every value that has others inside, outermost first."""
    outer = [(it, inside) for it in values if (inside := _inside(it))]
    return [found for it, inside in outer for found in (it, *_recursive(inside))]


def _inside(it: Any) -> Values:
    return list(it.values()) if isinstance(it, dict) else it if isinstance(it, list) else []


_GO = {dict: "map[string]interface {}", str: "string", int: "int64", float: "float64"}


@dataclass(frozen=True, slots=True)
class _Slice:
    """`[1]`, `[-1]`, `[0:2]`, `[::2]`; an index outside the list is a fault."""

    start: int
    stop: int | None
    step: int | None
    single: bool = False

    def __call__(self, values: Values) -> Values:
        return [found for it in values if it is not None for found in self._of(it)]

    def _of(self, it: Any) -> Values:
        if not isinstance(it, list):
            raise BadPath(f"{_GO.get(type(it), type(it).__name__)} is not array or slice")
        length = len(it)
        start = self.start + (length if self.start < 0 else 0)
        stop = length if self.stop is None else self.stop
        stop += length if stop < 0 or (stop == 0 and self.single) else 0
        if start == stop:
            return []
        for index in (start, stop - 1):
            if not 0 <= index < length:
                raise BadPath(f"array index out of bounds: index {index}, length {length}")
        if start > stop:
            raise BadPath(f"starting index {start} is greater than ending index {stop}")
        if self.step is not None and self.step < 1:
            raise BadPath("step must be > 0")
        return it[start : stop : self.step]


_COMPARE = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class _Filter:
    """`[?(@.a=="b")]`: the members of a list for which it holds; no sign: those that have it."""

    left: Path
    sign: str = ""
    right: Path = Path(())

    def __call__(self, values: Values) -> Values:
        found: Values = []
        for it in values:
            if not isinstance(it, list):
                raise BadPath(f"{text_of(it)} is not array or slice and cannot be filtered")
            found += [member for member in it if self._holds(member)]
        return found

    def _holds(self, member: Any) -> bool:
        if not self.sign:
            with suppress(BadPath):
                return bool(self.left.find(member))
            return False
        left, right = self.left.find(member), self.right.find(member)
        if not left or not right:
            return False
        if len(left) > 1 or len(right) > 1:
            raise BadPath("can only compare one element at a time")
        return _compare(left[0], self.sign, right[0])


def _compare(left: Any, sign: str, right: Any) -> bool:
    if sign not in _COMPARE:
        raise BadPath(f"unrecognized filter operator {sign}")
    if type(left) is not type(right) or left is None or isinstance(left, dict | list):
        raise BadPath("incompatible types for comparison")
    if isinstance(left, bool) and sign not in ("==", "!="):
        raise BadPath("invalid type for comparison")
    return bool(_COMPARE[sign](left, right))


class _Fault(Exception):
    """Why a text is no path."""


def _split(text: str) -> Iterator[str | Path]:
    """A template's texts and actions, in order."""
    at = 0
    while at < len(text):
        brace = text.find("{", at)
        if brace < 0:
            yield text[at:]
            return
        if brace > at:
            yield text[at:brace]
        action, end = _read(text, brace + 1)
        if not text.startswith("}", end):
            raise _Fault("unclosed action")
        yield action
        at = end + 1


def _nest(parts: Iterator[str | Path], *, nested: bool) -> tuple[Part, ...]:
    """The parts up to the `{end}` that closes them, ranges put together."""
    body: list[Part] = []
    for part in parts:
        if isinstance(part, Path) and part.word == "range":
            body.append(Range(Path(part.steps), _nest(parts, nested=True)))
        elif nested and isinstance(part, Path) and part.word == "end":
            break
        else:
            body.append(part)
    return tuple(body)


def _action(text: str) -> Path:
    path, at = _read(text, 0)
    if at < len(text):
        raise _Fault(_trouble(text, at))
    return path


def _read(text: str, at: int) -> tuple[Path, int]:
    """The action from `at` to the closing brace or the end, and where that is."""
    steps: list[Step] = []
    word = ""
    while at < len(text) and text[at] not in "}\n":
        found = next(filter(None, (one.match(text, at) for one in _TOKENS)), None)
        if found is None:
            raise _Fault(_trouble(text, at))
        token, content = str(found.lastgroup), found[str(found.lastgroup)]
        word = content if token == "word" else word
        if token == "descend" and steps and steps[-1] is _recursive:
            raise _Fault("invalid multiple recursive descent")
        steps += _make(token, content)
        at = found.end()
    return Path(tuple(steps), word), at


def _trouble(text: str, at: int) -> str:
    for start, what in ("[?(", "filter"), ("[", "array"), ('"', "quoted string"), ("'", "string"):
        if text.startswith(start, at):
            return f"unterminated {what}"
    return f"unrecognized character in action: U+{ord(text[at]):04X} '{text[at]}'"


def _make(token: str, text: str) -> list[Step]:
    match token:
        case "descend":
            return [_recursive, _field(text)] if text else [_recursive]
        case "field":
            return [_field(text)]
        case "filter":
            return [_filter(text)]
        case "array":
            return _array(text)
        case "string":
            return [_constant(_unquote(text))]
        case "number":
            return [_constant(float(text) if "." in text else int(text))]
        case "truth":
            return [_constant(text == "true")]
    return []


_CLAUSE = re.compile(r"([^!<>=]+)([!<>=]+)(.+)\Z", re.DOTALL)


def _filter(text: str) -> _Filter:
    parts = _CLAUSE.match(text)
    if not parts:
        return _Filter(_action(text))
    return _Filter(_action(parts[1]), parts[2], _action(parts[3]))


_SLICE = re.compile(r"(-?\d+)?(:(?:-?\d+)?)?(:(?:-?\d+)?)?\Z")


def _array(text: str) -> list[Step]:
    if "," in text:
        paths = [_action(f"[{part.strip(' ')}]") for part in text.split(",")]
        return [lambda values: [found for path in paths for found in path.walk(values)]]
    if re.fullmatch(r"'[^']*'", text):
        return list(_action(f".{text[1:-1]}").steps)
    parts = _SLICE.match(":" if text == "*" else text)
    if not parts:
        raise _Fault(f"invalid array index {text}")
    start, stop, step = (int(p.lstrip(":")) if p and p != ":" else None for p in parts.groups())
    single = parts[2] is None
    return [_Slice(start or 0, (start or 0) + 1 if single else stop, step, single)]


_QUOTED = re.compile(r"(?:[^\\]|\\[abfnrtvxuU0-7\\'\"])*\Z")
"""Texts whose escapes Go knows; those mean the same in Python."""


def _unquote(text: str) -> str:
    with suppress(SyntaxError):
        if _QUOTED.match(text):
            return str(ast.literal_eval(text))
    raise _Fault(f"unquote string {text} error invalid syntax")


_NAME = r"(?:\\[^\n]|[^\\\s.,\[\]$@{}])*"
_STRING = r"\"(?:\\[^\n]|[^\\\"\n])*\"|'(?:\\[^\n]|[^\\'\n])*'"
_TOKENS = [
    re.compile(pattern)
    for pattern in (
        r"(?P<blank>[ @$])",
        rf"\.\.(?P<descend>{_NAME})",
        rf"\.(?P<field>{_NAME})",
        rf"\[\?\((?P<filter>(?:{_STRING}|[^\"'\n)])*)\)\]",
        r"\[(?!\?\()(?P<array>[^\]\n]*)\]",
        rf"(?P<string>{_STRING})",
        r"(?P<number>[+-]?\d+(\.\d*)?)",
        r"(?P<truth>true|false)(?![^\s.,\[\]$@{}])",
        r"(?P<word>\w[^\s.,\[\]$@{}]*)",
    )
]
