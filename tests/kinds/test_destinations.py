"""Destinations: their faults, and the URLs they mean."""

import pytest

from kne.kinds.base import Unresolved
from kne.kinds.config import Config
from kne.kinds.destinations import default_namespace, faults, plural, resolve
from kne.kinds.faults import report
from kne.kinds.kept import KEPT
from kne.model.duck import Destination
from kne.model.resource import Json
from tests.kinds.world import KINDS, World, key, world

SINK = ("eventing.knative.dev", "KafkaSink")
OBJECTS = """
apiVersion: v1
kind: Service
metadata: {name: plain}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: fancy}
spec: {template: {spec: {containers: [{image: x}]}}}
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: data}
"""
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def ref(api_version: str, kind: str, name: str, **more: str) -> Json:
    return {"ref": {"apiVersion": api_version, "kind": kind, "name": name, **more}}


def url(written: Json, it: World | None = None) -> str:
    it = it or world(OBJECTS)
    near = it.bench.objects[key("broker/default")]
    return resolve(Destination.model_validate(written), near, it.bench)


INGRESS = "http://broker-ingress.knative-eventing.svc.cluster.local"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({"uri": "http://a/b c"}, "http://a/b%20c"),
        (ref("v1", "Service", "plain"), "http://plain.default.svc.cluster.local"),
        (ref("v1", "Service", "fancy"), "http://fancy.default.svc.cluster.local"),
        (
            ref("serving.knative.dev/v1", "Service", "fancy"),
            "http://fancy.default.svc.cluster.local",
        ),
        (ref("eventing.knative.dev/v1", "Broker", "default"), f"{INGRESS}/default/default"),
        ({**ref("v1", "Service", "plain"), "uri": "/x?y=1"},
         "http://plain.default.svc.cluster.local/x?y=1"),
        ({**ref("eventing.knative.dev/v1", "Broker", "default"), "uri": "/extra"},
         f"{INGRESS}/extra"),
        ({**ref("eventing.knative.dev/v1", "Broker", "default"), "uri": "extra"},
         f"{INGRESS}/default/extra"),
        ({**ref("v1", "Service", "plain"), "CACerts": PEM},
         "https://plain.default.svc.cluster.local"),
    ],
)  # fmt: skip
def test_destinations_have_urls(written: Json, found: str) -> None:
    assert url(written) == found


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({}, "destination missing Ref and URI, expected at least one"),
        (
            {"uri": "/x"},
            'URI is not absolute (both scheme and host should be non-empty): "/x"',
        ),
        (
            {**ref("v1", "Service", "plain"), "uri": "http://a"},
            "absolute URI is not allowed when Ref or [apiVersion, kind, name] exists",
        ),
        (
            ref("v1", "Service", "none"),
            'failed to get object default/none: services "none" not found',
        ),
        (
            ref("eventing.knative.dev/v1", "Broker", "none", namespace="else"),
            'failed to get object else/none: brokers.eventing.knative.dev "none" not found',
        ),
        (
            ref("v1", "ConfigMap", "data"),
            "address not set for Kind = ConfigMap, Namespace = default, Name = data, "
            "APIVersion = v1, Group = , Address = ",
        ),
        (
            ref("eventing.knative.dev/v1", "Broker", "default", address="https"),
            'address with name "https" not found for Kind = Broker, Namespace = default, '
            "Name = default, APIVersion = eventing.knative.dev/v1, Group = , Address = https",
        ),
        (
            ref("x.dev/v1", "Policy", "p"),
            "failed to get lister for x.dev/v1, Resource=policies: "
            "the server could not find the requested resource",
        ),
        (
            ref("eventing.knative.dev/v1beta1", "Broker", "default"),
            "failed to get lister for eventing.knative.dev/v1beta1, Resource=brokers: "
            "the server could not find the requested resource",
        ),
    ],
)
def test_what_has_no_url_says_why_in_upstreams_words(written: Json, text: str) -> None:
    with pytest.raises(Unresolved) as error:
        url(written)
    assert error.value.message == text


def test_a_group_stands_for_its_version_if_the_feature_is_on() -> None:
    it = world(OBJECTS, features={"kreference-group": "enabled"})
    written = {"ref": {"group": "eventing.knative.dev", "kind": "Broker", "name": "default"}}
    assert url(written, it) == f"{INGRESS}/default/default"


def test_kinds_may_be_mapped_to_urls() -> None:
    mapping = """
apiVersion: v1
kind: ConfigMap
metadata: {name: config-kreference-mapping, namespace: knative-eventing}
data: {Queue.v1.x.dev: "http://{{ .Name }}.{{.Namespace}}.queues/{{ .SystemNamespace }}"}
"""
    it = world(OBJECTS, mapping, features={"kreference-mapping": "enabled"})
    found = url(ref("x.dev/v1", "Queue", "q"), it)
    assert found == "http://q.default.queues/knative-eventing"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"uri": "http://a"}, ""),
        (ref("v1", "Service", "x"), ""),
        (ref("v1", "Service", "x", namespace="other"), ""),
        ({"ref": {}}, "missing field(s): ref.apiVersion, ref.kind, ref.name"),
        ({"ref": {}, "uri": "/x"}, ""),
        (ref("v1", "Service", "x", group="g"), "must not set the field(s): ref.group"),
        ({"uri": ""}, "invalid value: Relative URI is not allowed when Ref and "
                      "[apiVersion, kind, name] is absent: uri"),
        ({"uri": "http://a", "CACerts": "nonsense"},
         "invalid value: CA Cert provided is invalid: caCert"),
        ({"uri": "http://a", "CACerts": PEM},
         "invalid value: CA Cert provided is invalid: caCert"),
        ({"uri": "http://a", "CACerts": PEM.replace("CERTIFICATE", "PRIVATE KEY")},
         "invalid value: CA Cert provided is not a certificate: caCert"),
        ({**ref("v1", "Service", "x"), "CACerts": "nonsense"}, ""),
    ],
)  # fmt: skip
def test_destinations_are_judged_in_upstreams_words(written: Json, text: str) -> None:
    assert report(faults(Destination.model_validate(written), Config())) == text


@pytest.mark.parametrize("broken", ["text", {"ref": "text"}, {"uri": "x"}, None])
def test_what_is_no_reference_gets_no_namespace(broken: object) -> None:
    before = repr(broken)
    default_namespace(broken, "shop")
    assert repr(broken) == before


@pytest.mark.parametrize(
    ("kind", "resource"),
    [("Broker", "brokers"), ("EventPolicy", "eventpolicies"), ("Bus", "buses")],
)
def test_resources_are_guessed_from_kinds(kind: str, resource: str) -> None:
    assert plural(kind) == resource


TRIGGER = """
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: t}
spec:
  broker: default
  subscriber: {ref: {apiVersion: API, kind: KIND, name: NAME}}
"""


def hint(api_version: str, kind: str, name: str, *more: str) -> str:
    text = TRIGGER.replace("API", api_version).replace("KIND", kind).replace("NAME", name)
    kinds = {**KINDS, SINK: KEPT[SINK]()}
    [problem] = world(OBJECTS, text, *more, kinds=kinds).problems
    return problem.hint


def test_a_service_that_is_no_knative_service_is_hinted_at() -> None:
    found = hint("serving.knative.dev/v1", "Service", "plain")
    assert found == "there is a service of that name: write apiVersion: v1"


def test_a_service_that_is_nowhere_is_to_be_added() -> None:
    assert hint("v1", "Service", "zzz") == 'add a service named "zzz"'


def test_an_unknown_kind_is_to_be_corrected() -> None:
    assert hint("v2", "Service", "plain") == "correct apiVersion and kind, or write a uri"


def test_what_kne_only_keeps_is_named_as_such() -> None:
    sink = (
        "{apiVersion: eventing.knative.dev/v1alpha1, kind: KafkaSink, metadata: {name: s}, "
        "spec: {}}"
    )
    found = hint("eventing.knative.dev/v1alpha1", "KafkaSink", "s", sink)
    assert found == "kne keeps objects of kind KafkaSink, and does not run them: write a uri"
