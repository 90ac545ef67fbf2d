"""What cannot be read is said clearly, all at once, and never executed."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kne.errors import ManifestError, ManifestErrors, Where
from kne.model import manifest
from kne.model.manifest import parse, read
from kne.model.tree import MAX_DEPTH


def faults(text: str | bytes) -> tuple[ManifestError, ...]:
    with pytest.raises(ManifestErrors) as caught:
        parse(text, "f")
    return caught.value.faults


def fault(text: str | bytes) -> ManifestError:
    (found,) = faults(text)
    return found


def said(text: str | bytes) -> tuple[str, str]:
    """Place and message of the only fault."""
    found = fault(text)
    return str(found.where), found.message


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        (
            "a:\n\tb: 1\n",
            "f:2:1",
            "yaml: line 2: found character that cannot start any token",
            "the line is indented with a tab: YAML wants spaces",
        ),
        (
            "a: 1\n  b: 2\n",
            "f:2:4",
            "yaml: line 2: mapping values are not allowed in this context",
            "line 2 is indented further than line 1, which has a value already: indent both alike",
        ),
        (
            "a: b: c\n",
            "f:1:5",
            "yaml: line 1: mapping values are not allowed in this context",
            "put quotes around a value that contains ': '",
        ),
        (
            "spec:\n  ...\n  a: 1\n",
            "f:3:4",
            "yaml: line 3: mapping values are not allowed in this context",
            "something was left out in line 2: put it in, or remove the line",
        ),
        (
            "$ kubectl get x -o yaml\na: 1\n",
            "f:2:2",
            "yaml: line 2: mapping values are not allowed in this context",
            "line 1 looks like a command of a shell: remove it",
        ),
        (
            "a: 1\nb\nc: 2\n",
            "f:2:1",
            "yaml: line 2: could not find expected ':'",
            "a field needs a colon and a space after its name",
        ),
        (
            "a: @b\n",
            "f:1:4",
            "yaml: line 1: found character that cannot start any token",
            "put quotes around a value that begins with @",
        ),
        (
            "a:\n  - 1\n b: 2\n",
            "f:3:2",
            "yaml: line 3: did not find expected key",
            "check the indentation of this line and of those before it",
        ),
        (
            'a: "b\nc: 1\n',
            "f:3:1",
            "yaml: line 3: found unexpected end of stream",
            "a quote or a bracket is not closed",
        ),
        (
            "a: {{ .Values.x }}\n",
            "f:1:5",
            'yaml: invalid map key: {".Values.x": null}',
            "this looks like a template ({{ … }}): render it first",
        ),
        (
            "{{ if .x }}\n",
            "f:1:2",
            'yaml: invalid map key: {"if .x": null}',
            "this looks like a template ({{ … }}): render it first",
        ),
        (
            'a: "x\0y"\n',
            "f:1:6",
            "yaml: line 1: control characters are not allowed",
            "remove it; in a value in double quotes it can be written as an escape",
        ),
        (
            b"a: 1\nb: caf\xe9\n",
            "f:2:7",
            "yaml: invalid trailing UTF-8 octet",
            "save the file as UTF-8",
        ),
        ("a: \ud800\n", "f:1:4", "yaml: invalid trailing UTF-8 octet", "save the file as UTF-8"),
        (b"\xff\xfea", "f", "yaml: truncated data", "save the file as UTF-8"),
        (
            '{"a": 1',
            "f:1:8",
            "json: unexpected EOF",
            "",
        ),
        ('{"a": 1},', "f:1:9", "json: Expecting value", ""),
        ('{"a":1}{"a": NaN}', "f:1:8", "json: unsupported value: NaN", ""),
        ("a: .nan\n", "f:1:4", "json: unsupported value: NaN", "put quotes around it"),
        ("a: [-.inf]\n", "f:1:5", "json: unsupported value: -Inf", "put quotes around it"),
        ("null: 1\n", "f:1:1", "unsupported map key: null", "put quotes around the key"),
        ("[a]: 1\n", "f:1:1", 'yaml: invalid map key: ["a"]', "a key must be a word"),
        ("a: *b\n", "f:1:4", "yaml: unknown anchor 'b' referenced", ""),
        ("a: &b {c: *b}\n", "f:1:11", "yaml: anchor 'b' value contains itself", ""),
        (
            "a: {<<: 5}\n",
            "f:1:5",
            "yaml: map merge requires map or sequence of maps as the value",
            "",
        ),
        ("a: !!int x\n", "f:1:4", "yaml: cannot decode `x` as a !!int", ""),
        ("a: !!bool 1\n", "f:1:4", "yaml: cannot decode `1` as a !!bool", ""),
        ("a: !!binary '%'\n", "f:1:4", "yaml: !!binary value contains invalid base64 data", ""),
        ("kind: List\nitems: 5\n", "f:2:1", "items of a List must be a list", ""),
    ],
)
def test_a_fault_has_a_place_a_message_and_a_hint(
    text: str | bytes, place: str, message: str, hint: str
) -> None:
    found = fault(text)
    assert (str(found.where), found.message, found.hint) == (place, message, hint)


def test_a_key_that_is_there_twice_is_refused_with_both_places() -> None:
    found = fault("a: 1\nb: 2\na: 3\n")
    assert found.message == 'yaml: unmarshal errors: line 3: key "a" already set in map'
    assert (str(found.where), found.why) == ("f:3:1", "it was set first at f:1:1")
    assert fault('{"a":1,\n "a":2}\n{"b":1}').where == Where("f", 2, 2)


def test_where_an_unclosed_part_begins_is_said() -> None:
    assert (
        fault('a: 1\nb: "c\n\n---\n').why == "while scanning a quoted scalar that begins on line 2"
    )


@pytest.mark.parametrize(
    ("text", "what"), [("hello", "text"), ("- a", "a list"), ("5", "a number")]
)
def test_a_document_must_be_a_mapping(text: str, what: str) -> None:
    found = fault(text)
    assert found.message == "invalid object to validate"
    assert found.why.endswith(f"this is {what}")


def test_a_web_page_is_recognized() -> None:
    assert "web page" in fault("<html>not found</html>\n").hint


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!Ref", "!!set", "!<x>"]
)
@pytest.mark.parametrize("value", ["x", "[x]", "{x: y}"])
def test_tags_are_refused_and_not_executed(tag: str, value: str) -> None:
    found = fault(f"a: {tag} {value}\n")
    assert found.message.startswith("yaml: unknown tag ")
    assert found.why == "kne builds plain values only; tags are not executed"


def test_every_fault_of_a_text_is_found_in_one_pass() -> None:
    text = "a: b: c\n---\nx: 1\nx: 2\nx: 3\n---\nok: 1\n---\n- no object\n---\ny: [\n---\nz: @\n"
    places = [found.where for found in faults(text)]
    assert places == [
        Where("f", n, c) for n, c in [(1, 5), (4, 1), (5, 1), (9, 1), (12, 1), (13, 4)]
    ]


def test_a_text_with_nothing_but_faults_is_given_up() -> None:
    found = faults("a: b: c\n---\n" * 100)
    assert len(found) == manifest.MAX_FAULTS + 1
    assert found[-1].message == "50 documents are broken: the rest was not read"
    assert found[-1].where == Where("f", 100)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "x: " + "{a: " * 1000,
        "\n".join(" " * n + "a:" for n in range(300)),
        '{"a":' * 5000,
        '{"a": "\x7f", "b": ' + "[" * 500 + "]" * 500 + "}",
    ],
)
def test_depth_is_limited(text: str) -> None:
    assert fault(text).message.endswith(f"exceeded max depth of {MAX_DEPTH}")


def test_depth_is_limited_through_aliases_too() -> None:
    deep = "[" * 150 + "1" + "]" * 150
    nested = "[" * 100 + "*a" + "]" * 100
    assert said(f"a: &a {deep}\nb: {nested}\n")[1] == f"yaml: exceeded max depth of {MAX_DEPTH}"


def test_an_alias_bomb_is_refused() -> None:
    bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    for name, before in zip("bcdefghij", "abcdefghi", strict=True):
        bomb += f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    assert said(bomb)[1] == "yaml: document contains excessive aliasing"


def test_a_text_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MAX_BYTES", 10)
    assert said("a: 0123456789") == ("f", "the file is too large: 13 bytes, 10 are read at most")


ODD = st.text(alphabet="abyn01 \n\t:-{}[]&*!|>'\"#%@`,?~<.\\\0\ufeff\x85\u2028é\ud800", max_size=40)


@settings(deadline=None)
@given(st.one_of(st.text(), ODD, st.binary()))
@example("- - -\n - a")
@example("{a: 1}{")
def test_any_text_is_read_or_refused_with_a_reason(text: str | bytes) -> None:
    documents, found = read(text, "f")
    assert all(isinstance(document.object, dict) for document in documents)
    for each in found:
        assert each.message
        assert each.where
        assert str(each)
    if found:
        assert len(faults(text)) == len(found)
    else:
        assert parse(text, "f") == documents


WORDS = st.one_of(
    st.text(max_size=8), st.sampled_from(["yes", "no", "null", "1", "a: b", "<<", ""])
)
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(-1e9, 1e9))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4), st.dictionaries(WORDS, inside, max_size=4)
    ),
    max_leaves=12,
)


def _json(value: object) -> str:
    import json

    return json.dumps(value)


def _json_with_letters(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, indent=2)


def _yaml(value: object) -> str:
    import yaml

    return str(yaml.safe_dump(value, allow_unicode=True, width=20, default_style='"'))


@settings(deadline=None)
@given(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4))
@pytest.mark.parametrize("write", [_json, _json_with_letters, _yaml])
def test_what_was_written_is_what_is_read(
    write: Callable[[object], str], value: dict[str, object]
) -> None:
    if str(value.get("kind")).endswith("List"):
        return
    documents, found = read(write(value), "f")
    assert not found
    assert [document.object for document in documents] == [value]
