"""The texts in `kne status`."""

from typing import Any

import pytest

from kne.control.status import delivery_text, filter_text


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, "(everything)"),
        ({"filter": {}}, "(everything)"),
        ({"filter": {"attributes": {"type": "x", "source": "/y"}}}, "type = x and source = /y"),
        ({"filter": {"attributes": {"region": ""}}}, "region is set"),
        ({"filters": [{"exact": {"type": "x"}}], "filter": {"attributes": {"a": "b"}}}, "type = x"),
        ({"filters": [{"prefix": {"type": "com."}}]}, "type begins with com."),
        ({"filters": [{"suffix": {"type": ".v1"}}]}, "type ends with .v1"),
        ({"filters": [{"cesql": "a = 'b'"}]}, "cesql: a = 'b'"),
        ({"filters": [{"not": {"exact": {"type": "x"}}}]}, "not (type = x)"),
        (
            {"filters": [{"any": [{"exact": {"a": "1"}}, {"exact": {"a": "2"}}]}]},
            "(a = 1 or a = 2)",
        ),
        ({"filters": [{"all": [{"exact": {"a": "1"}}]}]}, "a = 1"),
        ({"filters": [{"exact": {"a": "1"}}, {"cesql": "TRUE"}]}, "a = 1 and cesql: TRUE"),
        ({"filters": [{}]}, "(everything)"),
    ],
)
def test_a_filter_in_one_line(spec: dict[str, Any], text: str) -> None:
    assert filter_text(spec) == text


def test_a_delivery_in_one_line() -> None:
    found = {"retry": 10, "backoffPolicy": "exponential", "backoffDelay": "PT0.2S"}
    assert delivery_text(found) == "retry 10 exponential PT0.2S"
    assert delivery_text({**found, "retry": 0, "timeout": "PT1S"}) == (
        "retry 0 exponential PT0.2S timeout PT1S"
    )
    assert delivery_text({}) == ""
