"""Filters decide as Knative's do, and say why."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kne.event import Event
from kne.plane.filters import (
    CesqlPanic,
    EventFilter,
    build_filter,
    describe,
    explain,
)
from kne.plane.proof import NO_FILTER, Proof, Verdict
from kne.plane.table import Filter
from tests.plane.golden_filters import events, recording, triggers

BASE = {"specversion": "1.0", "id": "1", "source": "/src", "type": "com.a"}
EXACT = {"exact": {"type": "com.a"}}
WRONG = {"exact": {"type": "com.b"}}
SKIPPED = {"exact": {"type": ""}}
NOTHING: dict[str, Any] = {"not": {}}  # builds, and gives NoFilter


def event(**attributes: str) -> Event:
    return Event({**BASE, **attributes})


def built(*filters: Any) -> EventFilter:
    found = build_filter(list(filters), None)
    assert found is not None
    return found


def passes(*filters: Any, **attributes: str) -> bool:
    return built(*filters).accepts(event(**attributes))


@pytest.mark.parametrize("name", ["c02-filters-dialects", "c03-filters-cesql", "c05-filters-mixed"])
def test_triggers_get_the_events_they_got_from_knative(shared: Path, name: str) -> None:
    recorded = recording(shared, name)
    sent = events(recorded)
    got = {}
    for trigger, spec in triggers(recorded).items():
        accepts = build_filter(spec.get("filters"), (spec.get("filter") or {}).get("attributes"))
        got[trigger] = [
            id_ for id_, it in sorted(sent.items()) if accepts is None or accepts.accepts(it)
        ]
    assert got == {trigger: sorted(ids) for trigger, ids in recorded["matrix"].items()}


@pytest.mark.parametrize("name", ["c06-cesql-non-boolean", "c06b-cesql-non-boolean-string"])
def test_an_expression_that_is_not_boolean_panics(shared: Path, name: str) -> None:
    recorded = recording(shared, name)
    (it,) = events(recorded).values()
    accepts = build_filter(triggers(recorded)["c6-nonbool"]["filters"], None)
    assert accepts is not None
    with pytest.raises(CesqlPanic):
        accepts.accepts(it)
    assert accepts.explain(it).outcome == "panic"
    assert accepts.warnings


def test_a_trigger_without_filters_lets_everything_pass() -> None:
    assert build_filter(None, None) is None
    assert build_filter([], None) is None
    assert explain(None, event()) is NO_FILTER


def test_an_empty_list_of_filters_falls_back_to_the_older_filter() -> None:
    accepts = build_filter([], {"type": "com.b"})
    assert accepts is not None
    assert not accepts.accepts(event())


def test_filters_win_over_the_older_filter_and_that_is_said() -> None:
    accepts = build_filter([EXACT], {"type": "com.b"})
    assert accepts is not None
    assert accepts.accepts(event())
    assert [str(it) for it in accepts.warnings] == [
        "spec.filter: ignored, for spec.filters wins over it"
    ]


def test_the_older_filter_with_no_attributes_passes() -> None:
    accepts = build_filter(None, {})
    assert accepts is not None
    assert accepts.accepts(event())


@pytest.mark.parametrize(
    ("attributes", "values", "passed"),
    [
        ({"type": ""}, {}, True),
        ({"subject": ""}, {}, False),
        ({"subject": ""}, {"subject": "x"}, True),
        ({"subject": ""}, {"subject": ""}, False),
        ({"region": ""}, {}, False),
        ({"region": ""}, {"region": ""}, False),
        ({"region": ""}, {"region": "eu"}, True),
        ({"time": ""}, {}, True),  # the zero time is a text that is not empty
        ({"type": "com.a", "region": "eu"}, {"region": "us"}, False),
    ],
)
def test_an_empty_value_in_the_older_filter_means_present_and_not_empty(
    attributes: dict[str, str], values: dict[str, str], passed: bool
) -> None:
    accepts = build_filter(None, attributes)
    assert accepts is not None
    assert accepts.accepts(event(**values)) is passed


@pytest.mark.parametrize(
    ("name", "wanted", "values"),
    [
        ("specversion", "1.0", {}),
        ("time", "0001-01-01T00:00:00Z", {}),
        ("time", "2026-01-02T03:04:05Z", {"time": "2026-01-02T03:04:05Z"}),
        ("dataschema", "http://s", {"dataschema": "http://s"}),
        ("schemaurl", "http://s", {"dataschema": "http://s"}),
        ("dataschema", "http://s", {"specversion": "0.3", "schemaurl": "http://s"}),
        ("datamediatype", "text/plain", {"datacontenttype": "text/plain ; charset=utf-8"}),
        ("datamediatype", "text/plain", {"datacontenttype": "text/plain"}),
        ("datacontentencoding", "base64", {"specversion": "0.3", "datacontentencoding": "base64"}),
        ("region", "eu", {"region": "eu"}),
    ],
)
def test_attributes_are_looked_up_as_knative_does(
    name: str, wanted: str, values: dict[str, str]
) -> None:
    for dialect in ("exact", "prefix", "suffix"):
        assert passes({dialect: {name: wanted}}, **values)
        assert not passes({dialect: {name: "else"}}, **values)


def test_an_extension_of_an_old_field_s_name_is_not_that_field() -> None:
    assert not passes({"exact": {"datacontentencoding": "x"}}, datacontentencoding="x")
    assert not passes({"exact": {"schemaurl": "x"}}, schemaurl="x")


@pytest.mark.parametrize(
    ("filters", "passed"),
    [
        ([EXACT, EXACT], True),
        ([EXACT, WRONG], False),
        ([{}], True),
        ([SKIPPED], True),
        ([SKIPPED, WRONG], False),
        ([{"prefix": {"": "x"}}], True),
        ([{"suffix": {"type": ""}}], True),
        ([{"not": {}}], True),
        ([{"not": SKIPPED}], True),
        ([{"not": EXACT}], False),
        ([{"not": {"not": EXACT}}], True),
        ([{"all": []}], True),
        ([{"any": []}], True),
        ([{"all": [SKIPPED, {}]}], True),
        ([{"any": [SKIPPED, WRONG]}], False),
        ([{"any": [WRONG, NOTHING]}], True),  # the last verdict counts, and it is not FAIL
        ([{"any": [NOTHING, WRONG]}], False),
        ([{"not": {"any": [WRONG, NOTHING]}}], True),
        ([{"not": {"all": [EXACT, NOTHING]}}], True),
        ([{"not": {"all": [NOTHING, EXACT]}}], False),
        ([{"cesql": ""}], True),
        ([{"not": {"cesql": ""}}], True),
        ([{"cesql": "type ="}], True),  # admission refuses it; the filter leaves it out
        ([{"exact": {}, "prefix": {"type": "x"}}], False),
    ],
)
def test_verdicts_combine_as_in_knative(filters: list[Any], passed: bool) -> None:
    assert passes(*filters) is passed


@pytest.mark.parametrize(
    ("source", "passed", "negated"),
    [
        ("region = 'x'", False, True),
        ("NOT (region = 'x')", False, True),
        ("region = 'x' OR type = 'com.a'", False, True),
        ("type = 'com.a' OR region = 'x'", True, False),
        ("type = 'b' AND region = 'x'", False, True),
        ("EXISTS region", False, True),
        ("1 / 0 = 1", False, True),
        ("FOO(type)", False, True),
    ],
)
def test_an_error_of_cesql_is_a_refusal_that_not_turns_round(
    source: str, passed: bool, negated: bool
) -> None:
    assert passes({"cesql": source}) is passed
    assert passes({"not": {"cesql": source}}) is negated


def test_a_panic_shows_only_where_the_expression_is_reached() -> None:
    panics = {"cesql": "type"}
    assert not passes(WRONG, panics)
    assert passes({"any": [EXACT, panics]})
    with pytest.raises(CesqlPanic):
        passes(EXACT, panics)
    with pytest.raises(CesqlPanic):
        passes({"not": panics})


def test_what_is_left_out_is_told_with_its_place() -> None:
    accepts = built({"all": [{"not": SKIPPED}, {"cesql": "1 +"}]})
    assert [it.at for it in accepts.warnings] == [
        ("spec", "filters", 0, "all", 0, "not", "exact"),
        ("spec", "filters", 0, "all", 1, "cesql"),
    ]
    assert str(accepts.warnings[0]).startswith("spec.filters[0].all[0].not.exact: Knative leaves")


@pytest.mark.parametrize(
    ("filters", "attributes", "text"),
    [
        (None, None, "(everything)"),
        ([{}], None, "(everything)"),
        ([EXACT], None, "type = com.a"),
        (None, {"type": "com.a", "subject": ""}, "type = com.a and subject is set"),
        ([{"prefix": {"type": "com"}}], None, "type starts with com"),
        ([{"cesql": "type  =\n 'x'"}], None, "cesql: type = 'x'"),
        ([{"not": EXACT}, SKIPPED], None, "not type = com.a"),
        ([{"not": SKIPPED}], None, "(everything)"),
        ([{"any": [EXACT, WRONG]}], None, "(type = com.a or type = com.b)"),
    ],
)
def test_filters_are_described_in_a_line(filters: Any, attributes: Any, text: str) -> None:
    assert describe(filters, attributes) == text


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ([EXACT], "exact type"),
        ([WRONG], 'type is "com.a"'),
        ([{"prefix": {"region": "e"}}], "region is missing"),
        ([EXACT, {"suffix": {"source": "c"}}], "exact type, suffix source"),
        ([EXACT, WRONG], 'type is "com.a"'),
        ([{"not": EXACT}], "not: exact type holds"),
        ([{"not": WRONG}], "not exact type"),
        ([{"any": [WRONG, {"exact": {"source": "x"}}]}], 'type is "com.a"; source is "/src"'),
        ([{"any": [WRONG, EXACT]}], "exact type"),
        ([SKIPPED], "no filter"),
        ([{"cesql": "type = 'com.a'"}], "cesql"),
        ([{"cesql": "type = 'x' AND source = 'y'"}], "cesql false at: type = 'x'"),
        (
            [{"cesql": "type = 'com.a' AND region = 'eu'"}],
            "cesql error at: region = 'eu' (region is missing)",
        ),
    ],
)
def test_a_proof_says_in_a_line_what_decided(filters: list[Any], text: str) -> None:
    assert built(*filters).explain(event()).text() == text


def test_a_proof_shows_every_clause_in_columns() -> None:
    proof = built(EXACT, {"cesql": "type = 'b' AND region = 'eu'"}, SKIPPED).explain(event())
    assert proof.lines() == [
        'exact  type = "com.a"   true      type is "com.a"',
        "cesql  type = 'b' AND region = 'eu'",
        "       type = 'b'       false     type is \"com.a\"",
        "       region = 'eu'    (error)   region is missing",
        'exact  type ""          skipped   an empty name or value cannot be matched',
    ]


def test_a_proof_counts_what_is_in_the_way() -> None:
    proof = built({"cesql": "type = 'b' AND region = 'eu' AND source = '/src'"}).explain(event())
    assert [it.clause for it in proof.failing] == ["type = 'b'", "region = 'eu'"]


def test_no_filter_has_a_line_too() -> None:
    assert NO_FILTER.lines() == ["no filter"]
    assert NO_FILTER.text() == "no filter"


values = st.sampled_from(["com.a", "com.b", "c", "a", "/src", ""])
names = st.sampled_from(["type", "source", "subject", "region", "time"])
leaves = st.one_of(
    st.builds(
        lambda dialect, pairs: {dialect: pairs},
        st.sampled_from(["exact", "prefix", "suffix"]),
        st.dictionaries(names, values, min_size=1, max_size=2),
    ),
    st.builds(lambda n, v: {"cesql": f"{n} = '{v}'"}, names, values),
    st.sampled_from(
        [
            {},
            {"cesql": "type = 'com.a' AND subject LIKE 'c%'"},
            {"cesql": "type IN ('com.a', 'c') AND source = '/src'"},
            {"cesql": "EXISTS region OR type = 'c'"},
            {"cesql": "source"},
            {"cesql": "type = 'com.a' AND SUBSTRING(type, 1, -1) = ''"},
        ]
    ),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda them: {"all": them}, st.lists(inner, max_size=3)),
        st.builds(lambda them: {"any": them}, st.lists(inner, max_size=3)),
        st.builds(lambda it: {"not": it}, inner),
    ),
    max_leaves=6,
)
some_events = st.dictionaries(names, values, max_size=5).map(lambda found: event(**found))


def verdict(it: Any, of: Event) -> Verdict | str:
    try:
        return built(it).judge(of.attributes)
    except CesqlPanic:
        return "panic"


@given(filters, some_events)
def test_twice_not_is_nothing(it: Any, of: Event) -> None:
    assert verdict({"not": {"not": it}}, of) == verdict(it, of)


@given(st.lists(filters, min_size=1, max_size=3), some_events)
def test_not_all_is_any_not(them: list[Any], of: Event) -> None:
    verdicts = [verdict(it, of) for it in them]
    if {"panic", Verdict.NONE} & set(verdicts):
        return  # the order counts then
    one = verdict({"not": {"all": them}}, of)
    assert one == verdict({"any": [{"not": it} for it in them]}, of)


@given(st.lists(filters, min_size=1, max_size=3), some_events)
def test_a_proof_agrees_with_the_answer_and_never_raises(them: list[Any], of: Event) -> None:
    accepts = built(*them)
    proof = accepts.explain(of)
    assert isinstance(proof, Proof)
    assert proof.text()
    assert proof.lines()
    try:
        assert (proof.verdict is not Verdict.FAIL) is accepts.accepts(of)
    except CesqlPanic:
        assert proof.verdict is Verdict.FAIL


def test_it_is_what_the_routing_table_asks_for() -> None:
    accepts: Filter | None = build_filter([EXACT], None)
    assert explain(accepts, event()).text() == "exact type"
