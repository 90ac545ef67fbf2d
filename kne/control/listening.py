"""Which ports kne listens on: those that were asked for, or the next free ones of the usual.

A port that somebody chose is that one or an error.  Where nobody chose, a second kne on the same
machine simply takes the next.
"""

import errno
import socket
from collections.abc import Iterator
from dataclasses import fields
from urllib.parse import urlsplit

from kne.control.say import Say
from kne.errors import KneError
from kne.plane.engine import Engine
from kne.settings import Settings

TRIES = 100
"""How many ports are tried from the usual one on."""

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::", "")


async def events(engine: Engine, settings: Settings, say: Say) -> str:
    """Take events; returns the URL that leads there from this machine."""
    for port in _candidates("port", settings, settings.api_port):
        try:
            port = await engine.listen(settings.host, port)
        except OSError as error:
            _judge(error, settings.host, port)
            continue
        _tell("events are", settings.port, port, say)
        return url(LOOPBACK if settings.host in EVERYWHERE else settings.host, port)
    raise _none_free("port", settings.port)


def management(settings: Settings, ingress: str, say: Say) -> socket.socket:
    """A socket for the management API, open already, so that clients may come and wait."""
    for port in _candidates("api_port", settings, urlsplit(ingress).port or 0):
        try:
            opened = socket.create_server((LOOPBACK, port))
        except OSError as error:
            _judge(error, LOOPBACK, port)
            continue
        _tell("the API is", settings.api_port, opened.getsockname()[1], say)
        return opened
    raise _none_free("api_port", settings.api_port)


def url(host: str, port: int) -> str:
    """The URL of a server."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _candidates(setting: str, settings: Settings, avoided: int) -> Iterator[int]:
    wanted: int = getattr(settings, setting)
    usual = next(field.default for field in fields(Settings) if field.name == setting)
    yield wanted
    if wanted == usual:
        yield from (port for port in range(wanted + 1, wanted + TRIES) if port != avoided)


def _judge(error: OSError, host: str, port: int) -> None:
    """Go on if the port is taken; anything else would be so for every port."""
    if error.errno != errno.EADDRINUSE:
        why = error.strerror or str(error)
        raise KneError(f"cannot listen on {url(host, port)}: {why}") from None


def _tell(what: str, wanted: int, port: int, say: Say) -> None:
    if wanted not in (0, port):
        say("", f"! port {wanted} is taken: {what} on {port}")


def _none_free(setting: str, port: int) -> KneError:
    flag = f"--{setting.replace('_', '-')}"
    return KneError(f"port {port} is taken", hint=f"choose another with {flag}; 0 takes a free one")
