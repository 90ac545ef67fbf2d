"""JSON text, indented anew and otherwise untouched.

Go's `json.Indent` works on text: the order and the doubles of keys, the spelling of numbers, the
escapes in strings all stay; only white space between tokens goes and comes.  Python's `json` would
read the values and write its own spelling of them.
"""

import re

_TOKEN = re.compile(
    rb"(?P<space>[ \t\r\n]+)|(?P<sign>[][{}:,])"
    rb'|(?P<string>"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*")'
    rb"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null"
)
_CLOSING = {b"{": b"}", b"[": b"]"}
_DEEPEST = 10_000
"""Levels, as in Go's scanner."""


class NotJson(ValueError):
    """The text is not JSON."""


def indent(text: bytes, *, prefix: bytes, step: bytes) -> bytes:
    """Each element on a line of its own: a line break, `prefix`, and `step` for each level.

    White space at the start is dropped, at the end it is kept; empty objects and arrays stay
    `{}` and `[]`.

    Raises:
        NotJson: the text is not JSON.

    Source: Go encoding/json indent.go (appendIndent) and scanner.go.
    """
    out: list[bytes] = []
    opened: list[bytes] = []
    wanted = "value"  # or: name, colon, rest (a comma or the end of what is open), end
    fresh = False  # nothing stands yet in what was opened last
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotJson(f"invalid character at {at}")
        token, at = match[0], match.end()
        if match.lastgroup == "space":
            if wanted == "end":
                out.append(token)
            continue
        if opened and token == _CLOSING[opened[-1]] and (fresh or wanted == "rest"):
            opened.pop()
            out.append(token if fresh else _line(prefix, step, len(opened)) + token)
            wanted, fresh = "rest" if opened else "end", False
            continue
        if fresh:
            out.append(_line(prefix, step, len(opened)))
            fresh = False
        wanted, shown = _next(token, match.lastgroup, wanted, opened)
        fresh = token in _CLOSING
        out.append(shown + _line(prefix, step, len(opened)) if token == b"," else shown)
    if wanted != "end":
        raise NotJson("unexpected end of JSON input")
    return b"".join(out)


def _next(token: bytes, kind: str | None, wanted: str, opened: list[bytes]) -> tuple[str, bytes]:
    """What may follow the token, and the token as it is written; opens what it opens."""
    if kind != "sign" and wanted == "value":
        return "rest" if opened else "end", token
    if kind == "string" and wanted == "name":
        return "colon", token
    if token in _CLOSING and wanted == "value" and len(opened) < _DEEPEST:
        opened.append(token)
        return "name" if token == b"{" else "value", token
    if token == b":" and wanted == "colon":
        return "value", b": "
    if token == b"," and wanted == "rest":
        return "name" if opened[-1] == b"{" else "value", token
    raise NotJson(f"unexpected {token.decode('utf-8', 'replace')}")


def _line(prefix: bytes, step: bytes, depth: int) -> bytes:
    return b"\n" + prefix + step * depth
