"""Kinds are found by version, by name and by the words of a command line, and only then loaded."""

import re
import subprocess
import sys
from typing import Any

import pytest

from kne.kinds.kept import KEPT
from kne.kinds.registry import EMULATED, Registry, UnknownKind, by_resource, find, kinds
from tests.kinds import fakes

REGISTRY = fakes.registry()


def unknown(api_version: str, kind: str) -> UnknownKind:
    with pytest.raises(UnknownKind) as caught:
        REGISTRY.find(api_version, kind)
    return caught.value


def test_a_kind_is_found_by_its_version_and_name() -> None:
    found = REGISTRY.find("eventing.knative.dev/v1", "Broker")
    assert isinstance(found, fakes.Broker)
    assert REGISTRY.find("eventing.knative.dev/v1", "Broker") is found
    assert REGISTRY["eventing.knative.dev", "Broker"] is found


@pytest.mark.parametrize("kind", ["broker", "BROKER", "bRoKeR"])
def test_a_kind_is_found_in_any_case_as_kubectl_finds_it(kind: str) -> None:
    assert REGISTRY.find("eventing.knative.dev/v1", kind).kind == "Broker"


def test_versions_of_a_kind_are_one_kind() -> None:
    found = {id(REGISTRY.find(f"sources.knative.dev/{v}", "PingSource")) for v in ("v1", "v1beta2")}
    assert len(found) == 1
    assert REGISTRY.api_versions("sources.knative.dev", "PingSource") == (
        "sources.knative.dev/v1",
        "sources.knative.dev/v1beta2",
    )


@pytest.mark.parametrize(
    ("api_version", "kind", "field", "hint"),
    [
        ("eventing.knative.dev/v1", "Borker", "kind", 'did you mean "Broker"?'),
        ("sources.knative.dev/v1", "PingSorce", "kind", 'did you mean "PingSource"?'),
        ("example.com/v1", "Triger", "kind", 'did you mean "Trigger" of eventing.knative.dev/v1?'),
        ("eventing.knative.dev/v1alpha1", "Broker", "apiVersion", "use eventing.knative.dev/v1"),
        ("eventing.knative.dev/v9", "trigger", "apiVersion", "use eventing.knative.dev/v1"),
        ("v1", "Broker", "apiVersion", "use eventing.knative.dev/v1"),
        ("serving.knative.dev/v1beta1", "Service", "apiVersion", "use serving.knative.dev/v1"),
        ("servin.knative.dev/v1", "Service", "apiVersion", "use serving.knative.dev/v1"),
        ("v1beta1", "Service", "apiVersion", "use v1"),
        ("extensions/v1beta1", "Deployment", "apiVersion", "use apps/v1"),
        ("example.com/v1", "Gadget", "kind", ""),
        ("v1", "", "kind", ""),
        (
            "kustomize.config.k8s.io/v1beta1",
            "Kustomization",
            "kind",
            "kne reads plain manifests: render it first, with kubectl kustomize FOLDER",
        ),
    ],
)
def test_an_unknown_kind_is_refused_in_kubectls_words(
    api_version: str, kind: str, field: str, hint: str
) -> None:
    error = unknown(api_version, kind)
    assert error.message == f'no matches for kind "{kind}" in version "{api_version}"'
    assert (error.field, error.hint) == (field, hint)


def test_a_version_of_three_parts_is_none() -> None:
    assert unknown("a/b/c", "Broker").message == "unexpected GroupVersion string: a/b/c"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("brokers", "Broker"),
        ("broker", "Broker"),
        ("Broker", "Broker"),
        ("trig", "Trigger"),
        ("triggers.eventing.knative.dev", "Trigger"),
        ("trig.eventing.knative.dev", "Trigger"),
        ("triggers.v1.eventing.knative.dev", "Trigger"),
        ("pingsources.v1beta2.sources.knative.dev", "PingSource"),
        ("rr", "RequestReply"),
        ("cm", "ConfigMap"),
        ("configmaps", "ConfigMap"),
        ("crd", "CustomResourceDefinition"),
        ("eventpolicies", "EventPolicy"),
        ("ingresses", "Ingress"),
    ],
)
def test_a_word_of_the_command_line_means_a_kind(word: str, kind: str) -> None:
    found = REGISTRY.by_resource(word)
    assert found
    assert found.kind == kind


def test_of_two_kinds_with_one_name_the_group_tells() -> None:
    def group(word: str) -> str | None:
        found = REGISTRY.by_resource(word)
        return found.group if found else None

    assert group("services") == ""
    assert group("services.serving.knative.dev") == "serving.knative.dev"
    assert group("ksvc") == "serving.knative.dev"


@pytest.mark.parametrize(
    "word", ["", "nothing", "brokers.example.com", "brokers.v2", "eventing.knative.dev"]
)
def test_other_words_mean_no_kind(word: str) -> None:
    assert REGISTRY.by_resource(word) is None


def test_it_is_a_mapping_of_groups_and_names() -> None:
    assert len(REGISTRY) == len(fakes.FAKES) + len(KEPT) == len(list(REGISTRY))
    assert ("eventing.knative.dev", "Broker") in REGISTRY
    assert REGISTRY.get(("eventing.knative.dev", "Borker")) is None
    assert {key for key, kind in REGISTRY.items() if (kind.group, kind.kind) != key} == set()


def test_a_kind_is_imported_when_it_is_asked_for() -> None:
    registry = Registry({("a/v1", "A"): "no.such.module:A", **fakes.FAKES}, {})
    assert registry.find("v1", "Secret").plural == "secrets"
    with pytest.raises(ModuleNotFoundError):
        registry.find("a/v1", "A")


def test_asking_for_one_kind_does_not_import_the_others() -> None:
    program = (
        "import sys; from kne.kinds.registry import find; find('sources.knative.dev/v1', "
        "'PingSource'); print([m for m in sys.modules if m in ('kne.kinds.flows', "
        "'kne.kinds.serving', 'kne.kinds.eventing')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


@pytest.mark.parametrize(("key", "target"), EMULATED.items(), ids=lambda part: str(part))
def test_every_emulated_kind_is_where_the_table_says(key: tuple[str, str], target: str) -> None:
    found = find(*key)
    assert (found.api_version, found.kind) == key
    assert type(found).__module__.startswith("kne.kinds.")
    assert by_resource(f"{found.plural}.{found.group}".rstrip(".")) is found


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: str(type(kind).__name__))
def test_every_kind_says_what_it_is(kind: Any) -> None:
    assert re.fullmatch("[a-z]+", kind.plural)
    assert re.fullmatch("[A-Z][A-Za-z]+", kind.kind)
    assert re.fullmatch(r"v[0-9]+((alpha|beta)[0-9]+)?", kind.version)
    assert kind.columns


def test_no_two_kinds_of_one_group_share_a_name() -> None:
    seen: set[tuple[str, str]] = set()
    for kind in kinds().values():
        for name in {kind.plural, kind.kind.lower(), *kind.short_names}:
            assert (kind.group, name) not in seen
            seen.add((kind.group, name))
