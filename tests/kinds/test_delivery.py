"""Deliveries: their faults, what remains of them, and the retries they mean."""

import pytest

from kne.kinds.config import SHIPPED_FEATURES, Config
from kne.kinds.delivery import effective, faults, retry, sink
from kne.kinds.faults import report
from kne.model.duck import Delivery
from kne.model.resource import Json
from kne.plane.table import Retry


def judged(written: Json, **features: str) -> str:
    config = Config(features={**SHIPPED_FEATURES, **features})
    return report(faults(Delivery.model_validate(written), config))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({}, ""),
        ({"retry": 0, "backoffDelay": "PT0S"}, ""),
        ({"retry": -1}, "invalid value: -1: retry"),
        ({"timeout": "PT0.05S"}, "invalid value: PT0.05S: timeout"),
        ({"timeout": "-PT1S"}, ""),
        ({"backoffPolicy": "Linear"}, "invalid value: Linear: backoffPolicy"),
        ({"backoffDelay": "2s"}, "invalid value: 2s: backoffDelay"),
        ({"backoffDelay": "-PT1S"}, ""),
        ({"format": "avro"}, "invalid value: avro: format"),
        ({"retryAfterMax": "PT1S"}, "must not set the field(s): retryAfterMax"),
        (
            {"deadLetterSink": {}},
            "expected at least one, got none: deadLetterSink.ref, deadLetterSink.uri",
        ),
    ],
)
def test_deliveries_are_judged_in_upstreams_words(written: Json, text: str) -> None:
    assert judged(written) == text


def test_features_allow_and_forbid_fields() -> None:
    on = {"delivery-retryafter": "Enabled"}
    assert judged({"retryAfterMax": "PT0S"}, **on) == ""
    assert judged({"retryAfterMax": "-PT1S"}, **on) == "invalid value: -PT1S: retryAfterMax"
    off = {"delivery-timeout": "disabled"}
    assert judged({"timeout": "PT1S"}, **off) == "must not set the field(s): timeout"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ({"backoffDelay": "2s"}, 'write "PT2S" (an ISO 8601 duration)'),
        ({"backoffDelay": "5m"}, 'write "PT5M" (an ISO 8601 duration)'),
        ({"backoffDelay": "3"}, 'write "PT3S" (an ISO 8601 duration)'),
        ({"backoffDelay": "200ms"}, 'write an ISO 8601 duration like "PT2S"'),
        ({"backoffDelay": "soon"}, 'write an ISO 8601 duration like "PT2S"'),
        ({"timeout": "PT0S"}, "it must last at least PT0.1S"),
        ({"backoffPolicy": "Linear"}, 'write "linear"'),
        ({"backoffPolicy": "random"}, "one of linear, exponential"),
    ],
)
def test_faults_come_with_what_to_write(written: Json, hint: str) -> None:
    [fault] = faults(Delivery.model_validate(written), Config())
    assert fault.hint == hint


@pytest.mark.parametrize(
    ("own", "channel", "found"),
    [
        (None, None, None),
        (None, {"retry": 3, "format": "json"}, {"retry": 3}),
        ({}, {"retry": 3}, None),
        ({"backoffDelay": "PT1S"}, {"retry": 3}, {"backoffDelay": "PT1S"}),
        ({"retry": 0}, None, {"retry": 0}),
    ],
)
def test_a_delivery_counts_whole_or_not_at_all(
    own: Json | None, channel: Json | None, found: Json | None
) -> None:
    assert effective(own, channel, {}) == found


def test_the_resolved_dead_letter_sink_takes_the_place_of_the_written_one() -> None:
    own = {"retry": 1, "deadLetterSink": {"ref": {"name": "x"}}}
    found = effective(own, None, {"uri": "http://x"})
    assert found == {"retry": 1, "deadLetterSink": {"uri": "http://x"}}
    assert sink(found) == "http://x"
    assert sink(None) is None


@pytest.mark.parametrize(
    ("delivery", "found"),
    [
        (None, Retry()),
        ({"retry": 3}, Retry(3)),
        (
            {"retry": 3, "backoffPolicy": "linear", "backoffDelay": "PT0.25S"},
            Retry(3, 0.2, "linear"),
        ),
        ({"timeout": "PT2S"}, Retry(timeout=2)),
        ({"timeout": "-PT2S"}, Retry()),
        ({"retryAfterMax": "PT0S"}, Retry(longest_retry_after=0)),
        ({"retry": -1, "backoffPolicy": "random"}, Retry()),
    ],
)
def test_a_delivery_means_retries(delivery: Json | None, found: Retry) -> None:
    assert retry(delivery) == found


def test_a_bad_duration_means_no_retries_at_all() -> None:
    with pytest.raises(ValueError, match="2s"):
        retry({"backoffDelay": "2s"})
