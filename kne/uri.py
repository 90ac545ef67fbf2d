"""URLs as Go's `net/url` reads, writes and joins them.

A broker re-writes the `source` and `dataschema` of each event through this parser (spec core A.1:
spaces become `%20`), and destinations are joined by it (spec core 6.1), so its odd cases show.
Source: the behaviour of Go's net/url; `tck/url_resolution.json`.
"""

import re
from typing import NamedTuple

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r"(:[0-9]*)?\Z")
_HOST = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"\x80-\U0010ffff]*\Z")
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
_PATH_PLAIN = frozenset(_UNRESERVED + "$&+,/:;=@")
_FRAGMENT_PLAIN = frozenset(_UNRESERVED + "$&+,/:;=?@" + "!()*")
_VALID_PATH = frozenset(_UNRESERVED + "$&+,/:;=@" + "!'()*[]%")
_VALID_FRAGMENT = frozenset(_UNRESERVED + "$&+,/:;=?@" + "!'()*[]%")
_SIMPLE = re.compile(r"[A-Za-z0-9\-_.~/$&+,;=@!'()*]*\Z")


class Url(NamedTuple):
    """A parsed URL; the parts are as they are written, `path` and `fragment` escaped."""

    scheme: str = ""
    user: str = ""
    host: str = ""
    path: str = ""
    query: str | None = None
    fragment: str = ""
    opaque: str = ""
    rooted: bool = False
    """Whether an authority (`//`) was written."""

    @property
    def absolute(self) -> bool:
        """Whether it has a scheme (Go's `IsAbs`)."""
        return bool(self.scheme)

    def __str__(self) -> str:
        text = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            text += self.opaque
        else:
            if self.host or self.user or (self.scheme and self.rooted):
                text += "//" + (f"{self.user}@" if self.user else "") + self.host
            path = self.path
            if path and path[0] != "/" and self.host:
                path = f"/{path}"
            elif not text and ":" in path.partition("/")[0]:
                path = f"./{path}"
            text += path
        if self.query is not None:
            text += f"?{self.query}"
        return f"{text}#{self.fragment}" if self.fragment else text


def parse(text: str) -> Url:
    """Parse a URL or a reference.

    Raises:
        ValueError: it is none; the message is Go's.
    """
    if _CONTROL.search(text):
        raise ValueError("invalid control character in URL")
    rest, _, fragment = text.partition("#")
    scheme, rest = _split_scheme(rest)
    body, mark, query_text = rest.partition("?")
    query = query_text if mark else None
    escaped_fragment = _escape(fragment, _VALID_FRAGMENT, _FRAGMENT_PLAIN) if fragment else ""
    if not body.startswith("/"):
        if scheme:
            return Url(scheme, opaque=body, query=query, fragment=escaped_fragment)
        if ":" in body.partition("/")[0]:
            raise ValueError("first path segment in URL cannot contain colon")
    user = host = ""
    rooted = body.startswith("//") and (bool(scheme) or not body.startswith("///"))
    if rooted:
        authority, slash, tail = body[2:].partition("/")
        body = slash + tail
        user, host = _authority(authority)
    path = _escape(body, _VALID_PATH, _PATH_PLAIN)
    return Url(scheme, user, host, path, query, escaped_fragment, rooted=rooted)


def normalize(text: str) -> str:
    """The URL as Go writes it again after parsing.

    Raises:
        ValueError: it is none.
    """
    if text.startswith("/") and not text.startswith("//") and _SIMPLE.match(text):
        return text
    return str(parse(text))


def resolve(base: str, reference: str) -> str:
    """Join a reference to a base URL (RFC 3986 as Go's `ResolveReference` does it).

    Raises:
        ValueError: one of them is no URL.
    """
    start, ref = parse(base), parse(reference)
    if ref.absolute or ref.host or ref.user:
        joined = ref._replace(scheme=ref.scheme or start.scheme, path=_dots(ref.path, ""))
        return str(joined if not ref.opaque else ref)
    if not ref.path and not ref.opaque:
        query = ref.query if ref.query is not None else start.query
        fragment = ref.fragment or (start.fragment if ref.query is None else "")
        return str(start._replace(query=query, fragment=fragment))
    path = _dots(start.path, ref.path)
    return str(start._replace(path=path, query=ref.query, fragment=ref.fragment))


def _split_scheme(text: str) -> tuple[str, str]:
    """Scheme in lower case, and the rest; no scheme if a `:` does not end one."""
    head, colon, rest = text.partition(":")
    if colon and not head:
        raise ValueError("missing protocol scheme")
    if colon and _SCHEME.match(head):
        return head.lower(), rest
    return "", text


def _authority(text: str) -> tuple[str, str]:
    user, at, host = text.rpartition("@")
    if at and re.search(r"[^A-Za-z0-9\-._:~!$&'()*+,;=%@]", user):
        raise ValueError("net/url: invalid userinfo")
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise ValueError("missing ']' in host")
        port = host[end + 1 :]
    else:
        name, colon, digits = host.rpartition(":")
        port = colon + digits if colon else ""
        del name
    if not _PORT.match(port):
        raise ValueError(f'invalid port "{port}" after host')
    if not _HOST.match(re.sub(r"%25", "", host) if host.startswith("[") else host):
        raise ValueError("invalid character in host name")
    return user, _percent(host, frozenset(_UNRESERVED + "!$&'()*+,;=:[]<>\"%"))


def _escape(raw: str, valid: frozenset[str], plain: frozenset[str]) -> str:
    """As it was written if that is a valid encoding, else decoded and encoded anew."""
    if _BAD_PERCENT.search(raw):
        raise ValueError(f'invalid URL escape "{raw[raw.index("%") :][:3]}"')
    if valid.issuperset(raw):
        return raw
    decoded = re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda m: bytes([int(m[1], 16)]),
        raw.encode("utf-8", "surrogateescape"),
    )
    return _percent(decoded.decode("utf-8", "surrogateescape"), plain)


def _percent(text: str, plain: frozenset[str]) -> str:
    if plain.issuperset(text):
        return text
    return "".join(
        c if c in plain else "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogateescape"))
        for c in text
    )


def _dots(base: str, ref: str) -> str:
    """The path `ref` seen from `base`, without `.` and `..` (Go's `resolvePath`)."""
    if not ref:
        full = base
    elif ref.startswith("/"):
        full = ref
    else:
        full = base[: base.rfind("/") + 1] + ref
    if not full:
        return ""
    out: list[str] = []
    parts = full.split("/")
    for part in parts:
        if part == "..":
            if out:
                out.pop()
        elif part != ".":
            out.append(part)
    if parts[-1] in (".", ".."):
        out.append("")
    return "/" + "/".join(out).lstrip("/")
