"""The index of a hub finds the links that asking every filter would find."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kne.event import Event
from kne.plane import index
from kne.plane.filters import CesqlPanic, EventFilter, build_filter
from kne.plane.index import Index
from kne.plane.table import Filter
from tests.plane.test_filters import event, filters, some_events


def wanted(accepts: Filter | None, of: Event) -> bool:
    try:
        return accepts is None or accepts.accepts(of)
    except CesqlPanic:
        return True


def asked(entries: list[tuple[int, Filter | None]], of: Event) -> list[int]:
    return [number for number, accepts in entries if wanted(accepts, of)]


specs = st.one_of(
    st.none(),
    st.lists(filters, max_size=3),
    st.dictionaries(st.sampled_from(["type", "region"]), st.sampled_from(["com.a", ""])),
)


def built(spec: Any) -> EventFilter | None:
    return build_filter(None, spec) if isinstance(spec, dict) else build_filter(spec, None)


@settings(max_examples=150)
@given(st.lists(specs, max_size=8), st.lists(some_events, min_size=1, max_size=4))
def test_the_candidates_are_those_whose_filter_accepts(them: list[Any], some: list[Event]) -> None:
    entries: list[tuple[int, Filter | None]] = [(n, built(spec)) for n, spec in enumerate(them)]
    found = Index(entries)
    for of in [*some, *some]:  # the second time from memory
        assert list(found.candidates(of)) == asked(entries, of)


def test_a_link_whose_filter_panics_is_a_candidate() -> None:
    panics = build_filter([{"cesql": "LENGTH(type)"}], None)
    behind = build_filter([{"cesql": "LENGTH(type)"}, {"exact": {"type": "other"}}], None)
    before = build_filter([{"exact": {"type": "other"}}, {"cesql": "LENGTH(type)"}], None)
    found = Index([("panics", panics), ("behind", behind), ("before", before)])
    assert found.candidates(event()) == ("panics", "behind")


def test_the_order_of_the_links_is_kept() -> None:
    exact = [{"exact": {"type": "com.a"}}]
    region = [{"exact": {"region": "eu"}}]
    entries = [
        ("a", build_filter(region, None)),
        ("b", None),
        ("c", build_filter(exact, None)),
        ("d", build_filter([{"prefix": {"type": "com"}}], None)),
        ("e", build_filter(region, None)),
    ]
    assert Index(entries).candidates(event(region="eu")) == ("a", "b", "c", "d", "e")


def test_a_link_that_is_found_twice_comes_once() -> None:
    either = build_filter([{"any": [{"exact": {"type": "com.a"}}, {"exact": {"id": "1"}}]}], None)
    assert Index([("x", either)]).candidates(event()) == ("x",)


@pytest.mark.parametrize(
    ("spec", "choices", "enough"),
    [
        ([{"exact": {"type": "a"}}], [{"type": "a"}], True),
        (
            [{"exact": {"type": "a"}}, {"exact": {"region": "b"}}],
            [{"type": "a", "region": "b"}],
            True,
        ),
        ([{"exact": {"type": "a"}}, {"exact": {"type": "b"}}], [], True),
        ([{"all": [{"prefix": {"id": "x"}}, {"exact": {"type": "a"}}]}], [{"type": "a"}], False),
        (
            [{"any": [{"exact": {"type": "a"}}, {"exact": {"id": "b"}}]}],
            [{"type": "a"}, {"id": "b"}],
            True,
        ),
        ([{"any": [{"exact": {"type": "a"}}, {"prefix": {"id": "b"}}]}], [{}], False),
        ([{"not": {"exact": {"type": "a"}}}], [{}], False),
        ([{"cesql": "type = 'a' AND region LIKE 'b%'"}], [{"type": "a"}], False),
        ([{"cesql": "type IN ('a', 'b', 'a')"}], [{"type": "a"}, {"type": "b"}], False),
        ([{"cesql": "LENGTH(type) = 1 AND type = 'a'"}], [{}], False),
        ([{"cesql": "type = 'a' OR region = 'b'"}], [{}], False),
    ],
)
def test_a_filter_says_which_values_an_event_needs(
    spec: list[Any], choices: list[dict[str, str]], enough: bool
) -> None:
    accepts = build_filter(spec, None)
    assert accepts is not None
    assert (list(accepts.keys.choices), accepts.keys.enough) == (choices, enough)


class Counting:
    """A filter of somebody else's, of which the index knows nothing."""

    def __init__(self) -> None:
        self.times = 0

    def accepts(self, event: Event) -> bool:
        self.times += 1
        return event.type == "com.a"


def test_a_filter_of_another_make_is_asked_each_time() -> None:
    counting = Counting()
    found = Index([("x", counting)])
    assert found.candidates(event()) == found.candidates(event()) == ("x",)
    assert found.candidates(event(type="b")) == ()
    assert counting.times == 3


def test_an_answer_is_remembered_unless_it_hangs_on_what_always_differs() -> None:
    by_type = Index([("x", build_filter([{"prefix": {"type": "com"}}], None))])
    assert by_type.candidates(event(id="1")) is by_type.candidates(event(id="2"))
    by_id = Index([("x", build_filter([{"prefix": {"id": "1"}}], None))])
    assert by_id.candidates(event(id="1")) == ("x",)
    assert by_id.candidates(event(id="2")) == ()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST_ANSWERS", 3)
    found = Index([("x", build_filter([{"prefix": {"subject": "a"}}], None))])
    for number in range(10):
        assert found.candidates(event(subject=f"a{number}")) == ("x",)
        assert len(found._answers) <= 3


def test_ten_thousand_links_are_not_asked_one_by_one() -> None:
    entries = [(n, build_filter([{"exact": {"type": f"t{n}"}}], None)) for n in range(10_000)]
    found = Index(entries)
    assert found.candidates(event(type="t7")) == (7,)
    assert len(found._groups) == 1
    assert not found._always
    assert not any(found._tests)  # the look-up says it all
