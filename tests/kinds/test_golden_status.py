"""Statuses and children as Knative's controllers wrote them, against the recordings.

What a recording cannot repeat is left out of the comparison: uids (those inside names are taken
over), versions, times, generations, who applied it.  Left out, too, is the finalizer of
Subscriptions: kne has nothing to finalize, and a client that kept it would wait for its removal.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kne.kinds.base import Bench
from kne.kinds.kept import KEPT
from kne.model.resource import Json, Key, Resource
from tests.kinds.world import KINDS, SHARED, admitted, configuration, finished

PING = ("sources.knative.dev", "PingSource")
SERVED = {**KINDS, PING: KEPT[PING]()}
"""What the recorded cluster served of the kinds in question; it had no KafkaChannel."""

NOT_EMULATED = {
    "containersource-missing-sink": "no ContainerSource",
    "eventtransform": "no EventTransform",
    "eventtype-autocreate": "EventTypes are made by events",
    "missing-pingsource": "no PingSource",
    "sinkbinding": "no SinkBinding",
}
GENERATED = ("uid", "resourceVersion", "creationTimestamp", "generation", "finalizers")
APPLIED = ("creator", "lastModifier", "last-applied-configuration")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def snapshots() -> list[str]:
    folder = SHARED / "golden/status"
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load(shared: Path, name: str) -> Json:
    found: Json = yaml.safe_load((shared / f"golden/status/{name}.yaml").read_text())
    return found


def key_of(it: Json) -> Key:
    group = it["apiVersion"].rpartition("/")[0]
    return Key(group, it["kind"], it["metadata"]["namespace"], it["metadata"]["name"])


def compiled(applied: list[Json], recorded: list[Json]) -> dict[Key, Json]:
    """The objects that follow; what was applied gets the uids of the recording."""
    uids = {key_of(it): it["metadata"]["uid"] for it in recorded}
    config = configuration(applied)
    given: list[Resource[Any]] = []
    for made in applied:
        it = admitted(made, config)
        it.metadata["uid"] = uids.get(it.key, it.uid)
        given.append(it)
    bench = Bench(SERVED, given, config)
    bench.compile_all()
    return {it.key: finished(it, bench) for it in bench}


def comparable(it: Json) -> Any:
    """Without what differs from run to run."""
    metadata = {k: v for k, v in it["metadata"].items() if k not in GENERATED}
    annotations = {
        k: v
        for k, v in (metadata.pop("annotations", None) or {}).items()
        if not k.endswith(APPLIED)
    }
    if annotations:
        metadata["annotations"] = annotations
    found = {**it, "metadata": metadata}
    return _plain(json.loads(UUID.sub("UID", json.dumps(found))))


def _plain(it: Any) -> Any:
    if isinstance(it, dict):
        skipped = ("lastTransitionTime", "observedGeneration", "generation")
        made = {k: _plain(v) for k, v in it.items() if k not in skipped}
        if "subscribers" in made:
            made["subscribers"] = sorted(made["subscribers"], key=json.dumps)
        return made
    return [_plain(part) for part in it] if isinstance(it, list) else it


@pytest.mark.parametrize("name", snapshots())
def test_objects_are_as_recorded(shared: Path, name: str) -> None:
    if name in NOT_EMULATED:
        pytest.skip(NOT_EMULATED[name])
    snapshot = load(shared, name)
    if "applied" not in snapshot:
        pytest.skip("a history, tested below")
    recorded = snapshot["stages"][-1]["objects"]
    found = compiled(snapshot["applied"], recorded)
    for it in recorded:
        assert comparable(found[key_of(it)]) == comparable(it)


@pytest.mark.parametrize("stage", [0, 1])
def test_a_trigger_waits_for_its_broker_without_a_status(shared: Path, stage: int) -> None:
    """The third stage is left out: kne keeps no memory of a Broker that is gone."""
    recorded = load(shared, "late-broker")["stages"][stage]["objects"]
    found = compiled(recorded, recorded)
    for it in recorded:
        assert comparable(found[key_of(it)]) == comparable(it)
