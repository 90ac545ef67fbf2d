"""The management API as a server: who may ask, what faults become, when it ends.

Two threats are met.  Other users of the machine can read but not change: changes need the token
that only the owner can read.  Web pages in the owner's browser can neither: a name that was
turned to this machine (DNS rebinding) shows in `Host`, a foreign page in `Origin`.

kubectl sends no token to a server without TLS (client-go `clientcmd`, "only try to read the auth
information if we are secure").  So the Kubernetes side asks for none; it changes nothing.
"""

import hmac
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

import kne
from kne.api.answers import PLAIN, NoSuchPath, Refused, answer, plain
from kne.api.discovery import Catalogue
from kne.api.emulator import Emulator
from kne.api.kube import READS, Kube
from kne.api.native import ROOT, Native, fault
from kne.api.sinks import Sinks
from kne.api.watching import Streams
from kne.errors import Conflict, Invalid, KneError, NotFound, Rejected, Unreachable
from kne.kinds.base import Kind

BODY = 180 * 1024 * 1024
"""Bytes of a request: the largest event (128 MiB) as base64, and its attributes."""

GRACE = 5.0
"""Seconds in which what was asked for may still be answered, an event that is sent above all."""

CODES: dict[type[KneError], int] = {
    NotFound: 404, Conflict: 409, Invalid: 422, Rejected: 422, Unreachable: 502,
}  # fmt: skip

log = logging.getLogger("kne.api")


@asynccontextmanager
async def serve(
    emulator: Emulator,
    sock: socket.socket,
    token: str,
    *,
    kinds: Iterable[Kind[Any]] | None = None,
) -> AsyncIterator[None]:
    """Serve the API on a bound socket; leaving ends all streams and closes it.

    `kinds` are all registered ones unless given.
    """
    streams = Streams()
    runner = web.AppRunner(
        application(emulator, token, streams, kinds=kinds, own=sock.getsockname()[0]),
        access_log=None,
        handle_signals=False,
        handler_cancellation=True,
        shutdown_timeout=GRACE,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, sock).start()
        yield
    finally:
        streams.end()
        await runner.cleanup()


def application(
    emulator: Emulator,
    token: str,
    streams: Streams,
    *,
    kinds: Iterable[Kind[Any]] | None = None,
    own: str = "",
) -> web.Application:
    """All addresses of the API; `own` is the address it is served on."""
    if kinds is None:
        from kne.kinds import registry  # imports every kind

        kinds = registry.kinds().values()
    catalogue = Catalogue(kinds)
    kube = Kube(emulator, catalogue, streams)

    async def healthy(_: web.Request) -> web.StreamResponse:
        return plain("ok") if emulator.ready else plain("not ready", 503)

    async def root(_: web.Request) -> web.StreamResponse:
        return answer({"paths": catalogue.paths})

    app = web.Application(middlewares=[_faults, _guard(token, own)], client_max_size=BODY)
    for path in ("/readyz", "/healthz", "/livez"):
        app.router.add_get(path, healthy)
    app.router.add_get("/version", _version)
    app.router.add_get("/", root)
    for path in ("/api", "/apis", "/openapi"):
        app.router.add_route("*", f"{path}{{below:(/.*)?}}", kube.serve)
    Native(emulator, Sinks(emulator.store, catalogue), streams).add_to(app.router)
    return app


async def _version(_: web.Request) -> web.StreamResponse:
    """The Kubernetes whose API this is; clients adapt to it."""
    return answer(
        {
            "major": "1",
            "minor": "32",
            "gitVersion": f"v1.32.0+kne.{kne.__version__}",
            "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "",
            "compiler": "",
            "platform": "",
        }
    )


def _guard(token: str, own: str) -> Any:
    """The middleware that lets in only those who may ask."""
    secret = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = _host(request.host)
        if host != own and not _loopback(host):
            raise Denied(403, f'host "{host}" is not served here', "a web page may be behind it")
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            raise Denied(403, f'a page of "{origin}" may not ask', "the API is for its own pages")
        if request.method not in READS and request.path.startswith(ROOT):
            given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not token or not hmac.compare_digest(given, secret):
                raise Denied(401, "Unauthorized", "changes need the token of the running kne")
        return await handler(request)

    return guard


def _host(text: str) -> str:
    """A Host header without its port."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].lower()


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Denied(KneError):
    """The API is not for whoever asked; `code` says why."""

    def __init__(self, code: int, message: str, why: str) -> None:
        hint = "it stands in .kne/run.json" if code == 401 else ""
        super().__init__(message, why=why, hint=hint)
        self.code = code


@web.middleware
async def _faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Faults as answers: `Status` for Kubernetes' clients, kne's own form below its own root."""
    try:
        return await handler(request)
    except NoSuchPath:
        return plain("404 page not found\n", 404)
    except Refused as refused:
        retry = {"Retry-After": "1"} if refused.code == 504 else None
        return answer(refused.document, refused.code, retry)
    except KneError as error:
        return _told(request, _code(error), error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        if error.status == 404 and not request.path.startswith(ROOT):
            return plain("404 page not found\n", 404)
        return _told(request, error.status, KneError(error.text or error.reason))
    except (ConnectionError, TimeoutError):
        raise
    except Exception:
        log.exception("%s %s: a fault of kne's", request.method, request.path)
        return _told(request, 500, KneError("internal error", why="see what kne up printed"))


def _code(error: KneError) -> int:
    if isinstance(error, Denied):
        return error.code
    return next((code for type_, code in CODES.items() if isinstance(error, type_)), 400)


def _told(request: web.Request, code: int, error: KneError) -> web.StreamResponse:
    if request.path.startswith(ROOT):
        return answer(fault(error), code)
    reason = {403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed", 500: "InternalError"}
    return answer(Refused(code, reason.get(code, ""), error.message).document, code, PLAIN)
