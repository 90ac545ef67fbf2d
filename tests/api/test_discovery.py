"""Discovery: what is served, in which order, in both forms."""

import json
from pathlib import Path
from typing import Any

from kne.api.discovery import AGGREGATED, Catalogue
from kne.kinds import registry
from kne.model.resource import Json
from tests.api.small import EVENTING, KINDS, Shop, kind, served

ASKED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)


async def document(path: str, **headers: str) -> Json:
    async with served(Shop()) as session, session.get(path, headers=headers) as response:
        assert response.status == 200
        found: Json = await response.json(content_type=None)
        return found


def test_core_comes_first_then_kubernetes_own_groups_then_the_others_by_name() -> None:
    assert list(Catalogue(KINDS).groups) == [
        "",
        "apps",
        "eventing.knative.dev",
        "messaging.knative.dev",
        "serving.knative.dev",
    ]


def test_the_stablest_version_comes_first() -> None:
    versions = ["v1alpha1", "v2", "v1beta1", "v1", "v1beta2", "v10", "odd"]
    kinds = [kind("x.dev", one, f"K{at}") for at, one in enumerate(versions)]
    ordered = ["v10", "v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "odd"]
    assert Catalogue(kinds).groups["x.dev"] == ordered


def test_events_are_served_even_if_no_kind_makes_them() -> None:
    assert Catalogue([]).find("", "v1", "events") is not None


async def test_the_plain_lists_name_groups_and_versions() -> None:
    assert (await document("/api"))["versions"] == ["v1"]
    groups = (await document("/apis"))["groups"]
    eventing = next(it for it in groups if it["name"] == EVENTING)
    assert eventing["preferredVersion"] == {
        "groupVersion": "eventing.knative.dev/v1",
        "version": "v1",
    }
    assert [it["version"] for it in eventing["versions"]] == ["v1", "v1beta2"]
    alone = await document(f"/apis/{EVENTING}")
    assert alone == {"kind": "APIGroup", "apiVersion": "v1", **eventing}


async def test_a_version_lists_its_resources_with_their_words() -> None:
    found = await document("/apis/messaging.knative.dev/v1")
    assert found["groupVersion"] == "messaging.knative.dev/v1"
    assert found["apiVersion"] == "v1"
    names = [it["name"] for it in found["resources"]]
    assert names == ["channels", "channels/status", "inmemorychannels", "inmemorychannels/status"]
    assert found["resources"][2] == {
        "name": "inmemorychannels",
        "singularName": "inmemorychannel",
        "namespaced": True,
        "kind": "InMemoryChannel",
        "verbs": ["get", "list", "watch"],
        "shortNames": ["imc"],
        "categories": ["all", "knative", "messaging", "channel"],
    }
    core = await document("/api/v1")
    assert "apiVersion" not in core
    assert {"namespaces", "events"} <= {it["name"] for it in core["resources"]}


async def test_everything_comes_in_one_document_for_those_who_ask_for_it() -> None:
    async with served(Shop()) as session:
        for path in ("/api", "/apis"):
            async with session.get(path, headers={"Accept": ASKED}) as response:
                assert response.headers["Content-Type"] == AGGREGATED.format("v2")
                found = await response.json(content_type=None)
                assert found["apiVersion"] == "apidiscovery.k8s.io/v2"
                names = [it["metadata"].get("name") for it in found["items"]]
                assert names == [None] if path == "/api" else names[0] == "apps"


async def test_what_has_not_changed_is_not_sent_again() -> None:
    async with served(Shop()) as session:
        async with session.get("/apis", headers={"Accept": ASKED}) as response:
            tag = response.headers["Etag"]
        again = {"Accept": ASKED, "If-None-Match": tag}
        async with session.get("/apis", headers=again) as response:
            assert response.status == 304
            assert await response.read() == b""


async def test_openapi_knows_each_kind_and_that_fields_are_checked() -> None:
    index = (await document("/openapi/v3"))["paths"]
    path = f"apis/{EVENTING}/v1"
    assert index[path] == {"serverRelativeURL": f"/openapi/v3/{path}"}
    assert "api/v1" in index
    found = await document(f"/openapi/v3/{path}")
    schema = found["components"]["schemas"]["dev.knative.eventing.v1.Trigger"]
    triple = {"group": EVENTING, "version": "v1", "kind": "Trigger"}
    assert schema["x-kubernetes-group-version-kind"] == [triple]
    patch = found["paths"][f"/{path}/namespaces/{{namespace}}/triggers/{{name}}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == triple
    assert [it["name"] for it in patch["parameters"]] == ["fieldValidation"]


async def test_what_is_not_there_is_not_found() -> None:
    paths = ("/openapi/v2", "/openapi/v3/apis/no.dev/v1", "/api/v2", "/apis/no.dev", "/nope")
    async with served(Shop()) as session:
        for path in (*paths, f"/apis/{EVENTING}/v9"):
            async with session.get(path) as response:
                assert (response.status, await response.text()) == (404, "404 page not found\n")


def described(items: list[Any]) -> dict[tuple[str, ...], Json]:
    """Resources as aggregated discovery has them, without what kne serves differently."""
    return {
        (it["metadata"].get("name", ""), version["version"], one["resource"]): {
            name: value for name, value in one.items() if name not in ("verbs", "subresources")
        }
        for it in items
        for version in it["versions"]
        for one in version["resources"]
    }


async def test_kinds_are_described_as_by_a_real_api_server(shared: Path) -> None:
    recorded = json.loads((shared / "transcripts/api/discovery.json").read_text())
    real = next(
        described(it["response"]["items"])
        for it in recorded
        if it["path"] == "/apis" and "APIGroupDiscoveryList" in it["headers"]["Accept"]
    )
    async with (
        served(Shop(), kinds=registry.kinds().values()) as session,
        session.get("/apis", headers={"Accept": ASKED}) as response,
    ):
        ours = described((await response.json(content_type=None))["items"])
    common = {key for key in ours.keys() & real.keys() if key[0].endswith("knative.dev")}
    assert {key: ours[key] for key in common} == {key: real[key] for key in common}
    assert (EVENTING, "v1", "triggers") in common
