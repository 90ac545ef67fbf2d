"""Manifests become objects that know where they stand."""

from pathlib import Path

import pytest

from kne.errors import Where
from kne.model.manifest import Document, parse, read
from kne.model.resource import Json

TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: orders
spec:
  filters:
  - exact: {type: order}
  - any:
    - prefix:
        source: /shop
"""


def objects(text: str | bytes) -> list[Json]:
    return [document.object for document in parse(text, "f.yaml")]


def one(text: str) -> Json:
    (found,) = objects(text)
    return found


def place(document: Document, *path: str | int) -> tuple[int, int]:
    where = document.place(path)
    assert where.file == "f.yaml"
    return where.line, where.column


def test_a_document_is_plain_dicts_lists_and_scalars() -> None:
    assert one(TRIGGER) == {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Trigger",
        "metadata": {"name": "orders"},
        "spec": {
            "filters": [
                {"exact": {"type": "order"}},
                {"any": [{"prefix": {"source": "/shop"}}]},
            ]
        },
    }


def test_a_field_stands_where_its_key_does() -> None:
    (document,) = parse(TRIGGER, "f.yaml")
    assert place(document) == (1, 1)
    assert place(document, "spec") == (5, 1)
    assert place(document, "spec", "filters", 0) == (7, 5)
    assert place(document, "spec", "filters", 0, "exact", "type") == (7, 13)
    assert place(document, "spec", "filters", 1, "any", 0, "prefix", "source") == (10, 9)


def test_a_field_that_is_missing_stands_where_its_parent_does() -> None:
    (document,) = parse(TRIGGER, "f.yaml")
    assert place(document, "spec", "subscriber", "ref") == (5, 1)
    assert place(document, "spec", "filters", 7, "exact") == (6, 3)
    assert place(document, "kind", 0) == (2, 1)


def test_a_document_without_places_has_its_file() -> None:
    assert Document({}, "api").place(("spec",)) == Where("api")


def test_one_text_holds_many_documents_and_empty_ones_do_not_count() -> None:
    text = "---\na: 1\n---\n# nothing\n---\nnull\n---\n---\nb: 2\n...\n---\nc: 3\n"
    documents = parse(text, "f.yaml")
    assert [document.object for document in documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [document.index for document in documents] == [0, 1, 2]
    assert [place(document) for document in documents] == [(2, 1), (9, 1), (12, 1)]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "null", b"\xef\xbb\xbf"])
def test_an_empty_text_holds_nothing(text: str | bytes) -> None:
    assert objects(text) == []


@pytest.mark.parametrize("kind", ["List", "ThingList"])
def test_a_list_is_its_items_each_with_its_places(kind: str) -> None:
    text = f"kind: {kind}\napiVersion: v1\nitems:\n- kind: A\n  x: 1\n- {{kind: B}}\n"
    first, second = parse(text, "f.yaml")
    assert (first.object, second.object) == ({"kind": "A", "x": 1}, {"kind": "B"})
    assert place(first, "x") == (5, 3)
    assert place(second, "kind") == (6, 4)


def test_items_of_a_typed_list_have_its_kind_if_they_name_none() -> None:
    text = "kind: TriggerList\napiVersion: e/v1\nitems:\n- metadata: {name: t}\n"
    assert one(text) == {"kind": "Trigger", "apiVersion": "e/v1", "metadata": {"name": "t"}}


def test_lists_in_lists_and_empty_lists_are_unfolded() -> None:
    inner = "  - {kind: A}\n- {kind: List, items: []}\n- {kind: List, items: null}\n- {kind: B}\n"
    text = f"kind: List\nitems:\n- kind: List\n  items:\n{inner}"
    assert objects(text) == [{"kind": "A"}, {"kind": "B"}]


def test_a_kind_that_only_ends_like_a_list_stays() -> None:
    assert one("kind: AllowList\nspec: {}\n") == {"kind": "AllowList", "spec": {}}


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\r\nb:\r\n  c: 2\r\n",
        "\ufeffa: 1\nb:\n  c: 2\n",
        "\ufeffa: 1\nb:\n  c: 2\n".encode(),
        "a: 1\nb:\n  c: 2\n".encode("utf-16"),
    ],
)
def test_line_ends_and_byte_order_marks_make_no_difference(text: str | bytes) -> None:
    (document,) = parse(text, "f.yaml")
    assert document.object == {"a": 1, "b": {"c": 2}}
    assert place(document, "b", "c") == (3, 3)


def test_json_is_read_too() -> None:
    text = (
        '{\n\t"kind": "A",\n\t"spec": {"n": 1.0, "t": "\\u00e9\\ud83d\\ude00\\/", "x": null}\n}\n'
    )
    (document,) = parse(text, "f.yaml")
    assert document.object == {"kind": "A", "spec": {"n": 1, "t": "é😀/", "x": None}}
    assert place(document, "spec", "n") == (3, 11)


def test_objects_of_json_may_stand_in_a_row() -> None:
    first, second, third = parse('{"a":1}{"b":[{"c":2}]}\n\n {"d":1e2}\n', "f.yaml")
    assert [first.object, second.object] == [{"a": 1}, {"b": [{"c": 2}]}]
    assert third.object == {"d": 100}
    assert place(second, "b", 0, "c") == (1, 15)
    assert place(third, "d") == (3, 3)


def test_json_may_be_a_document_of_yaml() -> None:
    assert objects('{"a": 1}\n---\n{"b": 2}\n') == [{"a": 1}, {"b": 2}]


def test_half_a_character_of_json_is_replaced_as_go_does() -> None:
    assert objects('{"a": "\\ud800x"}\n{"b": "\\\\ud800"}') == [{"a": "\ufffdx"}, {"b": "\\ud800"}]


def test_json_that_yaml_cannot_read_has_the_place_of_the_whole() -> None:
    (document,) = parse('{"a": "\x7f", "b": 1}', "f.yaml")
    assert document.object == {"a": "\x7f", "b": 1}
    assert place(document, "b") == (1, 1)


def test_keys_become_text() -> None:
    text = '1: a\n1.5: b\nyes: c\n0x10: d\n"5": e\n? f\n: g\n'
    assert one(text) == {"1": "a", "1.5": "b", "true": "c", "16": "d", "5": "e", "f": "g"}


def test_quotes_and_tags_say_what_a_scalar_is() -> None:
    text = (
        "a: 'yes'\nb: !!str 5\nc: !!int '5'\nd: !!float 3\ne: !!binary aGk=\nf: ! 5\n"
        "g: !!bool 'on'\nh: !!null ''\ni: !!timestamp 2026-01-01\nj: !!map {}\nk: !!seq []\n"
        'l: |\n  x\n  y\nm: "\\x41"\n'
    )
    assert one(text) == {
        "a": "yes",
        "b": "5",
        "c": 5,
        "d": 3,
        "e": "hi",
        "f": 5,
        "g": True,
        "h": None,
        "i": "2026-01-01",
        "j": {},
        "k": [],
        "l": "x\ny\n",
        "m": "A",
    }


def test_an_alias_is_a_copy_of_its_anchor_and_stands_there() -> None:
    (document,) = parse("a: &x {b: [1]}\nc: *x\nd: &y 5\ne: *y\n", "f.yaml")
    found = document.object
    assert found == {"a": {"b": [1]}, "c": {"b": [1]}, "d": 5, "e": 5}
    assert found["a"]["b"] is not found["c"]["b"]
    assert place(document, "c") == (2, 1)
    assert place(document, "c", "b") == (1, 8)


def test_an_anchor_may_be_given_anew() -> None:
    assert one("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_merge_keys_set_what_they_name_where_they_stand() -> None:
    text = "base: &b {p: 1, q: 2}\none:\n  q: 0\n  <<: *b\ntwo:\n  <<: *b\n  q: 3\n"
    (document,) = parse(text, "f.yaml")
    assert document.object["one"] == {"p": 1, "q": 2}
    assert document.object["two"] == {"p": 1, "q": 3}
    assert place(document, "two", "p") == (1, 11)
    assert place(document, "two", "q") == (7, 3)


def test_of_several_merged_mappings_the_first_wins() -> None:
    text = "l: [&a {p: 1}, &b {p: 2, q: 2}]\nm: {<<: [*a, *b, {r: 3}]}\no: {!!merge <<: *a}\n"
    found = one(text)
    assert (found["m"], found["o"]) == ({"p": 1, "q": 2, "r": 3}, {"p": 1})


def test_a_merge_key_in_quotes_is_a_key() -> None:
    assert one('"<<": 1\nl: [<<]\n') == {"<<": 1, "l": ["<<"]}


def test_sound_objects_come_beside_the_faults() -> None:
    documents, faults = read("a: 1\n---\nb: c: d\n---\ne: 2\n", "f.yaml")
    assert [document.object for document in documents] == [{"a": 1}, {"e": 2}]
    assert [fault.where for fault in faults] == [Where("f.yaml", 3, 5)]
    assert documents[1].place(("e",)) == Where("f.yaml", 5, 1)


def test_every_block_of_the_corpus_is_read_or_refused_as_it_should_be(shared: Path) -> None:
    import csv

    with (shared / "corpus/index.csv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index))
    assert rows
    for row in rows:
        text = (shared / "corpus" / row["file"]).read_bytes()
        documents, faults = read(text, row["file"])
        assert bool(faults) == (row["parse_ok"] == "no"), (row["file"], faults)
        if not faults:
            assert len(documents) == int(row["docs"]), row["file"]
        for fault in faults:
            assert fault.message.startswith("yaml: "), fault
            assert fault.where
            assert fault.where.line
            assert fault.hint, fault
