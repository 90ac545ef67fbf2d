"""How a service is served when nobody runs containers: asked of its annotations and its image.

    kne.dev/run   a command line that serves it; it finds its port in `$PORT`
    kne.dev/url   a server that is running already
    image         event_display and appender are played by kne
    else          a mock that shows what comes and answers 202

Written annotations come before the image; an entry of `kne.yaml` comes before all of it, but that
is known to `kne.control` alone.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kne import uri
from kne.kinds import pods
from kne.kinds.base import Bench, Builtin, Mock, Process, Url
from kne.kinds.faults import generic
from kne.model.resource import Fault, Json, Path, Resource

RUN = "kne.dev/run"
URL = "kne.dev/url"

_EVENT_DISPLAY = re.compile(r"(?:.*[-_.])?event[-_]display(?:-[0-9a-f]{32})?")
_APPENDER = re.compile(r"appender(?:-[0-9a-f]{32})?")
"""`ko` may add a checksum to the names of images that it builds."""


def faults(annotations: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """What is wrong with kne's own annotations, which stand at `path`."""
    if RUN in annotations and not str(annotations[RUN]).strip():
        yield _fault(RUN, path, "no command", 'write a command like "python app.py"')
    if URL in annotations:
        try:
            url = uri.parse(str(annotations[URL]))
            fine = url.scheme in ("http", "https") and bool(url.host)
        except ValueError:
            fine = False
        if not fine:
            hint = 'write a URL like "http://localhost:3000"'
            yield _fault(URL, path, f'"{annotations[URL]}" is no URL of a server', hint)
    if RUN in annotations and URL in annotations:
        yield _fault(URL, path, f"{RUN} is there too", "keep one of them")


def _fault(name: str, path: Path, message: str, hint: str) -> Fault:
    where = ".".join(str(part) for part in path)
    return generic(message, f"{where}[{name}]", at=(*path, name), hint=hint)


def served(
    annotations: Iterator[Mapping[str, str]] | tuple[Mapping[str, str], ...],
    container: Json,
    owner: Resource[Any],
    bench: Bench,
) -> Process | Url | Builtin | Mock:
    """How it is served; of several annotations the first counts."""
    env = pods.environment(container, owner, bench)
    for each in annotations:
        if each.get(RUN):
            return Process(each[RUN], "", env)  # from where kne was started
        if each.get(URL):
            return Url(each[URL])
    name = pods.image_name(str(container.get("image") or ""))
    if _EVENT_DISPLAY.fullmatch(name):
        return Builtin("event_display", env)
    if _APPENDER.fullmatch(name):
        return Builtin("appender", env)
    return Mock()
