"""A document becomes a resource, or every reason why it is none, each with its place."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kne.errors import ManifestErrors, Where
from kne.kinds.admission import Denial, admit, check_duplicates
from kne.kinds.config import Config
from kne.kinds.kept import Kept
from kne.kinds.registry import kinds
from kne.model.manifest import Document, parse
from kne.model.resource import Json, Key, Resource
from tests.kinds import fakes

FIND = fakes.registry().find
BROKER = "apiVersion: eventing.knative.dev/v1\nkind: Broker\n"
TRIGGER = "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: t}\n"


def admitted(text: str) -> Resource[Any]:
    (document,) = parse(text, "f")
    return admit(document, Config(), "ns", find=FIND)


def denials(text: str) -> list[Denial]:
    with pytest.raises(ManifestErrors) as caught:
        admitted(text)
    return [fault for fault in caught.value.faults if isinstance(fault, Denial)]


def denial(text: str) -> Denial:
    (found,) = denials(text)
    return found


def test_an_object_is_defaulted_and_its_spec_is_typed() -> None:
    it = admitted(f"{BROKER}metadata: {{name: b}}\nspec: {{delivery: {{retry: 3}}}}\n")
    assert it.key == Key("eventing.knative.dev", "Broker", "ns", "b")
    assert it.object["spec"] == {
        "delivery": {"retry": 3},
        "config": {"kind": "ConfigMap", "name": "default"},
    }
    assert it.spec.delivery.retry == 3
    assert it.spec.config["name"] == "default"
    assert it.origin == "f"
    assert it.where(("spec", "delivery", "retry")) == Where("f", 4, 19)


def test_the_document_is_left_as_it_was() -> None:
    (document,) = parse(f"{BROKER}metadata: {{name: b}}\nstatus: {{}}\n", "f")
    before = json.dumps(document.object)
    admit(document, Config(), "ns", find=FIND)
    assert json.dumps(document.object) == before


@pytest.mark.parametrize(("given", "found"), [("", "ns"), (", namespace: other", "other")])
def test_a_namespace_is_filled_in(given: str, found: str) -> None:
    it = admitted(f"{BROKER}metadata: {{name: b{given}}}\n")
    assert it.namespace == it.metadata["namespace"] == found


def test_an_object_without_namespaces_has_none() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, namespace: x}\n"
    it = admitted(text)
    assert it.key.namespace == ""
    assert it.metadata == {"name": "shop"}


def test_a_status_and_what_the_server_sets_are_dropped() -> None:
    text = (
        f"{BROKER}metadata:\n  name: b\n  uid: u\n  resourceVersion: '5'\n  generation: 3\n"
        "  creationTimestamp: null\n  managedFields: []\n  selfLink: /\nstatus: {x: 1}\n"
    )
    it = admitted(text)
    assert it.metadata == {"name": "b", "namespace": "ns"}
    assert "status" not in it.object


def test_a_kind_in_another_case_gets_its_own() -> None:
    it = admitted("apiVersion: eventing.knative.dev/v1\nkind: broker\nmetadata: {name: b}\n")
    assert it.object["kind"] == it.key.kind == "Broker"


def test_a_name_is_generated_and_stays_with_the_place_of_its_object() -> None:
    text = f"{BROKER}metadata: {{generateName: gen-}}\n"
    name = admitted(text).name
    assert name.startswith("gen-")
    assert admitted(text).name == name
    other = Document(parse(text, "f")[0].object, "api")
    names = {admit(other, Config(), "ns", find=FIND).name for _ in range(3)}
    assert len(names) == 3


def test_what_is_null_is_absent() -> None:
    it = admitted(f"{TRIGGER}spec: {{broker: b, delivery: , filter: {{attributes: {{type: }}}}}}\n")
    assert it.object["spec"] == {"broker": "b", "filter": {"attributes": {"type": ""}}}
    assert admitted(f"{BROKER}metadata: {{name: b}}\nspec:\n").spec.delivery is None


def test_all_faults_of_a_document_come_at_once_in_its_order() -> None:
    text = (
        f"{BROKER}metadata:\n  name: Bad_Name\n  nme: x\nspec:\n  foo: 1\n  delivery:\n"
        "    rety: 3\n    retry: x\nstats: {}\n"
    )
    assert [(str(each.where), each.stage, each.message) for each in denials(text)] == [
        ("f:5:3", "decode", 'strict decoding error: unknown field "metadata.nme"'),
        ("f:7:3", "decode", 'strict decoding error: unknown field "spec.foo"'),
        ("f:9:5", "decode", 'strict decoding error: unknown field "spec.delivery.rety"'),
        (
            "f:10:5",
            "decode",
            "json: cannot unmarshal string into Go struct field DeliverySpec.spec.delivery.retry "
            "of type int32",
        ),
        ("f:11:1", "decode", 'strict decoding error: unknown field "stats"'),
    ]


def test_faults_of_metadata_and_of_the_webhook_come_together() -> None:
    text = f"{BROKER}metadata: {{name: B}}\nspec: {{delivery: {{retry: -1, backoffDelay: 2s}}}}\n"
    assert [(each.stage, each.message[:40]) for each in denials(text)] == [
        ("object", 'metadata.name: Invalid value: "B": a low'),
        ("webhook", "invalid value: -1: spec.delivery.retry"),
        ("webhook", "invalid value: 2s: spec.delivery.backoff"),
    ]


def test_a_fault_of_the_webhook_keeps_its_details_and_its_hint() -> None:
    found = denial(f"{TRIGGER}spec: {{}}\n")
    assert (found.message, found.why) == ("missing field(s): spec.broker", "it has no default")
    assert str(found.where) == "f:4:1"
    assert str(found.fault) == "missing field(s): spec.broker\nit has no default"
    found = denial(f"{BROKER}metadata: {{name: b}}\nspec: {{delivery: {{backoffDelay: 2s}}}}\n")
    assert found.hint == "write PT2S"


def test_a_fault_of_a_key_stands_where_the_key_does() -> None:
    found = denial(f"{TRIGGER}spec:\n  broker: b\n  filter:\n    attributes: {{My-Attr: x}}\n")
    assert found.message == "invalid value: My-Attr: spec.filter.attributes[My-Attr]"
    assert str(found.where) == "f:7:18"


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        ("a: 1\n", "f:1:1", "apiVersion not set, kind not set", ""),
        (
            "apiversion: v1\nkind: ConfigMap\n",
            "f:1:1",
            "apiVersion not set",
            'write "apiVersion", not "apiversion"',
        ),
        ("apiVersion: 1\nkind: A\n", "f:1:1", "apiVersion must be a string", ""),
        (
            "apiVersion: eventing.knative.dev/v1\nkind: Borker\n",
            "f:2:1",
            'no matches for kind "Borker" in version "eventing.knative.dev/v1"',
            'did you mean "Broker"?',
        ),
        (
            "apiVersion: eventing.knative.dev/v1alpha1\nkind: Broker\n",
            "f:1:1",
            'no matches for kind "Broker" in version "eventing.knative.dev/v1alpha1"',
            "use eventing.knative.dev/v1",
        ),
        (
            f"{TRIGGER}broker: b\nspec: {{broker: b}}\n",
            "f:4:1",
            'strict decoding error: unknown field "broker"',
            '"broker" belongs to spec: check the indentation',
        ),
        (
            f"{TRIGGER}labels: {{}}\nspec: {{broker: b}}\n",
            "f:4:1",
            'strict decoding error: unknown field "labels"',
            '"labels" belongs to metadata: check the indentation',
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: x\n",
            "f:4:1",
            "json: cannot unmarshal string into Go struct field Deployment.spec of type "
            "v1.DeploymentSpec",
            "write a mapping",
        ),
        (
            f"{BROKER}metadata: []\n",
            "f:1:1",
            "metadata.name: Required value: name or generateName is required",
            "",
        ),
    ],
)
def test_a_fault_has_a_place_a_message_and_a_hint(
    text: str, where: str, message: str, hint: str
) -> None:
    found = denial(text)
    if "metadata: []" not in text:
        assert str(found.where) == where
    assert (found.message, found.hint) == (message, hint)


@pytest.mark.parametrize(
    ("kind", "name", "sound"),
    [
        ("v1 Namespace", "a.b", False),
        ("v1 Service", "1a", False),
        ("serving.knative.dev/v1 Service", "1a", False),
        ("v1 ConfigMap", "1.a", True),
        ("rbac.authorization.k8s.io/v1 ClusterRole", '"system:node"', True),
        ("rbac.authorization.k8s.io/v1 ClusterRole", "a/b", False),
    ],
)
def test_each_kind_has_its_rule_for_names(kind: str, name: str, sound: bool) -> None:
    api_version, _, kind = kind.partition(" ")
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    if sound:
        admitted(text)
    else:
        assert denial(text).stage == "object"


def test_what_a_loose_kind_holds_is_not_checked() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"
    it = admitted(f"{text}spec: {{replicas: 3, strategy: null}}\nodd: [1]\n")
    assert it.object["spec"] == {"replicas": 3, "strategy": None}
    assert it.object["odd"] == [1]
    assert admitted(f"{text}spec: {{replicas: many}}\n").object["spec"] == {"replicas": "many"}


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"


def test_a_config_map_and_a_secret_keep_their_fields() -> None:
    it = admitted(f"{CONFIG}data: {{a: b, c: }}\nbinaryData: {{d: aGk=}}\nimmutable: true\n")
    assert it.object["data"] == {"a": "b", "c": ""}
    assert it.object["binaryData"] == {"d": "aGk="}
    assert it.object["immutable"] is True
    it = admitted(f"{SECRET}data: {{a: aGk=}}\nstringData: {{b: c}}\ntype: Opaque\n")
    assert (it.object["stringData"], it.object["type"]) == ({"b": "c"}, "Opaque")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            f"{CONFIG}data: {{port: 8080}}\n",
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
            'put quotes around it: "8080"',
        ),
        (
            f"{CONFIG}dta: {{}}\n",
            'strict decoding error: unknown field "dta"',
            'did you mean "data"?',
        ),
        (
            f"{CONFIG}data: x\n",
            "json: cannot unmarshal string into Go struct field ConfigMap.data of type "
            "map[string]string",
            "write a mapping",
        ),
        (
            f"{SECRET}data: {{password: pa$$word}}\n",
            "illegal base64 data at input byte 2",
            "it must be base64; plain text belongs to stringData, or to data",
        ),
        (
            f"{SECRET}data: {{password: abcde}}\n",
            "illegal base64 data at input byte 4",
            "it must be base64; plain text belongs to stringData, or to data",
        ),
    ],
)
def test_fields_beside_the_metadata_are_checked(text: str, message: str, hint: str) -> None:
    found = denial(text)
    assert (found.message, found.hint, found.stage) == (message, hint, "decode")
    assert found.where
    assert found.where.line == 4


def test_a_default_that_does_not_fit_is_a_fault_and_no_crash() -> None:
    class Odd(fakes.Broker):
        def default(self, it: Json, config: Config) -> None:
            it["spec"] = {"delivery": {"retry": "many"}}

    (document,) = parse(f"{BROKER}metadata: {{name: b}}\n", "f")
    with pytest.raises(ManifestErrors) as caught:
        admit(document, Config(), "ns", find=lambda *_: Odd())
    assert "DeliverySpec.spec.delivery.retry" in str(caught.value)


def test_objects_of_one_key_are_told_with_both_places() -> None:
    text = f"{BROKER}metadata: {{name: b}}\n---\n" * 2 + f"{TRIGGER}spec: {{broker: b}}\n"
    resources = [admit(each, Config(), "ns", find=FIND) for each in parse(text, "f")]
    (found,) = check_duplicates(resources)
    assert found.message == (
        "broker/b in namespace ns is defined more than once: this one replaces the other"
    )
    assert str(found.where) == "f:5:1"


def test_objects_of_other_namespaces_are_others() -> None:
    text = f"{BROKER}metadata: {{name: b}}\n---\n{BROKER}metadata: {{name: b, namespace: x}}\n"
    resources = [admit(each, Config(), "ns", find=FIND) for each in parse(text, "f")]
    assert check_duplicates(resources) == []


WORDS = (
    "name namespace labels annotations broker filter filters subscriber ref uri kind apiVersion "
    "delivery retry steps branches channelTemplate template spec data exact any not cesql channel "
    "reply containers image ports selector copy model_config"
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "x", "PT1S"])),
    lambda inside: st.one_of(
        st.lists(inside, max_size=3),
        st.dictionaries(st.sampled_from(WORDS.split()), inside, max_size=4),
    ),
    max_leaves=15,
)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from([kind for kind in kinds().values() if not isinstance(kind, Kept)]),
    VALUES,
    st.one_of(st.just({"name": "x"}), VALUES),
)
def test_whatever_an_object_holds_it_is_admitted_or_refused(
    kind: Any, spec: Any, metadata: Any
) -> None:
    given = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec}
    with contextlib.suppress(ManifestErrors):
        assert admit(Document(given, "f"), Config(), "ns").name
