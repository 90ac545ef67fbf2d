"""Objects of kinds that kne does not run are kept, and nobody is left wondering why they idle."""

import json
from pathlib import Path
from typing import Any

import pytest

from kne.errors import Where
from kne.kinds.admission import admit
from kne.kinds.config import Config
from kne.kinds.kept import KEPT, notices, plural_of
from kne.model.manifest import parse
from kne.model.resource import Resource
from tests.kinds import fakes

FIND = fakes.registry().find


def admitted(text: str) -> list[Resource[Any]]:
    return [admit(document, Config(), "ns", find=FIND) for document in parse(text, "f")]


def manifest(api_version: str, kind: str, name: str) -> str:
    return f"---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}}}\n"


def test_an_object_is_kept_as_it_was_written() -> None:
    text = manifest("sources.knative.dev/v1", "PingSource", "p") + "spec: {schedule: 5, x: null}\n"
    (it,) = admitted(text)
    assert it.object == {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "PingSource",
        "metadata": {"name": "p", "namespace": "ns"},
        "spec": {"schedule": 5, "x": None},
    }


def test_each_kind_that_does_not_run_is_told_once() -> None:
    ping = [manifest("sources.knative.dev/v1", "PingSource", f"p{n}") for n in range(5)]
    policy = manifest("eventing.knative.dev/v1alpha1", "EventPolicy", "e")
    found = notices(admitted("".join([*ping, policy])))
    assert [each.message for each in found] == [
        "pingsource/p0, pingsource/p1, pingsource/p2 and 2 more: kept, but kne does not run "
        "PingSources yet",
        "eventpolicy/e: kept, but kne does not enforce EventPolicies yet",
    ]
    assert [each.where for each in found] == [Where("f", 2, 1), Where("f", 22, 1)]


def test_plain_kinds_are_counted_in_one_line() -> None:
    rbac = "rbac.authorization.k8s.io/v1"
    text = manifest(rbac, "Role", "a") + manifest(rbac, "Role", "b")
    text += manifest("networking.k8s.io/v1", "NetworkPolicy", "np")
    text += manifest("monitoring.coreos.com/v1", "ServiceMonitor", "s")
    (found,) = notices(admitted(text))
    assert found.message == (
        "2 Roles, 1 NetworkPolicy, 1 ServiceMonitor: kept, but kne has no use for them"
    )


def test_an_old_version_is_told_in_the_api_servers_words() -> None:
    found = notices(admitted(manifest("sources.knative.dev/v1beta2", "PingSource", "p")))
    assert [each.message.partition(";")[0] for each in found] == [
        "pingsource/p: kept, but kne does not run PingSources yet",
        "sources.knative.dev/v1beta2 PingSource is deprecated",
    ]


def test_kinds_that_run_are_not_mentioned() -> None:
    assert notices(admitted(manifest("eventing.knative.dev/v1", "Broker", "b"))) == []


@pytest.mark.parametrize(("key", "kind"), KEPT.items(), ids=lambda part: str(part))
def test_every_kept_kind_loads_with_any_spec_in_each_of_its_versions(
    key: tuple[str, str], kind: Any
) -> None:
    for version in kind.versions:
        api_version = f"{key[0]}/{version}" if key[0] else version
        text = manifest(api_version, kind.kind, "x") + "spec: {any: [thing, 5]}\nelse: {}\n"
        (it,) = admitted(text)
        assert it.object["spec"] == {"any": ["thing", 5]}
        assert it.object["else"] == {}
        assert it.namespace == ("ns" if kind.namespaced else "")
        assert len(notices([it])) in (1, 2)


@pytest.mark.parametrize(
    ("kind", "plural"),
    [("Role", "Roles"), ("EventPolicy", "EventPolicies"), ("Ingress", "Ingresses")],
)
def test_a_plural_is_english(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural


def test_columns_of_kept_kinds_are_those_of_knative(shared: Path) -> None:
    tables = json.loads((shared / "transcripts/api/tables.json").read_text("utf-8"))
    checked = set()
    for name, table in tables.items():
        plural, _, version = name.partition("@")
        kinds = [kind for kind in KEPT.values() if kind.plural == plural]
        if kinds and version in ("", kinds[0].version):
            wanted = [(one["name"], one["type"], one["priority"]) for one in _columns(table)]
            found = [(one.name, one.type, one.wide) for one in kinds[0].columns]
            assert [("Name", "string", 0), *found] == wanted
            checked.add(plural)
    assert len(checked) == 11


def _columns(table: Any) -> list[dict[str, Any]]:
    """The column definitions of a recorded table, wherever they are in it."""
    if isinstance(table, dict):
        if "columnDefinitions" in table:
            return list(table["columnDefinitions"])
        table = list(table.values())
    if isinstance(table, list):
        return next((found for each in table if (found := _columns(each))), [])
    return []
