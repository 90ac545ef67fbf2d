"""What became of the events of one link, in numbers, and what went wrong last.

Kept by the link's name, so that a reload of its manifest does not begin to count anew.
"""

from dataclasses import dataclass
from typing import Any

from kne import clock


@dataclass(slots=True)
class Traffic:
    """Counters of one trigger or subscription; times are nanoseconds since 1970, 0 is never."""

    delivered: int = 0
    dead_lettered: int = 0
    lost: int = 0
    attempts: int = 0
    failed: int = 0
    retrying: int = 0
    last_error: str = ""
    last_error_at: int = 0
    next_attempt_at: int = 0

    def fail(self, why: str, pause: float | None) -> None:
        """Count an attempt that failed; `pause` seconds until the next, None if there is none."""
        now = clock.now_ns()
        self.failed += 1
        self.last_error = why
        self.last_error_at = now
        self.next_attempt_at = now + int(pause * 1e9) if pause is not None else 0

    def json(self) -> dict[str, Any]:
        """As the API hands it out; times as RFC 3339, fields that say nothing left out."""
        found: dict[str, Any] = {
            "delivered": self.delivered,
            "deadLettered": self.dead_lettered,
            "lost": self.lost,
            "attempts": self.attempts,
            "failed": self.failed,
            "retrying": self.retrying,
        }
        if self.last_error:
            found["lastError"] = self.last_error
            found["lastErrorAt"] = clock.rfc3339(self.last_error_at)
        if self.retrying and self.next_attempt_at:
            found["nextAttemptAt"] = clock.rfc3339(self.next_attempt_at)
        return found
