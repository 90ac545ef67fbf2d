"""Indenting JSON text as Go does; Python's own indentation is the oracle where they agree."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kne.control.indent import NotJson, indent

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(JSON, st.booleans(), st.sampled_from([None, 0, 1, 3]))
def test_looks_as_python_would_write_it(value: Any, ascii_only: bool, spaces: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=spaces)
    wanted = json.dumps(value, ensure_ascii=ascii_only, indent=2)
    assert indent(text.encode(), prefix=b"", step=b"  ") == wanted.encode()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b'{"b":1,"a":2,"b":3}', b'{\n  "b": 1,\n  "a": 2,\n  "b": 3\n}'),
        (b"[1.0,1e3,-0,1E+02]", b"[\n  1.0,\n  1e3,\n  -0,\n  1E+02\n]"),
        (rb'["\u00e9\/","<&>"]', b'[\n  "\\u00e9\\/",\n  "<&>"\n]'),
        (b"[\xff]".replace(b"\xff", b'"\xff"'), b'[\n  "\xff"\n]'),
        (b'{ } ', b"{} "),
        (b"[[],{}]", b"[\n  [],\n  {}\n]"),
        (b"\n 12 \n", b"12 \n"),
        (b'"{,}"', b'"{,}"'),
    ],
)  # fmt: skip
def test_spelling_order_and_doubles_stay(text: bytes, wanted: bytes) -> None:
    assert indent(text, prefix=b"", step=b"  ") == wanted


def test_the_prefix_starts_each_line_but_the_first() -> None:
    assert indent(b'{"a":[1]}', prefix=b"> ", step=b"\t") == b'{\n> \t"a": [\n> \t\t1\n> \t]\n> }'


def test_ten_thousand_levels_are_no_trouble_and_one_more_is() -> None:
    deep = b"[" * 10_000 + b"]" * 10_000
    assert indent(deep, prefix=b"", step=b"").count(b"[") == 10_000
    with pytest.raises(NotJson):
        indent(b"[" + deep + b"]", prefix=b"", step=b"")


@pytest.mark.parametrize(
    "text",
    [b"", b" ", b"{", b"]", b"[1,]", b"[,1]", b"{,}", b'{"a"}', b'{"a":}', b'{"a":1,}', b"{1:2}",
     b"[1 2]", b"01", b"1.", b"+1", b".5", b"nul", b"NaN", b"'a'", b'"\t"', b'"\\x41"', b'"a',
     b"{}{}", b"1 2", b"[1}", b'{"a":1]', b"\xef\xbb\xbf1", b"\xc2\xa01", b"tru", b"[1:2]"],
)  # fmt: skip
def test_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(NotJson):
        indent(text, prefix=b"", step=b"")
