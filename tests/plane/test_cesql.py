"""CESQL gives what the standard asks for, and in Knative's dialect what Knative gives."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kne.plane.cesql.evaluate import expression
from kne.plane.cesql.explain import explain
from kne.plane.cesql.lint import oddities
from kne.plane.cesql.parser import DEEPEST, DialectName
from kne.plane.cesql.values import LARGEST, SMALLEST, Attributes, ParseError
from kne.plane.panic import CesqlPanic

EVENT = {"specversion": "1.0", "id": "1", "source": "/src", "type": "com.a"}
MISSING, CAST, MATH = "missingAttribute", "cast", "math"
FUNCTION, UNKNOWN = "functionEvaluation", "missingFunction"

DISPUTED = {
    "NOT 10": (False, None),  # the suite wants an error, against the language's own table of casts
    "x LIKE 123": (None, "parse"),  # the suite wants a value beside a parse error
}


def answer(source: str, attributes: Attributes, dialect: DialectName) -> tuple[Any, str | None]:
    try:
        outcome = expression(source, dialect).evaluate(attributes)
    except ParseError as error:
        return None, error.kind
    return outcome.value, outcome.error.kind if outcome.error else None


def test_every_case_of_the_official_suite(shared: Path) -> None:
    cases = json.loads((shared / "tck/cesql_tck.json").read_text("utf-8"))["cases"]
    assert len(cases) == 275
    for case in cases:
        source = case["expression"]
        attributes = case.get("event") or {**EVENT, **case.get("eventOverrides", {})}
        wanted = DISPUTED.get(source, (case.get("result"), case.get("error")))
        for dialect in ("standard", "knative"):
            got = answer(source, attributes, dialect)
            assert (source, dialect, got) == (source, dialect, wanted)
            assert type(got[0]) is type(wanted[0])


@pytest.mark.parametrize(
    ("source", "value", "error"),
    [
        # equal rank, from the right; AND and OR end with the left value
        ("FALSE AND TRUE OR TRUE", False, None),
        ("TRUE OR FALSE AND FALSE", True, None),
        ("TRUE XOR TRUE XOR TRUE", True, None),
        ("TRUE XOR TRUE AND FALSE", True, None),
        ("FALSE OR TRUE XOR TRUE", False, None),
        ("(FALSE AND TRUE) OR TRUE", True, None),
        # a missing attribute is an error
        ("region = 'x'", False, MISSING),
        ("NOT (region = 'x')", False, MISSING),
        ("region = 'x' OR type = 'com.a'", False, MISSING),
        ("type = 'com.a' OR region = 'x'", True, None),
        ("type = 'b' AND region = 'x'", False, None),
        ("subject = ''", False, MISSING),
        ("EXISTS subject", False, None),
        ("EXISTS time", False, None),
        ("EXISTS specversion AND EXISTS id AND EXISTS source AND EXISTS type", True, None),
        ("EXISTS blank", True, None),
        ("blank = ''", True, None),
        # names
        ("TYPE = 'com.a' AND exists Type", True, None),
        ("n - 1 = 4", True, None),
        # the left side becomes what the right one is
        ("n = 5", True, None),
        ("n = 'five'", False, None),
        ("type = 5", False, CAST),
        ("type != 5", False, CAST),
        ("flag = TRUE", True, None),
        ("type = TRUE", False, CAST),
        ("TRUE = 'true'", True, None),
        ("TRUE = 1", True, None),
        ("2 = TRUE", True, None),
        # numbers of 32 bits
        ("n > 4 AND n >= 5 AND n < 6 AND n <= 5", True, None),
        ("'b' > 'a'", False, CAST),
        ("n + '1' * 2 = 7", True, None),
        ("TRUE + TRUE", 2, None),
        ("-flag", 0, CAST),
        ("-TRUE", -1, None),
        ("2147483647 + 1", SMALLEST, None),
        ("-2147483648 - 1", LARGEST, None),
        ("65536 * 65536", 0, None),
        ("- (-2147483648)", SMALLEST, None),
        ("-2147483648 / -1", SMALLEST, None),
        ("-7 / 2", -3, None),
        ("7 / -2", -3, None),
        ("-7 % 2", -1, None),
        ("7 % -2", 1, None),
        ("1 / 0", 0, MATH),
        ("1 % 0", 0, MATH),
        ("'2147483648' + 0", 0, CAST),
        ("'+5' + 0", 5, None),
        ("' 5' + 0", 0, CAST),
        ("'1_0' + 0", 0, CAST),
        ("'٥' + 0", 0, CAST),
        ("'0000000000000000000000005' + 0", 5, None),
        # LIKE
        ("type LIKE 'com.%'", True, None),
        ("type LIKE 'COM.%'", False, None),
        ("type LIKE 'com._'", True, None),
        ("n LIKE '_'", True, None),
        ("TRUE LIKE 't%'", True, None),
        ("'ž' LIKE '_'", False, None),
        ("'ž' LIKE '__'", True, None),
        ("'žluť' LIKE '%u__'", True, None),
        # IN
        ("n IN (1, 5)", True, None),
        ("n IN ('5')", True, None),
        ("5 IN ('x', 5)", False, CAST),
        ("5 IN (5, 'x')", True, None),
        ("type IN (region, 'com.a')", False, MISSING),
        ("type IN ('com.a', region)", True, None),
        ("type NOT IN ('b')", True, None),
        # casts
        ("BOOL('TrUe')", True, None),
        ("BOOL('yes')", False, CAST),
        ("BOOL(7)", True, None),
        ("NOT 0", True, None),
        ("NOT 10", False, None),
        ("5 AND TRUE", True, None),
        ("'x' AND TRUE", False, CAST),
        # functions; text is bytes
        ("LENGTH('žluť')", 6, None),
        ("length(12)", 2, None),
        ("LENGTH(LEFT('ž', 1))", 1, None),
        ("LEFT('ž', 1) = 'ž'", False, None),
        ("CONCAT(LEFT('ž', 1), RIGHT('ž', 1)) = 'ž'", True, None),
        ("SUBSTRING('abc', 0)", "", None),
        ("SUBSTRING('abc', -2, 1)", "b", None),
        ("SUBSTRING('abc', 2, 99)", "bc", None),
        ("SUBSTRING('abc', 4)", "", FUNCTION),
        ("SUBSTRING('abc', 4, -1)", "", FUNCTION),
        ("SUBSTRING('abc', 0, -1)", "", None),
        ("LEFT('abc', -1)", "abc", FUNCTION),
        ("LENGTH(LEFT('abc', -1))", 0, FUNCTION),
        ("RIGHT('abc', 5)", "abc", None),
        ("UPPER('straße ŉ ᾳ')", "STRAßE ŉ ᾼ", None),
        ("LOWER('ÀΣİ')", "àσi", None),
        ("TRIM(' \u00a0\u2003x\u001f ')", "x\u001f", None),
        ("CONCAT_WS('-', 'a', 1, TRUE)", "a-1-true", None),
        ("ABS(-2147483648)", LARGEST, MATH),
        ("IS_INT('5') AND IS_INT(TRUE) AND NOT IS_INT('x')", True, None),
        ("IS_BOOL('FALSE') AND IS_BOOL(3) AND NOT IS_BOOL('x')", True, None),
        ("STRING(FALSE)", "false", None),
        ("FOO(1)", False, UNKNOWN),
        ("LENGTH()", False, UNKNOWN),
        ("LENGTH('a', 'b')", False, UNKNOWN),
        ("FOO(region)", False, UNKNOWN),
        ("LENGTH(region)", 0, MISSING),
        ("INT('x') = 0", False, CAST),
        ("KN_VERIFY_CORRELATION_ID('a:b:0', 'n', 'ns', 's', 0, 1)", False, None),
        # characters that mean nothing are not seen
        ("type = 'com.a';", True, None),
        ("type !!= 'com.a'", True, None),
        # refused
        ("type == 'com.a'", None, "parse"),
        ("a = = 1", None, "parse"),
        ("type =", None, "parse"),
        ("type IN ()", None, "parse"),
        ("'unterminated", None, "parse"),
        ("type LIKE foo", None, "parse"),
        ("my_ext = 'a'", None, "parse"),
        ("n -1 = 4", None, "parse"),
        ("99999999999 = 1", None, "parse"),
    ],
)
def test_knative_gives(source: str, value: Any, error: str | None) -> None:
    event = {**EVENT, "subject": "", "blank": "", "n": "5", "flag": "true"}
    got = answer(source, event, "knative")
    assert got == (value, error)
    assert type(got[0]) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        "SUBSTRING('abc', 1, -1)",
        "SUBSTRING('abc', 3, -2147483648)",
        "KN_VERIFY_CORRELATION_ID('a:b:0', 'n', 'ns', 's', 0, 0)",
    ],
)
def test_where_go_panics_so_does_the_dialect(source: str) -> None:
    it = expression(source)
    assert it.may_panic
    with pytest.raises(CesqlPanic):
        it.evaluate(EVENT)
    assert explain(it, EVENT).outcome == "panic"


def test_fields_of_cloudevents_0_3_are_found_by_their_new_names() -> None:
    old = {**EVENT, "specversion": "0.3", "schemaurl": "http://s", "datacontentencoding": "base64"}
    assert answer("dataschema = 'http://s'", old, "knative") == (True, None)
    assert answer("EXISTS schemaurl OR EXISTS datacontentencoding", old, "knative") == (False, None)
    new = {**EVENT, "schemaurl": "x"}
    assert answer("schemaurl = 'x' AND NOT EXISTS dataschema", new, "knative") == (True, None)


def test_the_zero_time_is_no_time() -> None:
    assert answer("EXISTS time", {"time": "0001-01-01T00:00:00Z"}, "knative") == (False, None)
    assert answer("time = '2026-01-02T03:04:05Z'", {"time": "2026-01-02T03:04:05Z"}, "knative") == (
        True,
        None,
    )


def test_a_long_chain_is_not_a_deep_one() -> None:
    chain = " OR ".join(f"type = 't{n}'" for n in range(5000))
    assert answer(chain, {"type": "t4999"}, "knative") == (True, None)
    assert answer(chain, {"type": "t4999"}, "standard") == (True, None)
    assert len(explain(expression(chain), {"type": "x"}).lines()) == 5001


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("(", ")"),
        ("NOT ", ""),
        ("NOT (", ")"),
        ("TRUE AND (FALSE OR ", ")"),
        ("1 + (", ")"),
        ("LENGTH(", ")"),
        ("1 IN (2, ", ")"),
    ],
)
def test_what_is_as_deep_as_may_be_can_be_asked_and_explained(opening: str, closing: str) -> None:
    times = DEEPEST // (1 + opening.count("(") + ("AND" in opening)) - 2
    it = expression(opening * times + "type" + closing * times)
    it.evaluate(EVENT)
    assert explain(it, EVENT).lines()
    list(oddities(it))


def test_a_chain_of_xor_ends_at_its_first_error() -> None:
    assert answer("TRUE XOR region XOR 1 / 0 = 1", EVENT, "knative") == (False, MISSING)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("type = 'a' AND source = 'b' AND id = 'c'", ""),
        ("(type = 'a' OR type = 'b') AND id = 'c'", ""),
        ("type = 'a' AND (id = 'b') OR id = 'c'", "type = 'a' AND (id = 'b' OR id = 'c')"),
        ("NOT type = 'a'", "(NOT type) = 'a'"),
        ("NOT type LIKE 'a'", "(NOT type) LIKE 'a'"),
        ("(NOT flag) = TRUE", ""),
        ("type NOT LIKE 'a'", ""),
        ("my-ext = 'a'", "my-ext is a subtraction"),
        ("my - ext = 1", ""),
        ("LENGTH(type)", "it gives a number"),
        ("type", "EXISTS type"),
        ("flag AND TRUE", ""),
        ("FOO(1) = 1", "there is no function FOO of 1 argument:"),
        ("type = 'a';;", "ignores these characters: ;"),
    ],
)
def test_what_would_surprise_is_said(source: str, words: str) -> None:
    said = list(oddities(expression(source)))
    assert len(said) == bool(words)
    assert all(words in it for it in said)


SIGNS = ("=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")
texts = st.sampled_from(["com.a", "5", "-1", "true", "x", "", "ž", "2147483648"])


@given(
    st.sampled_from(
        ["a {} b", "b {} a", "a {} 5", "NOT a {} b", "a {} 'x'", "-a {} b", "LENGTH(a) {} b"]
    ),
    st.sampled_from([*SIGNS, "<>", "AND", "OR", "XOR"]),
    st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(texts, st.integers(), st.booleans())),
)
def test_evaluation_never_raises(shape: str, sign: str, attributes: dict[str, Any]) -> None:
    for dialect in ("standard", "knative"):
        it = expression(shape.format(sign), dialect)
        outcome = it.evaluate(attributes)
        if not isinstance(outcome.value, str | bool):
            assert SMALLEST <= outcome.value <= LARGEST
        explain(it, attributes)
