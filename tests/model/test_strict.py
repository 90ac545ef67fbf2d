"""What does not fit into a model is said in the API server's words."""

from typing import Any

import pytest
from pydantic import Field

from kne.model.duck import Delivery, Destination
from kne.model.resource import Fault, Json, Model
from kne.model.strict import Root, decode, nearest, shown, without_nulls


class Dialect(Model):
    exact: dict[str, str] | None = None
    any: "tuple[Dialect, ...]" = ()
    not_: "Dialect | None" = Field(default=None, alias="not")


class Filter(Model):
    attributes: dict[str, str] | None = None


class Spec(Model):
    broker: str = ""
    filter: Filter | None = None
    filters: tuple[Dialect, ...] = ()
    subscriber: Destination | None = None
    delivery: Delivery | None = None
    on: bool = False
    anything: dict[str, Any] | None = None
    counts: dict[str, int] = Field(default_factory=dict)


ROOT = Root(("spec",), "Trigger", "TriggerSpec")


def faults(value: Any) -> list[Fault]:
    model, found = decode(Spec, value, ROOT)
    assert (model is None) == bool(found)
    return found


def fault(value: Any) -> Fault:
    (found,) = faults(value)
    return found


def test_what_fits_is_a_model() -> None:
    value = {"broker": "b", "filters": [{"not": {"exact": {"a": "b"}}}], "delivery": {"retry": 3}}
    model, found = decode(Spec, value, ROOT)
    assert not found
    assert model
    assert model.filters[0].not_ == Dialect(exact={"a": "b"})


@pytest.mark.parametrize(
    ("value", "path", "hint"),
    [
        ({"filterz": []}, "spec.filterz", 'did you mean "spec.filters"?'),
        (
            {"delivery": {"retrys": 3}},
            "spec.delivery.retrys",
            'did you mean "spec.delivery.retry"?',
        ),
        (
            {"delivery": {"dead_letter_sink": {}}},
            "spec.delivery.dead_letter_sink",
            'did you mean "spec.delivery.deadLetterSink"?',
        ),
        (
            {"filters": [{"exact": {}}, {"any": [{"exct": {}}]}]},
            "spec.filters[1].any[0].exct",
            'did you mean "spec.filters[1].any[0].exact"?',
        ),
        (
            {"filter": {"subscriber": {}}},
            "spec.filter.subscriber",
            '"subscriber" belongs to spec: check the indentation',
        ),
        (
            {"metadata": {}},
            "spec.metadata",
            '"metadata" belongs to the object itself: check the indentation',
        ),
        (
            {"true": 1},
            "spec.true",
            "YAML reads a bare y, n, on, off, yes and no as true: put quotes around the key",
        ),
        ({"filter": {"zzz": 1}}, "spec.filter.zzz", "there are attributes"),
    ],
)
def test_an_unknown_field_is_named_and_the_one_that_was_meant(
    value: Json, path: str, hint: str
) -> None:
    found = fault(value)
    assert found.message == f'strict decoding error: unknown field "{path}"'
    assert (shown(found.at), found.hint) == (path, hint)


@pytest.mark.parametrize(
    ("value", "text", "hint"),
    [
        ([], "array into Go struct field Trigger.spec of type v1.TriggerSpec", "write a mapping"),
        (
            {"broker": 5},
            "number into Go struct field TriggerSpec.spec.broker of type string",
            'put quotes around it: "5"',
        ),
        (
            {"filter": {"attributes": {"type": False}}},
            "bool into Go struct field TriggerFilter.spec.filter.attributes of type string",
            "put quotes around it: YAML reads bare yes, no, on, off, y and n as booleans, too",
        ),
        (
            {"filters": {"exact": {}}},
            "object into Go struct field TriggerSpec.spec.filters of type "
            "[]v1.SubscriptionsAPIFilter",
            "this is a list: begin each of its items with '- '",
        ),
        (
            {"filters": [{"exact": {"a": 1}}]},
            "number into Go struct field SubscriptionsAPIFilter.spec.filters.exact of type string",
            'put quotes around it: "1"',
        ),
        (
            {"filters": [{"exact": []}]},
            "array into Go struct field SubscriptionsAPIFilter.spec.filters.exact of type "
            "map[string]string",
            "write a mapping",
        ),
        (
            {"delivery": {"retry": "three"}},
            "string into Go struct field DeliverySpec.spec.delivery.retry of type int32",
            "write a whole number",
        ),
        (
            {"delivery": {"retry": "3"}},
            "string into Go struct field DeliverySpec.spec.delivery.retry of type int32",
            "remove the quotes",
        ),
        (
            {"delivery": {"retry": 1.5}},
            "number 1.5 into Go struct field DeliverySpec.spec.delivery.retry of type int32",
            "write a whole number",
        ),
        (
            {"delivery": {"retry": True}},
            "bool into Go struct field DeliverySpec.spec.delivery.retry of type int32",
            "write a whole number",
        ),
        (
            {"delivery": {"format": 5}},
            "number into Go struct field DeliverySpec.spec.delivery.format of type string",
            'put quotes around it: "5"',
        ),
        (
            {"delivery": {"deadLetterSink": []}},
            "array into Go struct field DeliverySpec.spec.delivery.deadLetterSink of type "
            "v1.Destination",
            "write a mapping",
        ),
        (
            {"subscriber": {"ref": {"kind": {}}}},
            "object into Go struct field KReference.spec.subscriber.ref.kind of type string",
            "write text",
        ),
        (
            {"on": "true"},
            "string into Go struct field TriggerSpec.spec.on of type bool",
            "remove the quotes",
        ),
        (
            {"counts": {"a": "x"}},
            "string into Go struct field TriggerSpec.spec.counts of type int32",
            "write a whole number",
        ),
        (
            {"filters": "exact"},
            "string into Go struct field TriggerSpec.spec.filters of type "
            "[]v1.SubscriptionsAPIFilter",
            "write a list",
        ),
    ],
)
def test_a_wrong_type_is_said_as_go_says_it(value: Any, text: str, hint: str) -> None:
    found = fault(value)
    assert found.message == f"json: cannot unmarshal {text}".replace("TriggerFilter", "Filter", 1)
    assert found.hint == hint


def test_every_fault_is_found_at_once() -> None:
    value = {"broker": 5, "foo": 1, "filters": [{"exct": 1}, {"exact": {"a": 1, "b": 2}}]}
    assert [found.at for found in faults(value)] == [
        ("spec", "broker"),
        ("spec", "filters", 0, "exct"),
        ("spec", "filters", 1, "exact", "a"),
        ("spec", "filters", 1, "exact", "b"),
        ("spec", "foo"),
    ]


def test_what_a_model_needs_and_what_its_validators_say_is_passed_on() -> None:
    class Strict(Model):
        name: str
        size: int = Field(default=1, ge=1)

    _, found = decode(Strict, {"size": 0}, ROOT)
    assert [(each.message, each.at) for each in found] == [
        ("missing field(s): spec.name", ("spec", "name")),
        ("invalid value: 0: spec.size", ("spec", "size")),
    ]
    assert found[1].hint


def test_half_a_character_is_a_fault() -> None:
    assert fault({"broker": "\ud800"}).message.startswith("json: ")


def test_null_is_absent_or_empty_text_as_for_go() -> None:
    value = {
        "broker": None,
        "filter": {"attributes": {"type": None, "source": "s"}},
        "filters": [{"exact": None}, {"exact": {"a": None}}],
        "anything": {"a": None, "b": [None]},
        "counts": {"a": 1},
    }
    found = without_nulls(value, Spec)
    assert found == {
        "filter": {"attributes": {"type": "", "source": "s"}},
        "filters": [{}, {"exact": {"a": ""}}],
        "anything": {"a": None, "b": [None]},
        "counts": {"a": 1},
    }
    assert value["broker"] is None


def test_a_copy_without_nulls_shares_nothing_with_the_original() -> None:
    value = {"filters": [{"exact": {"a": "b"}}]}
    found = without_nulls(value, Spec)
    assert found == value
    assert found["filters"][0] is not value["filters"][0]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BROKER", "broker"),
        ("sub_scriber", "subscriber"),
        ("brokr", "broker"),
        ("borker", "broker"),
        ("filterz", "filters"),
        ("filte", "filter"),
        ("zzz", ""),
    ],
)
def test_the_nearest_name_is_found(name: str, meant: str) -> None:
    assert nearest(name, ["broker", "subscriber", "filter", "filters"]) == meant
