"""Events over HTTP are read as the SDK reads them that Knative is built with."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from kne.codec import Malformed, NotAnEvent, decode
from kne.codec.binary import validate
from kne.event import Event

Case = dict[str, Any]


def cases(shared: Path) -> list[Case]:
    found: list[Case] = json.loads((shared / "tck/http_binding.json").read_text())["cases"]
    return found


def read(case: Case) -> Event:
    headers = [(k.encode(), v.encode()) for k, v in case["headers"]]
    event = decode(headers, base64.b64decode(case["body_b64"])).event
    validate(event)
    return event


def accepted(case: Case) -> bool:
    return "event" in case["sdk_go"] and "invalid" not in case["sdk_go"]


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def test_requests_are_accepted_and_refused_as_the_go_sdk_does(shared: Path) -> None:
    wrong: list[object] = []
    for case in cases(shared):
        try:
            read(case)
            got = True
        except (Malformed, NotAnEvent):
            got = False
        if got != accepted(case):
            wrong.append((case["id"], case["sdk_go"]))
    assert not wrong


def test_attributes_and_data_are_those_the_go_sdk_sees(shared: Path) -> None:
    wrong: list[object] = []
    for case in filter(accepted, cases(shared)):
        event = read(case)
        want = dict(case["sdk_go"]["event"])
        data, in_base64 = want.pop("data", None), want.pop("data_base64", None)
        attributes = {k: as_text(v) for k, v in want.items()}
        if dict(event.attributes) != attributes:
            wrong.append((case["id"], dict(event.attributes), attributes))
        if in_base64 is not None and event.data != base64.b64decode(in_base64):
            wrong.append((case["id"], event.data, in_base64))
        if data is not None and not same(event.data or b"", data):
            wrong.append((case["id"], event.data, data))
    assert not wrong


def same(got: bytes, want: Any) -> bool:
    if isinstance(want, str) and got == want.encode():
        return True
    try:
        return bool(json.loads(got) == want)
    except ValueError:
        return False


def test_the_cases_are_many(shared: Path) -> None:
    assert len(cases(shared)) > 50


@pytest.mark.parametrize("name", ["ce-id", "CE-ID", "Ce-Id"])
def test_header_names_are_read_in_any_case(name: str) -> None:
    headers = [(b"Ce-Specversion", b"1.0"), (name.encode(), b"7")]
    assert decode(headers, b"").event.id == "7"
