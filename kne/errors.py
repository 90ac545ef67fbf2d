"""All that can go wrong in a way a person can mend, as a tree.

    KneError                a message, where it is, why, what to do next
    +- ManifestError        a file cannot be read or understood
    +- ManifestErrors       many of them, found in one pass
    +- NotFound             no such object
    +- Conflict             the object is owned by somebody else, or has changed
    +- Invalid              admission refuses the object
    +- Unreachable          no running kne answers
    +- Rejected             an event was sent, and not accepted or not delivered
    +- MissingExtra         an optional library is not installed

Everything else that escapes is a bug in kne and keeps its traceback.
Exit codes: design of the command line, `docs/exit-codes.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file; `line` and `column` count from 1, 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return (
            f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"
        )


class KneError(Exception):
    """Something a person can mend: what, where, why and what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str, *, where: Where | None = None, why: str = "", hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        """The whole error as lines of text, without colour."""
        lines = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.why:
            lines.append(f"  why   {self.why}")
        if self.hint:
            lines.append(f"  hint  {self.hint}")
        return "\n".join(lines)


class ManifestError(KneError):
    """A manifest that cannot be read or understood."""


class ManifestErrors(ManifestError):
    """Every fault of a set of files, found in one pass."""

    def __init__(self, faults: Sequence[ManifestError]) -> None:
        super().__init__(f"{len(faults)} faults in the manifests")
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class NotFound(KneError):
    """No such object (HTTP 404)."""


class Conflict(KneError):
    """The object belongs to a file, or has changed meanwhile (HTTP 409)."""


class Invalid(KneError):
    """Admission refuses the object (HTTP 422 or 400)."""


class Unreachable(KneError):
    """No running kne was found."""

    exit_code = 3


class Rejected(KneError):
    """An event was refused, or not delivered as was asked for."""

    exit_code = 4


class MissingExtra(KneError):
    """An optional library is needed for this manifest."""
