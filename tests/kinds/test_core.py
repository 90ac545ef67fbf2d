"""Kubernetes' own kinds."""

import pytest

from kne.kinds.config import Config
from kne.kinds.faults import report
from tests.kinds.world import KINDS, admitted, documents, world


def test_a_namespace_is_active_and_bears_its_name() -> None:
    it = world("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")
    found = it["ns/shop"]
    assert found["status"] == {"phase": "Active"}
    assert found["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}


def test_plain_text_in_a_secret_is_encoded() -> None:
    text = """
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {a: b2xk, b: b2xk}
stringData: {a: new}
"""
    found = admitted(documents(text)[0], Config()).object
    assert found["data"] == {"a": "bmV3", "b": "b2xk"}
    assert found["type"] == "Opaque"
    assert "stringData" not in found


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('{default-br-config: "clusterDefault: {}"}', ""),
        ("{}", 'ConfigMap is missing (or empty) key: "default-br-config": default-br-config'),
        ("{default-br-config: '{'}", "Failed to parse the entry: default-br-config"),
        ("{default-br-config: text}", "Failed to parse the entry: default-br-config"),
    ],
)
def test_maps_that_configure_knative_must_be_readable(data: str, text: str) -> None:
    [it] = documents(
        "{apiVersion: v1, kind: ConfigMap, "
        f"metadata: {{name: config-br-defaults, namespace: knative-eventing}}, data: {data}}}"
    )
    made = admitted(it, Config())
    found = report(KINDS[made.key[:2]].validate(made, Config()))
    assert found.split("\n")[0] == text


def test_other_maps_hold_what_they_like() -> None:
    [it] = documents("{apiVersion: v1, kind: ConfigMap, metadata: {name: config-br-defaults}}")
    made = admitted(it, Config())
    assert list(KINDS[made.key[:2]].validate(made, Config())) == []
