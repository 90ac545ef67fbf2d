"""Finds the running kne and talks to it: synchronous, standard library only.

Short commands are typed next to kubectl, so nothing slow is imported here (`http.client`
costs a sixth of aiohttp).  What comes back is plain JSON; who prints it decides what it means.

Where a running kne is looked for, first match wins:

    a URL that was given            --url, KNE_URL
    .kne/run.json                   here, or in the nearest folder above, as git does
    the user's registry             if exactly one kne is running
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit

from kne.errors import KneError, Unreachable

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

START = "start one with: kne up"
OWN = "/kne/"
"""Where paths begin that only kne serves."""

STEP = 0.02
"""Seconds between two looks at something that is about to happen."""


@dataclass(frozen=True, slots=True)
class Running:
    """One running kne, as its `run.json` tells; `pid` 0 means known by its URL alone."""

    api: str
    token: str = ""
    ingress: str = ""
    pid: int = 0
    folder: str = ""
    started: str = ""

    @property
    def file(self) -> Path:
        """Its `run.json`."""
        return Path(self.folder, ".kne", "run.json")

    @property
    def alive(self) -> bool:
        """False only if its process has certainly ended."""
        if not self.pid or sys.platform == "win32":  # there, signal 0 would end the process
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class ServerError(KneError):
    """What a running kne says against a request, in its own words.

    `status` is HTTP's; `reason` that of a `Status` of Kubernetes' API, None if it was none.
    """

    def __init__(
        self, status: int, reason: str | None, message: str, *, why: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, why=why, hint=hint)
        self.status = status
        self.reason = reason


def find(url: str, environ: Mapping[str, str], folder: Path) -> Running:
    """The running kne that a command in `folder` means.

    Raises:
        Unreachable: there is none, or more than one and nothing says which.
    """
    if url:
        known = [it for it in registered(environ) if it.api.rstrip("/") == url.rstrip("/")]
        return known[0] if known else Running(url.rstrip("/"), environ.get("KNE_TOKEN", ""))
    for place in (folder, *folder.parents):
        file = place / ".kne" / "run.json"
        if file.is_file():
            return _nearest(file)
    running = registered(environ)
    if len(running) == 1:
        return running[0]
    if not running:
        raise Unreachable("no running kne found", hint=START)
    listed = ", ".join(f"{it.api} (pid {it.pid}, {it.folder})" for it in running)
    raise Unreachable(
        f"{len(running)} kne are running, and none of them in {folder}",
        why=listed,
        hint="go to the folder of one of them, or choose it with --url or KNE_URL",
    )


def _nearest(file: Path) -> Running:
    it = read(file)
    if it is None:
        raise Unreachable(f"{file} cannot be read", why="it names no running kne", hint=START)
    if not it.alive:
        raise Unreachable(
            f"no kne is running in {file.parent.parent}",
            why=f"{file} names process {it.pid}, which has ended",
            hint=START,
        )
    return it


def registered(environ: Mapping[str, str]) -> list[Running]:
    """All running kne of this user, by folder; those whose process has ended are left out."""
    home = environ.get("HOME") or Path.home()
    state = Path(environ.get("XDG_STATE_HOME") or Path(home, ".local", "state"))
    found = [read(file) for file in (state / "kne").glob("*.json")]
    return sorted((it for it in found if it and it.alive), key=lambda it: (it.folder, it.api))


def read(file: Path) -> Running | None:
    """What a `run.json` says, None if it says nothing (it may be half written)."""
    try:
        it = json.loads(file.read_text("utf-8"))
        return Running(
            api=str(it["api"]).rstrip("/"),
            token=str(it.get("token", "")),
            ingress=str(it.get("ingress", "")).rstrip("/"),
            pid=int(it["pid"]),
            folder=str(it.get("folder", "")),
            started=str(it.get("started", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def wait_for(look: Callable[[], T | None], seconds: float) -> T | None:
    """The first answer of `look` that is not None; None if `seconds` passed without one.

    Processes start and end in real time, so this does not wait through `kne.clock`.
    """
    for _ in range(max(1, round(seconds / STEP))):
        found = look()
        if found is not None:
            return found
        time.sleep(STEP)
    return look()


class Client:
    """Requests to the management API of one running kne."""

    def __init__(self, it: Running, *, timeout: float | None = 10.0) -> None:
        """`timeout`: seconds without an answer after which a request fails; None never."""
        self.it = it
        self.now: datetime | None = None
        """The emulator's clock at its last answer: ages are counted on it, not on ours."""
        self._timeout = timeout
        self._host, self._port, self._path = _address(it.api)
        self._connection: HTTPConnection | None = None

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = "application/json"
    ) -> Json:
        """GET a JSON document."""
        return self._call("GET", path, query, accept=accept)

    def post(self, path: str, body: Json) -> Json:
        """POST a JSON document, with the token that changes need."""
        return self._call("POST", path, body=json.dumps(body).encode())

    def stream(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = "application/json"
    ) -> Iterator[Json]:
        """GET JSON documents, one a line, as they come; ends when kne closes the stream."""
        connection = self._connect(None)
        try:
            answer = self._ask(connection, "GET", _target(path, query), None, accept)
            if answer.status >= 400:
                raise self._fault(answer.status, self._read(answer))
            yield from _lines(answer)
        finally:
            connection.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection:
            self._connection.close()

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        accept: str = "application/json",
    ) -> Json:
        if self._connection is None:
            self._connection = self._connect(self._timeout)
        answer = self._ask(self._connection, method, _target(path, query), body, accept)
        text = self._read(answer)
        found = _object(text or b"{}") if answer.status < 400 else _object(text)
        if found is None and (answer.status < 400 or path.startswith(OWN)):
            raise Unreachable(
                f"what answers at {self.it.api} is not kne's management API",
                why=f"{method} {path} was answered with {answer.status} and no JSON object",
                hint="such as http://127.0.0.1:8081; kne status shows it where kne runs",
            )
        if answer.status >= 400 or found is None:
            raise self._fault(answer.status, text)
        return found

    def _connect(self, timeout: float | None) -> HTTPConnection:
        return HTTPConnection(self._host, self._port, timeout=timeout)

    def _ask(
        self, connection: HTTPConnection, method: str, target: str, body: bytes | None, accept: str
    ) -> HTTPResponse:
        headers = {"Accept": accept, "User-Agent": "kne"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.it.token:
            headers["Authorization"] = f"Bearer {self.it.token}"
        try:
            connection.request(method, self._path + target, body, headers)
            answer = connection.getresponse()
        except (OSError, HTTPException) as error:
            raise self._silent(error) from error
        date = answer.headers.get("Date")
        self.now = parsedate_to_datetime(date) if date else self.now
        return answer

    def _read(self, answer: HTTPResponse) -> bytes:
        try:
            return answer.read()
        except (OSError, HTTPException) as error:
            raise self._silent(error) from error

    def _silent(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"kne does not answer at {self.it.api}",
            why=str(error) or type(error).__name__,
            hint=START,
        )

    def _fault(self, status: int, text: bytes) -> ServerError:
        found = _object(text) or {}
        message = found.get("message") or found.get("error") or text.decode("utf-8", "replace")
        hint = ""
        if status in (401, 403):
            hint = "the token stands in .kne/run.json; with --url, give it as KNE_TOKEN"
        return ServerError(
            status,
            str(found.get("reason") or "") if found.get("kind") == "Status" else None,
            str(message).strip() or f"HTTP {status}",
            why=str(found.get("why") or ""),
            hint=str(found.get("hint") or hint),
        )


def _address(api: str) -> tuple[str, int, str]:
    """Host, port and path of a URL.

    Raises:
        KneError: it is none, or not one of plain HTTP.
    """
    try:
        url = urlsplit(api)
        host, port = url.hostname, url.port
    except ValueError:
        host = port = None
    if host is None or url.scheme != "http":
        raise KneError(f'"{api}" is no URL of a kne', hint="such as http://127.0.0.1:8081")
    return host, port or 80, url.path


def _target(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _object(text: bytes) -> Json | None:
    """The JSON object that the text is, None if it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _lines(answer: HTTPResponse) -> Iterator[Json]:
    while True:
        try:
            line = answer.readline()
        except (ConnectionError, HTTPException):
            return  # kne has gone while it was telling
        if not line:
            return
        if line.strip():
            try:
                found = json.loads(line)
            except ValueError:
                return  # it has gone in the middle of a line
            yield found
