"""Knative Services, and how any service is served."""

import pytest

from kne.kinds.base import Builtin, Mock, Process, Url
from kne.kinds.config import Config
from kne.kinds.faults import report
from tests.kinds.world import KINDS, World, admitted, documents, key, world


def ksvc(image: str = "x", meta: str = "", template: str = "", env: str = "") -> str:
    return f"""
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {{name: shop, annotations: {{{meta}}}}}
spec:
  template:
    metadata: {{annotations: {{{template}}}}}
    spec: {{containers: [{{image: "{image}", env: [{env}]}}]}}
"""


def by(it: World, name: str = "ksvc/shop") -> object:
    return it.bench.parts.servings[key(name)].by


def test_a_knative_service_is_ready_at_its_address() -> None:
    it = world(ksvc())
    url = "http://shop.default.svc.cluster.local"
    status = it.status("ksvc/shop")
    assert (status["url"], status["address"]) == (url, {"url": url})
    assert status["latestCreatedRevisionName"] == "shop-00001"
    assert status["latestReadyRevisionName"] == "shop-00001"
    assert [c["type"] for c in status["conditions"]] == [
        "ConfigurationsReady",
        "Ready",
        "RoutesReady",
    ]
    assert it.condition("ksvc/shop")[0] == "True"
    assert it.bench.parts.servings[key("ksvc/shop")].address == url


def test_a_revision_may_have_a_name_of_its_own() -> None:
    text = ksvc().replace("metadata: {annotations: {}}", "metadata: {name: shop-blue}")
    assert world(text).status("ksvc/shop")["latestReadyRevisionName"] == "shop-blue"


@pytest.mark.parametrize(
    "image",
    [
        "example.com/knative-releases/knative.dev/eventing/cmd/event_display",
        "images.example.com/knative-sample/event-display:v1211-action",
        "ko://knative.dev/eventing/cmd/event_display",
        "localhost:5000/event_display@sha256:0123",
        "example.com/x/event_display-864884f202126ec3150c5fcef437d90c@sha256:93cb4dcda8fee80a1f68662ae",
        "my-event-display",
    ],
)
def test_event_display_is_played_whatever_its_registry(image: str) -> None:
    found = by(world(ksvc(image, env="{name: ACTION, value: drink water}")))
    assert found == Builtin("event_display", (("ACTION", "drink water"),))


def test_appender_is_played_with_its_environment() -> None:
    image = "example.com/knative-releases/knative.dev/eventing/cmd/appender"
    found = by(world(ksvc(image, env="{name: MESSAGE, value: ' - one'}")))
    assert found == Builtin("appender", (("MESSAGE", " - one"),))


@pytest.mark.parametrize("image", ["log-appender", "eventdisplays", "event_display/app"])
def test_other_images_are_mocked(image: str) -> None:
    assert by(world(ksvc(image))) == Mock()


@pytest.mark.parametrize("where", ["meta", "template"])
def test_an_annotation_says_what_to_run(where: str) -> None:
    it = world(ksvc("event-display", **{where: 'kne.dev/run: "python app.py"'}))
    assert by(it) == Process("python app.py", "", ())


def test_an_annotation_says_where_it_runs_already() -> None:
    assert by(world(ksvc(meta='kne.dev/url: "http://localhost:3000"'))) == Url(
        "http://localhost:3000"
    )


ENV = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {A: "1", B-: "2"}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {K: c2VjcmV0, broken: "%"}
stringData: {P: plain}
"""


def test_a_process_gets_the_environment_of_its_container() -> None:
    variables = """
      {name: X, value: "$(A)/$(NONE)/$$(A)"},
      {name: K, valueFrom: {secretKeyRef: {name: keys, key: K}}},
      {name: P, valueFrom: {secretKeyRef: {name: keys, key: P}}},
      {name: B, valueFrom: {configMapKeyRef: {name: settings, key: B-}}},
      {name: GONE, valueFrom: {configMapKeyRef: {name: settings, key: none}}},
      {name: N, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    """
    text = ksvc(meta="kne.dev/run: run", env=variables).replace(
        'image: "x"', 'image: "x", envFrom: [{configMapRef: {name: settings}}]'
    )
    found = by(world(ENV, text))
    assert isinstance(found, Process)
    assert dict(found.env) == {
        "A": "1",
        "B-": "2",
        "X": "1/$(NONE)/$(A)",
        "K": "secret",
        "P": "plain",
        "B": "2",
        "N": "shop",
    }


SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: shop, annotations: {}}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-v1, annotations: {}}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop, tier: front}, annotations: {}}
    spec: {containers: [{name: main, image: "cmd/event_display", env: [{name: A, value: b}]}]}
"""


def test_a_service_finds_its_image_in_the_deployment_that_it_selects() -> None:
    it = world(SERVICE, DEPLOYMENT)
    assert by(it, "svc/shop") == Builtin("event_display", (("A", "b"),))
    assert it.status("svc/shop") == {"loadBalancer": {}}
    assert it.status("deployment/shop-v1")["availableReplicas"] == 1


def test_a_service_finds_its_image_in_a_pod() -> None:
    pod = """
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {app: shop}}
spec: {containers: [{name: c, image: event-display}]}
"""
    it = world(SERVICE, pod)
    assert by(it, "svc/shop") == Builtin("event_display")
    assert it.status("pod/p")["phase"] == "Running"
    assert world(pod).status("pod/p") == {"phase": "Pending"}


def test_a_service_that_selects_nothing_is_mocked() -> None:
    other = DEPLOYMENT.replace("app: shop, tier", "app: other, tier")
    it = world(SERVICE, other)
    assert by(it, "svc/shop") == Mock()
    assert "availableReplicas" not in it.status("deployment/shop-v1")


@pytest.mark.parametrize(
    ("service", "deployment", "template", "command"),
    [("1", "2", "3", "1"), ("", "2", "3", "2"), ("", "", "3", "3")],
)
def test_the_annotation_nearest_to_the_service_counts(
    service: str, deployment: str, template: str, command: str
) -> None:
    def annotated(text: str, part: str, value: str) -> str:
        return text.replace(part, part[:-2] + f'{{kne.dev/run: "{value}"}}') if value else text

    workload = annotated(DEPLOYMENT, "shop-v1, annotations: {}", deployment)
    workload = annotated(workload, "front}, annotations: {}", template)
    it = world(annotated(SERVICE, "shop, annotations: {}", service), workload)
    assert by(it, "svc/shop") == Process(command, "", (("A", "b"),))


def test_services_of_channels_are_served_by_nobody() -> None:
    it = world(
        "{apiVersion: messaging.knative.dev/v1, kind: InMemoryChannel, metadata: {name: pipe}}"
    )
    assert it.children("svc") == ["pipe-kn-channel"]
    assert it.bench.parts.servings == {}


def test_an_external_name_is_a_server_that_runs_already() -> None:
    text = SERVICE.replace("{selector: {app: shop}", "{type: ExternalName, externalName: a.com")
    assert by(world(text), "svc/shop") == Url("http://a.com")


def test_a_knative_service_is_found_by_kubernetes_references_too() -> None:
    it = world(ksvc())
    assert it["svc/shop"]["spec"]["type"] == "ExternalName"
    assert list(it.bench.parts.servings) == [key("ksvc/shop")]
    assert it.problems == []


def test_two_services_of_one_address_are_told() -> None:
    it = world(ksvc(), SERVICE)
    assert list(it.bench.parts.servings) == [key("ksvc/shop")]
    [problem] = it.problems
    assert problem.message == (
        'Knative service "shop" has the address of a service of the same name'
    )


def test_a_service_is_filled_in_as_kubernetes_does() -> None:
    spec = admitted(documents(SERVICE)[0], Config()).object["spec"]
    assert spec["ports"] == [{"port": 80, "targetPort": 8080, "protocol": "TCP"}]
    assert (spec["type"], spec["sessionAffinity"]) == ("ClusterIP", "None")
    assert spec["clusterIPs"] == [spec["clusterIP"]]


def judged(text: str) -> str:
    made = admitted(documents(text)[0], Config())
    return report(KINDS[made.key[:2]].validate(made, Config()))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ksvc(), ""),
        (
            ksvc(meta="kne.dev/run: ' '"),
            "no command: metadata.annotations[kne.dev/run]",
        ),
        (
            ksvc(template="kne.dev/url: localhost:3000"),
            '"localhost:3000" is no URL of a server: '
            "spec.template.metadata.annotations[kne.dev/url]",
        ),
        (
            ksvc(meta="kne.dev/run: x, kne.dev/url: http://a"),
            "kne.dev/run is there too: metadata.annotations[kne.dev/url]",
        ),
        (
            SERVICE.replace("annotations: {}", "annotations: {kne.dev/url: x}"),
            '"x" is no URL of a server: metadata.annotations[kne.dev/url]',
        ),
        (
            DEPLOYMENT.replace("front}, annotations: {}", "front}, annotations: {kne.dev/run: ''}"),
            "no command: spec.template.metadata.annotations[kne.dev/run]",
        ),
        (ksvc(image=""), "missing field(s): spec.template.spec.containers[0].image"),
        (
            "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: s}, spec: {}}",
            "missing field(s): spec.template.spec.containers",
        ),
    ],
)
def test_services_are_judged(text: str, fault: str) -> None:
    assert judged(text) == fault
