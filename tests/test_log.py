"""kne's own log."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from kne import log


@pytest.fixture(autouse=True)
def former_logger() -> Iterator[None]:
    logger = logging.getLogger("kne")
    before = (logger.handlers[:], logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before


def test_a_line_names_level_and_module_and_what_was_given_with_it() -> None:
    stream = io.StringIO()
    log.start("text", logging.INFO, to=stream)
    logging.getLogger("kne.control.processes").info("%s ended", "billing", extra={"code": 1})
    assert stream.getvalue()[8:] == " info control.processes: billing ended  code=1\n"


def test_a_line_of_json_has_the_same_fields() -> None:
    stream = io.StringIO()
    log.start("json", logging.INFO, to=stream)
    logging.getLogger("kne.api").warning("slow", extra={"ms": 12})
    found = json.loads(stream.getvalue())
    assert found.pop("time").endswith("+00:00")
    assert found == {"level": "warning", "logger": "kne.api", "message": "slow", "ms": 12}


def test_what_is_below_the_level_is_not_logged() -> None:
    stream = io.StringIO()
    log.start(to=stream)
    logging.getLogger("kne.api").info("quiet")
    assert not stream.getvalue()


def test_an_error_comes_with_its_traceback() -> None:
    for form in ("text", "json"):
        stream = io.StringIO()
        log.start(form, to=stream)
        try:
            raise ValueError("broken")
        except ValueError:
            logging.getLogger("kne.api").exception("oh")
        assert "ValueError: broken" in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer s3cr3t-value",
        "password=s3cr3t-value",
        '{"client_secret": "s3cr3t-value"}',
        "KNE_TOKEN: s3cr3t-value, next",
        "https://ann:s3cr3t-value@example.com/x",
        "?api_key=s3cr3t-value&x=1",
    ],
)
def test_secrets_are_struck_out(text: str) -> None:
    assert "s3cr3t" not in log.without_secrets(text)
    assert "[hidden]" in log.without_secrets(text)


def test_a_secret_given_as_an_extra_is_struck_out_in_both_forms() -> None:
    for form in ("text", "json"):
        stream = io.StringIO()
        log.start(form, to=stream)
        logging.getLogger("kne.api").warning("hello", extra={"token": "s3cr3t"})
        assert "s3cr3t" not in stream.getvalue()


def test_ordinary_text_is_left_alone() -> None:
    text = "broker/default: 3 tokens of bread at http://127.0.0.1:8080/default/default"
    assert log.without_secrets(text) == text
