"""What a running kne leaves where others find it, and takes away again.

    .kne/run.json      where it listens, and the token that changes need
    .kne/kubeconfig    the same for kubectl, kn and k9s
    .kne/.gitignore    keeps the folder out of git; stays
    the register       the same as run.json for every kne of this user, one file for each:
                       $XDG_STATE_HOME/kne/PID.json, or below ~/.local/state

Only the user may read them (0600), since the token is in them.  A file is written beside its
place and then moved there, so nobody reads half of one.
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from kne.errors import KneError

FOLDER = ".kne"


@dataclass(frozen=True, slots=True)
class Running:
    """One running kne; URLs without a slash at the end, `started` in RFC 3339."""

    pid: int
    folder: str
    ingress: str
    api: str
    token: str
    started: str


def register(environ: Mapping[str, str]) -> Path:
    """The folder in which every running kne of this user has a file."""
    state = environ.get("XDG_STATE_HOME") or Path(
        environ.get("HOME") or Path.home(), ".local/state"
    )
    return Path(state) / "kne"


def other(folder: Path) -> Running | None:
    """The kne that runs in this folder already, if one does and answers."""
    try:
        it = Running(**json.loads((folder / FOLDER / "run.json").read_text()))
        api = urlsplit(it.api)
        if it.pid == os.getpid() or not _is_alive(it.pid):
            return None
        socket.create_connection((api.hostname, api.port or 80), timeout=0.2).close()
    except (OSError, ValueError, TypeError):
        return None  # nothing there, or nothing that we wrote
    return it


@contextmanager
def announced(
    it: Running, folder: Path, namespace: str, environ: Mapping[str, str]
) -> Iterator[None]:
    """Tell where `it` is found, for as long as the body runs.

    What another kne has written over ours meanwhile is left to it.

    Raises:
        KneError: the files cannot be written.
    """
    own, all_ = folder / FOLDER, register(environ)
    content = json.dumps(asdict(it), indent=2) + "\n"
    written = {
        own / "run.json": content,
        own / "kubeconfig": kubeconfig(it, namespace),
        all_ / f"{it.pid}.json": content,
    }
    try:
        own.mkdir(exist_ok=True)
        (own / ".gitignore").write_text("*\n")
        all_.mkdir(mode=0o700, parents=True, exist_ok=True)
        _forget_the_dead(all_)
        for file, text in written.items():
            _write(file, text)
    except OSError as error:
        raise KneError(
            f"{error.filename}: cannot be written: {error.strerror}",
            why="other commands find a running kne by the files it writes",
            hint="start kne in a folder that you may write to",
        ) from None
    try:
        yield
    finally:
        for file, text in written.items():
            with suppress(OSError):
                if file.read_text() == text:
                    file.unlink()


def kubeconfig(it: Running, namespace: str) -> str:
    """A kubeconfig whose only context, `kne`, is this kne."""
    return str(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "kne", "cluster": {"server": it.api}}],
                "users": [{"name": "kne", "user": {"token": it.token}}],
                "contexts": [
                    {
                        "name": "kne",
                        "context": {"cluster": "kne", "user": "kne", "namespace": namespace},
                    }
                ],
                "current-context": "kne",
            },
            sort_keys=False,
        )
    )


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    beside.replace(file)


def _forget_the_dead(folder: Path) -> None:
    """Remove the files of those that ended without being able to (power cut, kill -9)."""
    for file in folder.glob("*.json"):
        if file.stem.isdecimal() and not _is_alive(int(file.stem)):
            file.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True
