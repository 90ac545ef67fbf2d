"""Label and field selectors: which objects are chosen, and what is refused."""

from typing import Any

import pytest

from kne.api.selectors import BadSelector, fields, labels


def it(**found: str) -> dict[str, Any]:
    return {"metadata": {"name": "t1", "namespace": "default", "labels": found}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("app=shop", True),
        ("app==shop", True),
        ("app=cart", False),
        ("app!=cart", True),
        ("none!=x", True),
        ("none=x", False),
        ("app", True),
        ("!app", False),
        ("! none", True),
        ("app in (cart, shop)", True),
        ("app notin (cart,shop)", False),
        ("none notin (a)", True),
        ("app in ()", False),
        ("size>4", True),
        ("size<4", False),
        ("app>4", False),
        ("app=shop,size>4,!none", True),
        ("app=shop,size=6", False),
        ("empty=", True),
        ("empty=,app=shop", True),
        ("example.com/part-of=x", True),
    ],
)
def test_labels_choose_as_in_kubernetes(text: str, expected: bool) -> None:
    found = it(app="shop", size="5", empty="", **{"example.com/part-of": "x"})
    assert labels(text)(found) is expected


def test_an_object_without_labels_has_none() -> None:
    assert not labels("app")({"metadata": {"name": "x"}})
    assert labels("!app")({"metadata": {"name": "x"}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a b",
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        ),
        ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ')'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
    ],
)
def test_what_is_no_label_selector_is_refused_in_kubernetes_words(text: str, message: str) -> None:
    with pytest.raises(BadSelector) as error:
        labels(text)
    assert error.value.message == message


def test_a_comparison_needs_a_number() -> None:
    with pytest.raises(BadSelector, match="the value must be an integer"):
        labels("a>b")


def test_every_object_can_be_chosen_by_name_and_namespace() -> None:
    assert fields("metadata.name=t1,metadata.namespace!=other", "x.dev", "Thing")(it())
    assert not fields("metadata.name=t2", "x.dev", "Thing")(it())
    assert fields("", "x.dev", "Thing")(it())


def test_events_can_be_chosen_by_the_object_they_are_about() -> None:
    event = {**it(), "involvedObject": {"kind": "Broker", "name": "b1"}, "type": "Normal"}
    chosen = fields("involvedObject.kind=Broker,involvedObject.name=b1", "", "Event")
    assert chosen(event)
    assert not chosen({**it(), "involvedObject": {"kind": "Broker", "name": "b2"}})
    assert fields("involvedObject.uid=,type=Normal", "", "Event")(event)


@pytest.mark.parametrize(
    ("text", "group", "kind", "message"),
    [
        ("abc", "x.dev", "Thing", "invalid selector: 'abc'; can't understand 'abc'"),
        ("spec.broker=b1", "x.dev", "Thing", "field label not supported: spec.broker"),
        ("status.nope=1", "", "Pod", "field label not supported: status.nope"),
        (
            "data=1",
            "",
            "ConfigMap",
            '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
)
def test_fields_that_cannot_be_asked_for_are_refused(
    text: str, group: str, kind: str, message: str
) -> None:
    with pytest.raises(BadSelector) as error:
        fields(text, group, kind)
    assert error.value.message == message
