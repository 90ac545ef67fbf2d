"""Tables: the columns and cells that the API server gives, and its ages."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kne.api.discovery import Catalogue
from kne.api.table import age_of, human_duration, layout, rows, table
from kne.clock import run_virtual
from kne.kinds import registry
from kne.kinds.base import AGE, Column
from kne.model.resource import Json
from tests.api.small import KINDS, broker, kind, thing, trigger

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (20.9, "20s"),
        (119, "119s"),
        (120, "2m"),
        (5 * MINUTE + 3, "5m3s"),
        (10 * MINUTE + 3, "10m"),
        (179 * MINUTE, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 12 * MINUTE, "3h12m"),
        (13 * HOUR + MINUTE, "13h"),
        (47 * HOUR, "47h"),
        (48 * HOUR, "2d"),
        (3 * DAY + 5 * HOUR, "3d5h"),
        (8 * DAY + 5 * HOUR, "8d"),
        (729 * DAY, "729d"),
        (730 * DAY, "2y"),
        (800 * DAY, "2y70d"),
        (9 * 365 * DAY + 70 * DAY, "9y"),
    ],
)
def test_a_duration_is_written_as_kubectl_writes_ages(seconds: float, expected: str) -> None:
    assert human_duration(seconds) == expected


def test_an_age_is_counted_from_now() -> None:
    async def ages() -> list[str]:
        return [age_of("2026-01-01T00:00:00Z"), age_of(None), age_of("yesterday")]

    start = datetime(2026, 1, 1, 0, 5, 3, tzinfo=UTC)
    assert run_virtual(ages(), start=start) == ["5m3s", "<unknown>", "<invalid>"]


def served(group: str, name: str) -> Any:
    found = [it for it in Catalogue(KINDS) if (it.group, it.kind) == (group, name)]
    return found[0]


def cells(it: Json) -> list[Any]:
    """The cells of an object, without its age."""
    group = it["apiVersion"].rpartition("/")[0]
    shape = layout(served(group, it["kind"]))
    names = [one["name"] for one in shape.definitions]
    return [cell for name, cell in zip(names, shape.cells(it), strict=True) if name != "Age"]


def test_a_custom_kind_fills_its_columns_by_path() -> None:
    url = "http://broker-ingress.knative-eventing.svc.cluster.local/default/b1"
    assert cells(broker("b1")) == ["b1", url, "True", None, "MTChannelBasedBroker"]
    assert cells(trigger("t1")) == ["t1", "default", "http://sink.example.com/", "True", None]


def test_what_is_not_there_leaves_its_cell_empty() -> None:
    assert cells(thing("eventing.knative.dev/v1", "Trigger", "t1")) == ["t1", *[None] * 4]


def test_cells_follow_the_type_of_their_column() -> None:
    columns = (
        Column("Count", ".spec.n", type="integer"),
        Column("Text", ".spec.n"),
        Column("Map", ".spec"),
        Column("When", ".spec.n", type="date"),
        Column("First", ".spec.list[0]"),
        AGE,
    )
    (it,) = [it for it in Catalogue([kind("x.dev", "v1", "Odd", columns=columns)]) if it.group]
    found = layout(it).cells(thing("x.dev/v1", "Odd", "o", spec={"n": 3, "list": []}))
    assert found == ["o", 3, "3", '{"list":[],"n":3}', None, None, None]


def test_kubernetes_own_kinds_are_printed_as_by_kubernetes() -> None:
    assert cells(thing("v1", "Namespace", "n", "", status={"phase": "Active"})) == ["n", "Active"]
    assert cells(thing("v1", "ConfigMap", "c", data={"a": ""}, binaryData={"b": ""})) == ["c", 2]
    assert cells(thing("v1", "Secret", "s", data={"a": ""}, type="Opaque")) == ["s", "Opaque", 1]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"clusterIP": "10.0.0.1", "ports": [{"port": 80}], "selector": {"b": "1", "a": "2"}},
            ["ClusterIP", "10.0.0.1", "<none>", "80/TCP", "a=2,b=1"],
        ),
        (
            {"type": "ExternalName", "externalName": "x.local", "ports": [{"port": 80}]},
            ["ExternalName", "<none>", "x.local", "80/TCP", "<none>"],
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30000, "protocol": "UDP"}]},
            ["NodePort", "<none>", "<none>", "80:30000/UDP", "<none>"],
        ),
        ({"type": "LoadBalancer"}, ["LoadBalancer", "<none>", "<pending>", "<none>", "<none>"]),
    ],
)
def test_a_service_is_printed_by_its_type(spec: Json, expected: list[str]) -> None:
    assert cells(thing("v1", "Service", "s", spec=spec))[1:] == expected


def test_a_deployment_and_a_pod_tell_how_many_are_ready() -> None:
    containers = [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:2"}]
    spec = {
        "replicas": 2,
        "template": {"spec": {"containers": containers}},
        "selector": {"matchLabels": {"app": "d"}},
    }
    status = {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1}
    deployment = thing("apps/v1", "Deployment", "d", spec=spec, status=status)
    assert cells(deployment) == ["d", "1/2", 2, 1, "a,b", "x:1,y:2", "app=d"]
    states: list[Json] = [
        {"ready": True, "restartCount": 2},
        {"ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
    ]
    running = {"phase": "Running", "podIP": "10.0.0.2", "containerStatuses": states}
    pod = thing("v1", "Pod", "p", spec={"containers": containers}, status=running)
    found = ["p", "1/2", "CrashLoopBackOff", "2", "10.0.0.2", "<none>", "<none>", "<none>"]
    assert cells(pod) == found


def test_an_event_tells_what_it_is_about() -> None:
    it = thing(
        "v1",
        "Event",
        "e1",
        involvedObject={"kind": "Broker", "name": "b1"},
        type="Normal",
        reason="Made",
        message=" done ",
        source={"component": "kne"},
    )
    never = "<unknown>"
    expected = [never, "Normal", "Made", "broker/b1", "", "kne", "done", never, 1, "e1"]
    assert cells(it) == expected


def test_a_row_carries_of_the_object_what_was_asked_for() -> None:
    it, of = trigger("t1"), served("eventing.knative.dev", "Trigger")
    (whole,), (none,), (part,) = (rows(of, [it], one, "v1") for one in ("Object", "None", ""))
    assert whole["object"] is it
    assert none["object"] is None
    assert part["object"] == {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": it["metadata"],
    }


def test_a_table_without_columns_says_so() -> None:
    assert table([], {}, None, "v1beta1")["columnDefinitions"] is None


def heads(definitions: list[Json], *, described: bool) -> list[tuple[str, ...]]:
    words = ("name", "type", "format", "priority", *(("description",) if described else ()))
    return [tuple(str(one[word]).replace("'", '"') for word in words) for one in definitions]


def test_columns_are_those_of_a_real_api_server(shared: Path) -> None:
    recorded = json.loads((shared / "transcripts/api/tables.json").read_text())
    catalogue = Catalogue(registry.kinds().values())
    seen = set()
    for it in recorded.values():
        parts = it["path"].partition("?")[0].strip("/").split("/")
        core = parts[0] == "api"
        group, version = ("", parts[1]) if core else (parts[1], parts[2])
        rest = parts[2 if core else 3 :]
        plural = rest[2] if len(rest) > 2 else rest[0]
        found = catalogue.find(group, version, plural)
        own = group in ("", "apps")
        if found and (group.endswith("knative.dev") or own):
            seen.add(plural)
            real = heads(it["response"]["columnDefinitions"], described=not own)
            assert heads(list(layout(found).definitions), described=not own) == real, plural
    assert {"brokers", "triggers", "pingsources", "configmaps", "services", "events"} <= seen
