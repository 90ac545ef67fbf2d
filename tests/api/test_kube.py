"""Get and list, in the forms and with the errors of a Kubernetes API server."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kne.control.store import Store
from kne.model.resource import Json, Key
from tests.api.small import EVENTING, TABLE, Shop, served, shop, thing, trigger

V1 = f"/apis/{EVENTING}/v1"
TRIGGERS = f"{V1}/namespaces/default/triggers"


async def ask(
    session: aiohttp.ClientSession, path: str, accept: str = "application/json", **query: str
) -> Json:
    async with session.get(path, params=query, headers={"Accept": accept}) as response:
        found: Json = await response.json()
        assert response.headers["Content-Type"] == "application/json"
        assert response.status == found.get("code", 200)
        return found


async def get(path: str, accept: str = "application/json", **query: str) -> Json:
    async with served(shop()) as session:
        return await ask(session, path, accept, **query)


def names(found: Json) -> list[str]:
    return [it["metadata"]["name"] for it in found["items"]]


async def test_an_object_comes_as_it_is_kept() -> None:
    found = await get(f"{TRIGGERS}/t1")
    assert (found["kind"], found["metadata"]["name"]) == ("Trigger", "t1")
    assert found["spec"] == trigger("t1")["spec"]
    assert (await get(f"{TRIGGERS}/t1/status")) | {"metadata": {}} == found | {"metadata": {}}
    assert (await get("/api/v1/namespaces/billing"))["status"] == {"phase": "Active"}
    assert (await get("/api/v1/namespaces/billing/status"))["kind"] == "Namespace"


async def test_a_list_holds_one_namespace_or_all_sorted_by_name() -> None:
    found = await get(TRIGGERS)
    assert (found["kind"], found["apiVersion"], names(found)) == (
        "TriggerList",
        f"{EVENTING}/v1",
        ["t1", "t2"],
    )
    assert names(await get(f"{V1}/triggers")) == ["t3", "t1", "t2"]
    assert names(await get(f"{V1}/namespaces/nowhere/triggers")) == []
    assert names(await get("/api/v1/namespaces")) == ["billing", "default"]
    assert names(await get("/api/v1/namespaces/default/events")) == []


async def test_a_list_tells_the_version_of_the_store() -> None:
    it = shop()
    async with served(it) as session:
        before = await ask(session, TRIGGERS)
        it.put(trigger("t9"))
        after = await ask(session, TRIGGERS)
    assert before["metadata"]["continue"] == ""
    assert int(after["metadata"]["resourceVersion"]) == it.store.version
    assert int(before["metadata"]["resourceVersion"]) < it.store.version


async def test_selectors_choose() -> None:
    assert names(await get(TRIGGERS, labelSelector="app=shop")) == ["t1"]
    assert names(await get(TRIGGERS, labelSelector="app notin (shop)")) == ["t2"]
    assert names(await get(f"{V1}/triggers", fieldSelector="metadata.namespace=billing")) == ["t3"]
    assert names(await get(TRIGGERS, fieldSelector="metadata.name!=t1", labelSelector="app")) == [
        "t2"
    ]


async def test_pages_together_are_the_list() -> None:
    async with served(shop()) as session:
        first = await ask(session, f"{V1}/triggers", limit="2")
        token = first["metadata"]["continue"]
        assert names(first) == ["t3", "t1"]
        assert first["metadata"]["remainingItemCount"] == 1
        last = await ask(session, f"{V1}/triggers", limit="2", **{"continue": token})
    assert names(last) == ["t2"]
    assert last["metadata"]["continue"] == ""
    assert last["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_what_comes_between_two_pages_is_neither_doubled_nor_missed_by_a_watch() -> None:
    it = shop()
    async with served(it) as session:
        first = await ask(session, f"{V1}/triggers", limit="2")
        it.put(trigger("t0"), trigger("t4"))  # one before the page's end, one behind it
        token = {"continue": first["metadata"]["continue"]}
        last = await ask(session, f"{V1}/triggers", **token)
    assert names(last) == ["t2", "t4"]
    assert int(last["metadata"]["resourceVersion"]) < it.store.version


async def test_a_choice_does_not_tell_how_much_remains() -> None:
    found = await get(f"{V1}/triggers", limit="1", labelSelector="app")
    assert "remainingItemCount" not in found["metadata"]


async def test_a_table_has_columns_rows_and_metadata() -> None:
    found = await get(TRIGGERS, TABLE, limit="1")
    assert (found["kind"], found["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [it["name"] for it in found["columnDefinitions"]] == [
        "Name",
        "Broker",
        "Subscriber_URI",
        "Age",
        "Ready",
        "Reason",
    ]
    (row,) = found["rows"]
    assert row["cells"][:3] == ["t1", "default", "http://sink.example.com/"]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert found["metadata"]["remainingItemCount"] == 1
    one = await get(f"{TRIGGERS}/t2", "application/json;as=Table;v=v1beta1;g=meta.k8s.io")
    assert one["apiVersion"] == "meta.k8s.io/v1beta1"
    assert one["metadata"] == {
        "resourceVersion": one["rows"][0]["object"]["metadata"]["resourceVersion"]
    }


async def test_metadata_can_be_had_alone() -> None:
    one = await get(
        f"{TRIGGERS}/t1", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    )
    assert one.keys() == {"kind", "apiVersion", "metadata"}
    all_ = await get(TRIGGERS, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")
    assert all_["kind"] == "PartialObjectMetadataList"
    assert names(all_) == ["t1", "t2"]


async def test_a_client_that_prefers_protobuf_but_takes_json_gets_json() -> None:
    both = "application/vnd.kubernetes.protobuf,application/json"
    assert (await get(TRIGGERS, both))["kind"] == "TriggerList"
    assert (await get(TRIGGERS, "text/html, */*;q=0.1"))["kind"] == "TriggerList"


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/vnd.kubernetes.protobuf", "application/json;as=Odd;v=v1;g=x"],
)
async def test_a_client_that_takes_no_json_gets_nothing(accept: str) -> None:
    found = await get(TRIGGERS, accept)
    assert (found["reason"], found["code"]) == ("NotAcceptable", 406)


@pytest.mark.parametrize(
    ("path", "message", "details"),
    [
        (
            f"{TRIGGERS}/nope",
            'triggers.eventing.knative.dev "nope" not found',
            {"name": "nope", "group": EVENTING, "kind": "triggers"},
        ),
        (
            f"{TRIGGERS}/t1/scale",
            'triggers.eventing.knative.dev "t1" not found',
            {"name": "t1", "group": EVENTING, "kind": "triggers"},
        ),
        (
            "/api/v1/namespaces/default/configmaps/x",
            'configmaps "x" not found',
            {"name": "x", "kind": "configmaps"},
        ),
    ],
)
async def test_what_is_not_found_is_named(path: str, message: str, details: Json) -> None:
    assert await get(path) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "NotFound",
        "details": details,
        "code": 404,
    }


@pytest.mark.parametrize(
    "path",
    [
        f"{V1}/namespaces/default/nopes",
        f"{V1}/triggers/t1",
        f"{V1}/namespaces/default/triggers/t1/a/b",
        "/apis/nope.example.com/v1/foos",
        "/apis/eventing.knative.dev/v9/namespaces/default/triggers",
        "/api/v1/namespaces/default/namespaces/x",
    ],
)
async def test_where_nothing_is_served_there_is_no_page(path: str) -> None:
    async with served(shop()) as session, session.get(path) as response:
        assert (response.status, await response.text()) == (404, "404 page not found\n")


async def test_a_version_from_the_future_has_to_be_waited_for() -> None:
    query = {"resourceVersion": "999"}
    async with served(shop()) as session, session.get(TRIGGERS, params=query) as response:
        assert response.headers["Retry-After"] == "1"
        assert (await response.json())["message"].startswith("Timeout: Too large resource")


async def test_a_page_of_an_earlier_run_is_gone() -> None:
    async with served(shop()) as session:
        token = (await ask(session, TRIGGERS, limit="1"))["metadata"]["continue"]
    fresh = Shop([trigger("t1")])
    async with served(fresh) as session:
        found = await ask(session, TRIGGERS, **{"continue": token})
    assert (found["reason"], found["code"]) == ("Expired", 410)


async def test_a_state_of_the_past_is_gone() -> None:
    query = {"resourceVersion": "1", "resourceVersionMatch": "Exact"}
    assert (await get(TRIGGERS, **query))["reason"] == "Expired"
    query["resourceVersionMatch"] = "NotOlderThan"
    assert names(await get(TRIGGERS, **query)) == ["t1", "t2"]


SAME_WORDS = (
    "404 object", "404 subresource", "list all namespaces empty", "label selector bad",
    "field selector bad", "field selector syntax", "limit bad", "resourceVersion bad",
    "resourceVersionMatch without resourceVersion", "Table bad includeObject",
    "Table of an error",
)  # fmt: skip


async def test_answers_are_those_of_a_real_api_server(shared: Path) -> None:
    recorded: list[dict[str, Any]] = json.loads(
        (shared / "transcripts/api/direct-requests.json").read_text()
    )
    found = [it for it in recorded if it["what"] in SAME_WORDS]
    assert len(found) == len(SAME_WORDS)
    async with served(Shop([trigger("t1", "kt-api")])) as session:
        for it in found:
            async with session.get(it["path"], headers=it["headers"]) as response:
                ours = await response.json()
                assert response.status == it["code"], it["what"]
                assert response.headers["Cache-Control"] == it["response_headers"]["Cache-Control"]
            ours.get("metadata", {}).pop("resourceVersion", None)
            it["response"].get("metadata", {}).pop("resourceVersion", None)
            assert ours == it["response"], it["what"]


CHANGES = [
    ("POST", TRIGGERS, "application/json"),
    ("PUT", f"{TRIGGERS}/t1", "application/json"),
    ("PATCH", f"{TRIGGERS}/t1", "application/merge-patch+json"),
    ("DELETE", f"{TRIGGERS}/t1", "application/json"),
    ("DELETE", TRIGGERS, "application/json"),
    ("PATCH", f"{TRIGGERS}/new", "application/apply-patch+yaml"),
]


@pytest.mark.parametrize(("method", "path", "type_"), CHANGES)
async def test_nothing_can_be_changed_and_it_is_said_what_to_do_instead(
    method: str, path: str, type_: str
) -> None:
    it = shop()
    before = it.store.version
    async with (
        served(it) as session,
        session.request(method, path, data="{}", headers={"Content-Type": type_}) as response,
    ):
        found = await response.json()
    assert (response.status, found["reason"]) == (405, "MethodNotAllowed")
    assert found["details"] == {"group": EVENTING, "kind": "triggers"}
    assert "file" in found["message"]
    assert it.store.version == before


async def test_a_change_of_what_is_not_there_finds_nothing() -> None:
    async with served(shop()) as session, session.delete(f"{TRIGGERS}/nope") as response:
        assert (await response.json())["reason"] == "NotFound"


class Filed(Store):
    """A store whose objects come from a file."""

    def origins(self, key: Key) -> tuple[str, ...]:
        return ("shop.yaml",)


async def test_the_file_to_change_is_named() -> None:
    it = Shop()
    it.store = Filed()
    it.put(thing("v1", "ConfigMap", "c1"))
    async with (
        served(it) as session,
        session.delete("/api/v1/namespaces/default/configmaps/c1") as response,
    ):
        assert (await response.json())["message"] == (
            'configmaps "c1" cannot be changed over the API, it comes from shop.yaml: '
            "edit that file, kne follows it (files win)"
        )
