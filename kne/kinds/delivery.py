"""How hard to try: the faults of a delivery, what remains of it, and the retries it means.

A delivery is written on Brokers, Triggers, Channels, Subscriptions and steps; what counts is the
one that ends up in the channel's list of subscribers (spec core 3.4, 4.6, 9.3.1).
"""

from collections.abc import Iterator
from typing import Any

from kne.kinds import destinations
from kne.kinds.config import Config
from kne.kinds.faults import disallowed, invalid, within
from kne.model.duck import Delivery
from kne.model.duration import parse_duration
from kne.model.resource import Fault, Json
from kne.plane.table import Retry

EFFECTIVE = ("backoffDelay", "backoffPolicy", "retry", "retryAfterMax", "timeout")
"""What of a delivery reaches a channel's subscriber besides the dead letter sink."""

POLICIES = ("linear", "exponential")
FORMATS = ("binary", "json")


def default_namespace(delivery: object, namespace: str) -> None:
    """Fill in the namespace of the dead letter sink (spec core 6.1), in place."""
    if isinstance(delivery, dict):
        destinations.default_namespace(delivery.get("deadLetterSink"), namespace)


def faults(delivery: Delivery | None, config: Config) -> Iterator[Fault]:
    """What admission says against a delivery (spec core 9.3.1; duck/v1/delivery_types.go)."""
    if delivery is None:
        return
    if delivery.dead_letter_sink is not None:
        found = destinations.faults(delivery.dead_letter_sink, config)
        yield from within(("deadLetterSink",), found)
    if delivery.retry is not None and delivery.retry < 0:
        yield invalid(delivery.retry, "retry")
    yield from _timeout_faults(delivery.timeout, config)
    policy = delivery.backoff_policy
    if policy is not None and policy not in POLICIES:
        yield invalid(policy, "backoffPolicy", hint=_choice(policy, POLICIES))
    if delivery.backoff_delay is not None and _seconds(delivery.backoff_delay) is None:
        yield invalid(delivery.backoff_delay, "backoffDelay", hint=_iso(delivery.backoff_delay))
    if delivery.format is not None and delivery.format not in FORMATS:
        yield invalid(delivery.format, "format", hint=_choice(delivery.format, FORMATS))
    yield from _retry_after_faults(delivery.retry_after_max, config)


def _timeout_faults(timeout: str | None, config: Config) -> Iterator[Fault]:
    if timeout is None:
        return
    if not config.enabled("delivery-timeout"):
        yield disallowed("timeout", hint="it needs the feature delivery-timeout")
    elif not _seconds(timeout):
        hint = _iso(timeout) if _seconds(timeout) is None else "it must last at least PT0.1S"
        yield invalid(timeout, "timeout", hint=hint)


def _retry_after_faults(longest: str | None, config: Config) -> Iterator[Fault]:
    if longest is None:
        return
    if not config.enabled("delivery-retryafter"):
        yield disallowed("retryAfterMax", hint="it needs the feature delivery-retryafter")
        return
    seconds = _seconds(longest)
    if seconds is None or seconds < 0:
        yield invalid(longest, "retryAfterMax", hint=_iso(longest))


def _seconds(duration: str) -> float | None:
    """The length of a duration, None if it is none."""
    try:
        return parse_duration(duration)
    except ValueError:
        return None


def _iso(text: str) -> str:
    """A hint for durations that are written as Go or people write them."""
    lengths = {"ms": None, "s": f"PT{text[:-1]}S", "m": f"PT{text[:-1]}M", "h": f"PT{text[:-1]}H"}
    guess = next((iso for unit, iso in lengths.items() if text.endswith(unit)), f"PT{text}S")
    if guess is not None and _seconds(guess) is not None:
        return f'write "{guess}" (an ISO 8601 duration)'
    return 'write an ISO 8601 duration like "PT2S"'


def _choice(value: str, choices: tuple[str, ...]) -> str:
    if value.lower() in choices:
        return f'write "{value.lower()}"'
    return f"one of {', '.join(choices)}"


def effective(own: Json | None, channel: Json | None, dead_letter: Json) -> Json | None:
    """The delivery of a channel's subscriber: a Subscription's own, whole, or the channel's.

    `dead_letter` is the resolved sink, empty if there is none.  The rest is not merged field
    by field.  None: one attempt, and that is it.

    Source: spec core 4.6; pkg/reconciler/subscription/subscription.go, deliverySpec.
    """
    chosen = (channel if own is None else own) or {}
    found = {name: chosen[name] for name in EFFECTIVE if chosen.get(name) is not None}
    if dead_letter:
        found["deadLetterSink"] = dead_letter
    return found or None


def retry(delivery: Json | None) -> Retry:
    """What a subscriber's delivery means for the data plane.

    Raises:
        ValueError: it holds a duration that is none; channels do not check theirs (core 9.3.1).
    """
    if not delivery:
        return Retry()
    delay = _length(delivery.get("backoffDelay"))
    policy = delivery.get("backoffPolicy")
    timeout = _length(delivery.get("timeout"))
    return Retry(
        times=max(0, int(delivery.get("retry") or 0)),
        delay=delay,
        growth=policy if policy in POLICIES else None,
        timeout=timeout if timeout and timeout > 0 else None,
        longest_retry_after=_length(delivery.get("retryAfterMax")),
    )


def _length(duration: Any) -> float | None:
    return None if duration is None else parse_duration(str(duration))


def sink(delivery: Json | None) -> str | None:
    """The URL of a subscriber's dead letter sink."""
    found = ((delivery or {}).get("deadLetterSink") or {}).get("uri")
    return str(found) if found else None
