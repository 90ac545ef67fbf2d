"""The store: origins, versions, times, watches."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from kne import clock
from kne.control.store import Change, Gone, Store
from kne.model.resource import Json, Key
from tests.control.objects import key, resource

T1, T2 = key("Trigger", "t1"), key("Trigger", "t2")


def published(store: Store, **statuses: Json) -> list[Change]:
    """Publish what was given as it is; `statuses` by name."""
    objects = {}
    for it in store.given():
        status = statuses.get(it.name)
        objects[it.key] = {**it.object, "status": status} if status else it.object
    return store.publish(objects)


def told(changes: Iterable[Change]) -> list[tuple[int, str, str]]:
    return [(change.version, change.type, change.key.name) for change in changes]


def condition(status: str, **more: str) -> Json:
    return {"type": "Ready", "status": status, **more}


def uid(store: Store, at: Key = T1) -> Any:
    it = store.get(at)
    assert it is not None
    return it["metadata"]["uid"]


def test_a_new_object_gets_uid_time_and_generation() -> None:
    async def main() -> None:
        store = Store()
        store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "b"})])
        metadata = store.given()[0].metadata
        assert len(metadata["uid"]) == 36
        assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
        assert metadata["generation"] == 1

    clock.run_virtual(main())


def test_a_config_map_has_no_generation() -> None:
    store = Store()
    store.load("a.yaml", [resource("ConfigMap", "m", data={"a": "b"})])
    assert "generation" not in store.given()[0].metadata


def test_the_generation_counts_changes_of_the_spec_alone() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "a"})])
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "a"}, line=9)])
    assert store.given()[0].generation == 1
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "b"})])
    assert store.given()[0].generation == 2


def test_loading_replaces_all_that_the_origin_had_and_nothing_else() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1"), resource("Trigger", "t2")])
    store.load("b.yaml", [resource("Broker", "b")])
    store.load("a.yaml", [resource("Trigger", "t2")])
    assert [it.name for it in store.given()] == ["b", "t2"]


def test_the_uid_is_kept_when_an_object_moves_between_files() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1")])
    published(store)
    before = uid(store)
    store.load("a.yaml", [])
    store.load("b.yaml", [resource("Trigger", "t1", file="b.yaml")])
    assert published(store) == []
    assert uid(store) == before


def test_an_object_that_was_gone_comes_back_as_another_one() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1")])
    published(store)
    before = uid(store)
    store.load("a.yaml", [])
    published(store)
    store.load("a.yaml", [resource("Trigger", "t1")])
    published(store)
    assert uid(store) != before


def test_the_first_of_two_files_keeps_the_name_and_both_are_named() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "a"}, line=3)])
    store.load("b.yaml", [resource("Trigger", "t1", spec={"broker": "b"}, file="b.yaml", line=7)])
    assert [it.object["spec"] for it in store.given()] == [{"broker": "a"}]
    [problem] = store.problems()
    assert str(problem.where) == "b.yaml:7:1"
    assert problem.message == 'trigger/t1 in namespace "default" is already defined at a.yaml:3:1'
    assert store.origins(T1) == ("a.yaml", "b.yaml")


def test_the_second_file_takes_over_when_the_first_lets_go() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "a"})])
    store.load("b.yaml", [resource("Trigger", "t1", spec={"broker": "b"}, file="b.yaml")])
    published(store)
    before = uid(store)
    store.load("a.yaml", [])
    assert told(published(store)) == [(3, "MODIFIED", "t1")]
    assert uid(store) == before
    assert store.get(T1)["spec"] == {"broker": "b"}  # type: ignore[index]
    assert store.problems() == []


def test_of_two_objects_in_one_file_the_first_counts() -> None:
    store = Store()
    twice = [resource("Trigger", "t1", line=n, spec={"broker": str(n)}) for n in (1, 20)]
    store.load("a.yaml", twice)
    assert store.given()[0].object["spec"] == {"broker": "1"}
    assert [str(problem.where) for problem in store.problems()] == ["a.yaml:20:1"]
    store.load("a.yaml", twice[:1])
    assert store.problems() == []


def test_each_change_gets_the_next_version_and_the_object_carries_it() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1"), resource("Trigger", "t2")])
    assert told(published(store)) == [(2, "ADDED", "t1"), (3, "ADDED", "t2")]
    assert told(published(store, t2={"x": 1})) == [(4, "MODIFIED", "t2")]
    assert store.version == 4
    versions = [it["metadata"]["resourceVersion"] for it in store.list(*T1[:2])]
    assert versions == ["2", "4"]


def test_publishing_the_same_again_changes_nothing() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1")])
    published(store, t1={"conditions": [condition("True")]})
    before = store.get(T1)
    assert published(store, t1={"conditions": [condition("True")]}) == []
    assert store.get(T1) is before


def test_a_deletion_carries_the_last_object_with_a_version_of_its_own() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "b"})])
    published(store)
    store.load("a.yaml", [])
    [change] = published(store)
    assert (change.type, change.version) == ("DELETED", 3)
    assert change.object["spec"] == {"broker": "b"}
    assert change.object["metadata"]["resourceVersion"] == "3"
    assert store.get(T1) is None


def test_another_object_of_the_same_name_is_a_deletion_and_an_addition() -> None:
    store = Store()
    made = resource("Trigger", "t1").object
    for number in "ab":
        changes = store.publish({T1: {**made, "metadata": {**made["metadata"], "uid": number}}})
    assert told(changes) == [(3, "DELETED", "t1"), (4, "ADDED", "t1")]


def test_a_snapshot_does_not_change_under_its_reader() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "a"})])
    published(store, t1={"x": 1})
    listed, got = store.list(*T1[:2]), store.get(T1)
    store.load("a.yaml", [resource("Trigger", "t1", spec={"broker": "b"})])
    published(store, t1={"x": 2})
    assert got is not None
    assert (got["spec"], got["status"]) == ({"broker": "a"}, {"x": 1})
    assert listed == [got]


def test_lists_are_sorted_and_may_be_of_one_namespace() -> None:
    store = Store()
    names = [("b", "1"), ("a", "2"), ("a", "1")]
    store.publish(
        {
            key("Trigger", name, namespace): {"metadata": {"namespace": namespace, "name": name}}
            for namespace, name in names
        }
    )

    def listed(namespace: str | None = None) -> list[tuple[str, str]]:
        found = [it["metadata"] for it in store.list(*T1[:2], namespace)]
        return [(it["namespace"], it["name"]) for it in found]

    assert listed() == sorted(names)
    assert listed("a") == [("a", "1"), ("a", "2")]
    assert store.list("", "Trigger") == []


def test_a_condition_keeps_its_time_until_any_part_of_it_changes() -> None:
    async def main() -> None:
        store = Store()
        store.load("a.yaml", [resource("Trigger", "t1")])

        def times(status: str, reason: str, **more: Any) -> list[str]:
            ready = condition(status, reason=reason)
            published(store, t1={"conditions": [{**ready, "type": "A"}, ready], **more})
            shown = store.get(T1)
            assert shown is not None
            return [it["lastTransitionTime"][-3:] for it in shown["status"]["conditions"]]

        assert times("False", "X") == ["00Z", "00Z"]
        await clock.sleep(10)
        assert times("False", "X", other=1) == ["00Z", "00Z"]
        await clock.sleep(10)
        assert times("False", "Y") == ["20Z", "20Z"]

    clock.run_virtual(main())


def test_conditions_inside_a_status_have_times_too() -> None:
    async def main() -> None:
        store = Store()
        store.load("a.yaml", [resource("Trigger", "t1")])
        for status in ("Unknown", "True", "True"):
            steps = [{"ready": condition("True")}, {"ready": condition(status)}]
            published(store, t1={"channelStatuses": steps, "phase": status})
            await clock.sleep(1)
        shown = store.get(T1)
        assert shown is not None
        seconds = [
            it["ready"]["lastTransitionTime"][-3:] for it in shown["status"]["channelStatuses"]
        ]
        assert seconds == ["00Z", "01Z"]

    clock.run_virtual(main())


def test_a_child_gets_its_time_and_generation_when_it_is_published() -> None:
    async def main() -> None:
        store = Store()
        at = key("InMemoryChannel", "c")
        made = resource("InMemoryChannel", "c").object
        for spec in (1, 1, 2):
            store.publish({at: {**made, "spec": {"n": spec}, "status": {"observedGeneration": 1}}})
            await clock.sleep(1)
        child = store.get(at)
        assert child is not None
        assert child["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"
        assert child["metadata"]["generation"] == 2
        assert child["status"]["observedGeneration"] == 2

    clock.run_virtual(main())


async def read(store: Store, since: int, count: int) -> list[tuple[int, str, str]]:
    found: list[Change] = []
    async for change in store.watch(since):
        found.append(change)
        if len(found) == count:
            break
    return told(found)


async def test_a_watch_tells_the_past_and_then_waits_for_the_future() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1"), resource("Trigger", "t2")])
    published(store)
    reader = asyncio.create_task(read(store, 2, 3))
    await asyncio.sleep(0)
    published(store, t1={"x": 1})
    await asyncio.sleep(0)
    published(store, t1={"x": 1}, t2={"x": 1})
    assert await reader == [(3, "ADDED", "t2"), (4, "MODIFIED", "t1"), (5, "MODIFIED", "t2")]


async def test_a_watch_misses_nothing_that_happens_while_it_is_busy() -> None:
    store = Store()
    store.load("a.yaml", [resource("Trigger", "t1")])
    published(store)
    seen = []
    async for change in store.watch(1):
        seen.append(change.version)
        if len(seen) == 4:
            break
        published(store, t1={"x": len(seen)})
    assert seen == [2, 3, 4, 5]


async def test_a_watch_from_before_the_kept_history_is_refused() -> None:
    store = Store(history=2)
    store.load("a.yaml", [resource("Trigger", "t1")])
    for number in range(3):
        published(store, t1={"x": number})
    assert await read(store, 2, 2) == [(3, "MODIFIED", "t1"), (4, "MODIFIED", "t1")]
    with pytest.raises(Gone, match=r"too old resource version: 1 \(2\)"):
        await read(store, 1, 1)


async def test_a_watch_from_an_earlier_run_is_refused() -> None:
    with pytest.raises(Gone):
        await read(Store(version=2000), 1000, 1)
