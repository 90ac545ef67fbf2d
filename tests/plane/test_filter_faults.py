"""What admission says of filters is what Knative's webhook said."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kne.plane.filters import FilterFault, filter_faults

FOO = {"exact": {"Foo": "x"}}
FINE = {"exact": {"foo": "x"}}
NAMES = "Attribute name must start with a letter and can only contain lowercase alphanumeric"


def said(fault: FilterFault) -> str:
    text = f"{fault.message}: {', '.join(fault.paths)}"
    return f"{text}\n{fault.details}" if fault.details else text


def paths(*filters: Any) -> list[str]:
    return [path for fault in filter_faults(list(filters), None) for path in fault.paths]


def test_recorded_triggers_are_refused_in_the_same_words(shared: Path) -> None:
    cases = json.loads((shared / "golden/webhook-validation.json").read_text("utf-8"))
    seen = 0
    for name, case in cases.items():
        manifest = case["manifest"]
        it = yaml.safe_load(manifest) if isinstance(manifest, str) else manifest
        if "trigger-filter" not in name or "non" in name:  # wrong types are decoded away before
            continue
        seen += 1
        spec = it["spec"]
        faults = filter_faults(spec.get("filters"), (spec.get("filter") or {}).get("attributes"))
        words = "\n".join(map(said, faults)).strip()
        assert (name, words) == (name, case.get("message", "").removeprefix("validation failed: "))
    assert seen >= 10


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ([FOO], "spec.filters[0].exact[Foo]"),
        ([FOO, FINE, FINE], "spec.filters[2][1][0].exact[Foo]"),
        ([FINE, FOO, FINE], "spec.filters[2][1].exact[Foo]"),
        ([FINE, FINE, FOO], "spec.filters[2].exact[Foo]"),
        ([{"any": [FOO, FINE]}, FINE], "spec.filters[1][0].any[1][0].exact[Foo]"),
        ([{"not": {"not": FOO}}], "spec.filters[0].not.not.exact[Foo]"),
        ([{"all": [{"suffix": {"a.b": "x"}}]}], "spec.filters[0].all[0].suffix.[a.b]"),
        ([{"cesql": "1 +"}, FINE], "spec.filters[1][0].cesql"),
    ],
)
def test_later_indices_come_before_the_place_of_a_fault(filters: list[Any], path: str) -> None:
    assert paths(*filters) == [path]


def test_a_fault_has_its_place_in_the_document() -> None:
    faults = list(filter_faults([FINE, {"any": [FINE, {"cesql": "99999999999"}]}], {"": "x"}))
    assert faults == [
        FilterFault(
            'invalid key name ""',
            ("spec.filter.attributes[]",),
            ("spec", "filter", "attributes", ""),
            NAMES,
        ),
        FilterFault(
            "invalid value: 99999999999",
            ("spec.filters[1].any[1].cesql",),
            ("spec", "filters", 1, "any", 1, "cesql"),
            'parse error: strconv.ParseInt: parsing "99999999999": value out of range',
        ),
    ]


@pytest.mark.parametrize(
    ("it", "refused"),
    [
        ({"exact": {"a": "b"}, "cesql": "TRUE"}, True),
        ({"not": {}, "exact": {"a": "b"}}, True),
        ({"exact": {}, "prefix": {"a": "b"}, "all": [], "cesql": ""}, False),
        ({"all": [FINE], "any": [FINE]}, True),
    ],
)
def test_only_one_dialect_may_be_set(it: dict[str, Any], refused: bool) -> None:
    faults = list(filter_faults([it], None))
    assert len(faults) == refused
    assert all(fault.message.startswith("multiple dialects found") for fault in faults)
    assert all(fault.paths == () for fault in faults)


@pytest.mark.parametrize("odd", [None, [], "text", [None], [5], [{"all": "x"}], [{"exact": 5}]])
def test_what_is_no_filter_at_all_is_left_to_others(odd: Any) -> None:
    assert list(filter_faults(odd, None)) == []
