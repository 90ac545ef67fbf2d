"""Metadata is checked as the API server checks it, in its words."""

from typing import Any

import pytest

from kne.model import names
from kne.model.metadata import generated_name, kept_metadata, metadata_faults, read_metadata
from kne.model.resource import Fault

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    r"for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
QUALIFIED = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def faults(metadata: Any, check: names.Check = names.subdomain) -> list[Fault]:
    meta, found = read_metadata(metadata)
    return [*found, *(metadata_faults(meta, check) if meta else ())]


def fault(metadata: Any, check: names.Check = names.subdomain) -> Fault:
    (found,) = faults(metadata, check)
    return found


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "a"},
        {"name": "a.b-c.1", "namespace": "n-1"},
        {"generateName": "a-"},
        {"name": "a", "labels": {"a": "", "example.com/B_c": "D.e-1"}},
        {"name": "a", "annotations": {"Example.com/x": "anything at all"}},
        {"name": "a", "finalizers": ["x"], "ownerReferences": [{"uid": "u", "controller": True}]},
    ],
)
def test_these_are_sound(metadata: Any) -> None:
    assert faults(metadata) == []


def test_a_name_is_required() -> None:
    found = fault({})
    assert found.message == "metadata.name: Required value: name or generateName is required"


@pytest.mark.parametrize("name", ["Bad_Name", "-a", "a-", "a..b", "é", "a\n"])
def test_a_name_is_a_subdomain(name: str) -> None:
    found = fault({"name": name})
    assert found.message == f'metadata.name: Invalid value: "{name}": {SUBDOMAIN}'
    assert found.at == ("metadata", "name")


def test_names_are_limited_in_length() -> None:
    found = fault({"name": "a" * 254}).message
    assert found.endswith("must be no more than 253 bytes")
    assert fault({"name": "a" * 64}, names.label).message.endswith("no more than 63 bytes")


def test_a_namespace_is_a_label() -> None:
    found = fault({"name": "a", "namespace": "a.b"})
    assert found.message.startswith(
        'metadata.namespace: Invalid value: "a.b": a lowercase RFC 1123 label must consist of '
        "lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
        "character (e.g. 'my-name',  or '123-abc', regex used"
    )


def test_a_service_begins_with_a_letter_and_a_role_may_hold_a_colon() -> None:
    assert "a DNS-1035 label must" in fault({"name": "1a"}, names.label_1035).message
    assert faults({"name": "system:node"}, names.path_segment) == []
    assert fault({"name": "a/b"}, names.path_segment).message.endswith("may not contain '/'")
    assert fault({"name": ".."}, names.path_segment).message.endswith("may not be '..'")


def test_both_sides_of_a_label_are_checked() -> None:
    key, value = faults({"name": "a", "labels": {"a b": "c d"}})
    assert key.message == f'metadata.labels: Invalid value: "a b": name part {QUALIFIED}'
    assert value.message == f'metadata.labels: Invalid value: "c d": {VALUE}'
    assert key.at == value.at == ("metadata", "labels", "a b")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("/x", "prefix part must be non-empty"),
        ("a_b/x", f"prefix part {SUBDOMAIN}"),
        (
            "a/b/c",
            f"a qualified name {QUALIFIED} with an optional DNS subdomain prefix and '/' "
            "(e.g. 'example.com/MyName')",
        ),
        ("x" * 64, "name part must be no more than 63 bytes"),
    ],
)
def test_a_key_is_a_qualified_name(key: str, reason: str) -> None:
    found = fault({"name": "a", "annotations": {key: ""}})
    assert found.message == f'metadata.annotations: Invalid value: "{key}": {reason}'


def test_a_key_without_a_name_has_two_faults() -> None:
    first, second = names.qualified("a/")
    assert (first, second) == ("name part must be non-empty", f"name part {QUALIFIED}")


def test_annotations_are_limited_in_size() -> None:
    found = fault({"name": "a", "annotations": {"a": "x" * 262144}})
    assert found.message.startswith("metadata.annotations: Too long")


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ("x", "string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"),
        (
            {"name": "a", "labels": {"a": 1}},
            "number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            {"name": "a", "labels": "x"},
            "string into Go struct field ObjectMeta.metadata.labels of type map[string]string",
        ),
        ({"name": 5}, "number into Go struct field ObjectMeta.metadata.name of type string"),
    ],
)
def test_wrong_types_are_said_as_go_says_it(metadata: Any, text: str) -> None:
    assert fault(metadata).message == f"json: cannot unmarshal {text}"


def test_an_unknown_field_is_named() -> None:
    found = fault({"name": "a", "nme": "x"})
    assert found.message == 'strict decoding error: unknown field "metadata.nme"'
    assert found.hint == 'did you mean "metadata.name"?'


@pytest.mark.parametrize(
    ("name", "hint"),
    [("<name>", "replace the placeholder <name>"), ("$NAME", "this looks like a template: ")],
)
def test_a_placeholder_is_recognized(name: str, hint: str) -> None:
    assert fault({"name": name}).hint.startswith(hint)


def test_what_the_server_sets_is_dropped_and_null_is_absent() -> None:
    given = {
        "name": "a",
        "uid": "u",
        "resourceVersion": 5,
        "generation": 1,
        "creationTimestamp": None,
        "managedFields": [{}],
        "selfLink": "/",
        "labels": {"a": None},
        "annotations": None,
    }
    assert kept_metadata(given) == {"name": "a", "labels": {"a": ""}}


def test_a_generated_name_is_the_same_for_the_same_seed() -> None:
    name = generated_name("gen-", "f 0")
    assert name == generated_name("gen-", "f 0") != generated_name("gen-", "f 1")
    assert len(name) == len("gen-") + 5
    assert names.subdomain(generated_name("a" * 70, "")) == []
    assert len(generated_name("a" * 70, "")) == 63
