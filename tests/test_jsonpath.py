"""JSONPath as kubectl understands it; all results here were seen from kubectl 1.32."""

from typing import Any

import pytest

from kne.jsonpath import BadPath, compile_path, template

ITEM: dict[str, Any] = {
    "kind": "Trigger",
    "metadata": {"name": "t", "annotations": {"eventing.knative.dev/broker.class": "MT"}},
    "spec": {
        "d": [1, 2, 3, 4],
        "none": None,
        "yes": True,
        "half": 1.5,
        "big": 1000000.0,
        "odd": 1234567.25,
        "small": 0.00001,
        "zero": 0,
        "text": "x<y&z",
        "empty": "",
        "nothing": [],
        "list": [
            {"k": "x", "v": 1, "q": {"r": "s"}},
            {"k": "y", "v": 2},
            {"k": "z", "v": 3},
            {"v": 4, "t": True},
        ],
        "nested": [[1, 2], [3]],
    },
    "status": {
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "A B", "status": "False"},
        ]
    },
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("only text", "only text"),
        ("{.kind} {.metadata.name}!", "Trigger t!"),
        ("{ .kind }", "Trigger"),
        ("{$.kind}{@.kind}", "TriggerTrigger"),
        ("{.nope}{.nope.more}{.spec.none.x}", ""),
        ("{.spec.none} {.spec.yes} {.spec.zero}", "null true 0"),
        ("{.spec.half} {.spec.big} {.spec.odd} {.spec.small}", "1.5 1e+06 1.23456725e+06 1e-05"),
        ("{.spec.text} {.spec.empty} {.spec.nothing}", "x<y&z  []"),
        ("{.spec.list[0]}", '{"k":"x","q":{"r":"s"},"v":1}'),
        ("{.spec.d}", "[1,2,3,4]"),
        ("{.spec.d[*]}", "1 2 3 4"),
        ("{.spec.d[0]}-{.spec.d[-1]}", "1-4"),
        ("{.spec.d[1:3]}/{.spec.d[:2]}/{.spec.d[2:]}/{.spec.d[::2]}", "2 3/1 2/3 4/1 3"),
        ("{.spec.d[-2:]}/{.spec.d[0:0]}/{.spec.d[3,0]}", "3 4//4 1"),
        ("{.spec.list[*].k}", "x y z"),
        ("{.spec.list[*]['k','v']}", "x y z 1 2 3 4"),
        ("{.spec.nested[*][*]}", "1 2 3"),
        ("{.spec.nested.*}", "[1,2] [3]"),
        ("{..r} {.spec.list..k}", "s x y z"),
        (r"{.metadata.annotations.eventing\.knative\.dev/broker\.class}", "MT"),
        (r"{.metadata.annotations['eventing\.knative\.dev/broker\.class']}", "MT"),
        ("{.metadata.annotations['eventing.knative.dev/broker.class']}", ""),
        ('{.status.conditions[?(@.type=="Ready")].status}', "True"),
        ("{.status.conditions[?(@.type=='A B')].status}", "False"),
        ('{.spec.list[?(@.k!="y")].v}', "1 3"),
        ('{.spec.list[?( @.k == "y" )].v}', "2"),
        ("{.spec.list[?(@.v>2)].v} {.spec.list[?(@.v<=2)].v}", "3 4 1 2"),
        ("{.spec.list[?(@.q)].k} {.spec.list[?(@.q.r=='s')].k}", "x x"),
        ("{.spec.list[?(@.t==true)].v}", "4"),
        ("{.spec.d[?(@>2)]}", "3 4"),
        ("{range .spec.list[*]}{.k}={.v};{end}.", "x=1;y=2;z=3;=4;."),
        ('{range .spec.list[*]}{.k}{"\\t"}{end}', "x\ty\tz\t\t"),
        ("{range .spec.nested[*]}{range @[*]}{@},{end};{end}", "1,2,;3,;"),
        ("{range .spec.nope[*]}never{end}done", "done"),
        (r"""{"a\tb\\c\"d"} {'x\'y'} {"\u00e9"}""", "a\tb\\c\"d x'y é"),
        ("{1} {1.50} {-3} {true} {false}", "1 1.5 -3 true false"),
    ],
)
def test_a_template_gives_what_kubectl_gives(text: str, expected: str) -> None:
    assert template(text).render(ITEM) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{.nope", "unclosed action"),
        ("{.spec\n}", "unclosed action"),
        ("{.spec.d[}", "unterminated array"),
        ("{.spec.d[a]}", "invalid array index a"),
        ("{.spec.d[?(@>2]}", "unterminated filter"),
        ('{"abc}', "unterminated quoted string"),
        (r'{"\d"}', r'unquote string "\d" error invalid syntax'),
        ("{....k}", "invalid multiple recursive descent"),
        ("{=}", "unrecognized character in action: U+003D '='"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused_in_kubectls_words(
    text: str, reason: str
) -> None:
    with pytest.raises(BadPath) as error:
        template(text)
    assert error.value.message == f"error parsing jsonpath {text}, {reason}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{.spec.d[9]}", "array index out of bounds: index 9, length 4"),
        ("{.spec.d[-9]}", "array index out of bounds: index -5, length 4"),
        ("{.spec.d[2:1]}", "starting index 2 is greater than ending index 1"),
        ("{.spec.d[0:2:0]}", "step must be > 0"),
        ("{.spec[0]}", "map[string]interface {} is not array or slice"),
        ("{.kind[0]}", "string is not array or slice"),
        ("{.spec.list[?(@.k==1)]}", "incompatible types for comparison"),
        ("{.spec.list[?(@.k=!'x')]}", "unrecognized filter operator =!"),
        ("{end}", "not in range, nothing to end"),
        ("{foo}", "unrecognized identifier foo"),
    ],
)
def test_what_an_object_cannot_answer_is_a_fault(text: str, reason: str) -> None:
    with pytest.raises(BadPath) as error:
        template(text).render(ITEM)
    assert error.value.message == f'error executing jsonpath "{text}": {reason}'


@pytest.mark.parametrize("text", ["metadata.name", ".metadata.name", "{.metadata.name}"])
def test_a_path_may_be_written_with_and_without_braces(text: str) -> None:
    assert compile_path(text).find(ITEM) == ["t"]


def test_a_path_gives_values_not_text() -> None:
    assert compile_path(".spec.list[?(@.v>2)]").find(ITEM) == ITEM["spec"]["list"][2:]
    assert compile_path(".spec.nope").find(ITEM) == []


def test_a_path_is_one_action() -> None:
    with pytest.raises(BadPath, match="unexpected path string"):
        compile_path("{.a}{.b}")
