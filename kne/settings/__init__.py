"""What a user can set: one frozen dataclass, read from flags, variables and `kne.yaml`.

A value is taken from the first of these that has one: a flag, a `KNE_*` variable, `kne.yaml`, the
default.  `kne.yaml` is looked for where kne is started, then inside and beside the paths that it
is given.  Whatever is wrong is told with its place: a file half understood is worse than none.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kne.errors import KneError
from kne.settings.values import At, Misfit, one_of, seconds, size, text, texts, truth, whole

FILE = "kne.yaml"
DEFAULT_PATHS = ("manifests",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set; what stands below a field is also its documentation."""

    paths: tuple[str, ...] = DEFAULT_PATHS
    """Files and folders of manifests, seen from where kne is started (in `kne.yaml`: from that
    file). In the variable they are separated as in `PATH`."""

    host: str = "127.0.0.1"
    """Address on which events are taken. Loopback, because nobody asks who is calling."""

    port: int = 8080
    """TCP port for events; 0 takes any free one. 8080 is where a broker's pods listen."""

    api_port: int = 8081
    """TCP port of the management API, on loopback only; 0 takes any free one. It is not the port
    of the events, so that a namespace may have any name and nothing administrative leaks."""

    namespace: str = "default"
    """Namespace of the objects that name none, as in a kubeconfig."""

    watch: bool = True
    """Whether changed manifests are taken over while kne runs."""

    addresses: Literal["local", "cluster"] = "local"
    """How URLs are shown: a `local` one works in curl as it stands, a `cluster` one is what a real
    cluster would show."""

    grace: float = 5.0
    """Seconds (or `500ms`, `5s`) that events under way, and programs, get to end by themselves. A
    cluster gives them 30; at a keyboard nobody waits that long."""

    max_body: int = 128 * 2**20
    """Bytes (or `64KiB`, `128MiB`) of the largest event that is taken. Knative sets no limit, a
    laptop's memory does."""

    journal: int = 10_000
    """Number of hops that are remembered, then the oldest are forgotten; memory needs a bound."""

    read_timeout: float = 10.0
    """Seconds (or `500ms`, `10s`) in which a request must have arrived whole, so that a client
    that stalls does not hold its connection for ever."""

    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Who serves the services that the manifests name; stands in `kne.yaml` only, see below."""

    folder: Path = field(default_factory=Path.cwd)
    """Where kne was started; it keeps its own files in `.kne/` there. Not set, but so."""


READERS: Mapping[str, Callable[[Any, At], Any]] = {
    "paths": texts,
    "host": text,
    "port": lambda value, at: whole(value, at, lowest=0, highest=65535),
    "api_port": lambda value, at: whole(value, at, lowest=0, highest=65535),
    "namespace": text,
    "watch": truth,
    "addresses": lambda value, at: one_of(value, at, ("local", "cluster")),
    "grace": seconds,
    "max_body": size,
    "journal": lambda value, at: whole(value, at, lowest=1),
    "read_timeout": seconds,
}
"""How each value is read, wherever it stands; `services` stand in the file alone."""


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"KNE_{name.upper()}"


def load(flags: Mapping[str, Any], environ: Mapping[str, str], folder: str | Path) -> Settings:
    """The settings of a kne that is started in `folder`.

    `flags` are called as the fields are; None, or no paths, means that a flag was not given, and
    so does an empty variable.

    Raises:
        KneError: a value cannot be used; with its place if it stands in a file.
    """
    folder = Path(folder)
    given = {name: flags.get(name) for name in READERS if flags.get(name) not in (None, (), [])}
    exported: dict[str, Any] = {
        name: environ[variable(name)] for name in READERS if environ.get(variable(name))
    }
    if "paths" in exported:
        exported["paths"] = exported["paths"].split(os.pathsep)
    values: dict[str, Any] = {}
    file = _find(folder, given.get("paths") or exported.get("paths") or DEFAULT_PATHS)
    if file:
        from kne.settings.file import read  # it needs a YAML parser

        values = read(file, folder, READERS)
    for name, value in exported.items():
        values[name] = _outside(name, value, variable(name))
    for name, value in given.items():
        values[name] = _outside(name, value, f"--{name.replace('_', '-')}")
    return Settings(**values, folder=folder)


def _outside(name: str, value: Any, label: str) -> Any:
    """A value that stands in no file; what is wrong with it is told by that label."""
    try:
        return READERS[name](value, ())
    except Misfit as misfit:
        raise KneError(f"{label}: {misfit.message}", hint=misfit.hint) from None


def _find(folder: Path, paths: str | Iterable[str]) -> Path | None:
    """The `kne.yaml` that counts: where kne is started, else inside or beside a path."""
    places = [folder]
    for path in (paths,) if isinstance(paths, str) else paths:
        places += [folder / path, (folder / path).parent]
    return next((it for place in places if (it := place / FILE).is_file()), None)


def docs() -> str:
    """The page `docs/settings.md`."""
    from kne.settings.page import render

    return render()
