"""Faults as text."""

from kne.kinds.faults import (
    difference,
    disallowed,
    generic,
    immutable,
    invalid,
    missing,
    report,
    within,
)


def test_equal_faults_are_one_line_with_sorted_paths() -> None:
    found = [missing("b"), invalid(1, "c"), missing("a"), missing("b")]
    assert report(found) == "invalid value: 1: c\nmissing field(s): a, b"


def test_faults_of_other_details_stay_apart() -> None:
    found = [missing("a", details="y"), missing("a", details="x"), missing("a")]
    assert report(found) == ("missing field(s): a\nmissing field(s): a\nx\nmissing field(s): a\ny")


def test_paths_are_joined_as_upstream_joins_them() -> None:
    [fault] = within(("spec", "steps", 1), [missing("ref", "name")])
    assert fault.paths == ("spec.steps[1].ref.name",)
    assert fault.at == ("spec", "steps", 1, "ref", "name")
    [keyed] = within(("spec",), [disallowed("[key]", "x")])
    assert keyed.paths == ("spec[key].x",)


def test_a_fault_of_the_whole_gets_the_path_of_the_part() -> None:
    [fault] = within(("spec", "filter"), [generic("wrong", "")])
    assert report([fault]) == "wrong: spec.filter"


def test_a_fault_without_paths_keeps_its_colon() -> None:
    assert report([generic("too many")]) == "too many: "


def test_differences_are_shown_value_by_value() -> None:
    found = difference({"a": 1, "b": {"c": "x"}}, {"a": 1, "b": {"c": "y", "d": True}}, "{T}")
    assert found == '{T}.B.C:\n\t-: "x"\n\t+: "y"\n{T}.B.D:\n\t-: <nil>\n\t+: true\n'
    assert report([immutable("fields", "spec", details="d")]) == (
        "Immutable fields changed (-old +new): spec\nd"
    )
