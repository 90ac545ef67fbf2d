"""Knative's own manifests, and broken ones, end as they do in a cluster."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from kne.errors import ManifestError, ManifestErrors
from kne.kinds.admission import Denial, admit, check_duplicates
from kne.kinds.config import Config
from kne.model.manifest import Document, read
from kne.model.resource import Json, Resource


def _end(text: bytes, name: str) -> list[ManifestError]:
    """Everything that is said about a file: faults, then warnings."""
    documents, faults = read(text, name)
    found: list[Resource[Any]] = []
    for document in documents:
        try:
            found.append(admit(document, Config(), "default"))
        except ManifestErrors as error:
            faults.extend(error.faults)
    return [*faults, *check_duplicates(found)]


@pytest.mark.parametrize(
    ("name", "where", "message"),
    [
        ("01-wrong-indentation", "7:14", "mapping values are not allowed in this context"),
        ("02-tab-indent", "4:1", "found character that cannot start any token"),
        ("03-unknown-field", "8:5", 'unknown field "spec.delivery.retrys"'),
        ("06-duplicate-name", "16:1", "trigger/t1 in namespace default is defined more than once"),
        ("15-filter-wrong-type", "9:3", ""),
        ("20-retry-string", "8:5", ""),
        ("26-kind-typo", "2:1", 'no matches for kind "Borker"'),
        ("27-apiversion-removed", "1:1", 'no matches for kind "Broker"'),
    ],
)
def test_broken_manifests_end_as_they_should(
    shared: Path, name: str, where: str, message: str
) -> None:
    folder = shared / "corpus-broken"
    (found,) = _end((folder / f"{name}.yaml").read_bytes(), name)
    assert str(found.where) == f"{name}:{where}"
    assert message in found.message
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as table:
        rows = {row["file"]: row["knative_webhook_says"] for row in csv.DictReader(table)}
    said = rows[f"{name}.yaml"]
    if said.startswith("decode-error: json: cannot"):
        assert found.message == said.removeprefix("decode-error: ")


def test_no_manifest_of_knative_meets_a_decoding_fault_that_knative_does_not(shared: Path) -> None:
    folder = shared / "corpus"
    lines = (folder / "verdicts.jsonl").read_text("utf-8").splitlines()
    verdicts: dict[str, list[Json]] = {}
    for line in lines:
        verdict = json.loads(line)
        if verdict["verdict"] not in ("empty", "yaml-error"):
            verdicts.setdefault(verdict["file"], []).append(verdict)
    for name, judged in verdicts.items():
        documents, _ = read((folder / name).read_bytes(), name)
        for document, verdict in zip(documents, judged, strict=True):
            _compare(document, verdict)


def _compare(document: Document, verdict: Json) -> None:
    """One document against what Knative's admission said; the webhook sees no bad names."""
    said: set[str] = set()
    unknown = ""
    try:
        admit(document, Config(), "default")
    except ManifestErrors as error:
        said = {fault.stage for fault in error.faults if isinstance(fault, Denial)}
        unknown = str(error)
    if verdict["verdict"] == "valid":
        assert said <= {"object"}, unknown
    kept = any(part in verdict["gvk"] for part in ("sources.", "sinks.", "Policy", "Transform"))
    if verdict["verdict"] == "decode-error" and not kept:
        wanted = verdict["error"]
        if "unmarshal" in wanted:
            assert wanted in unknown
        else:
            assert f'{wanted.rpartition(" ")[2].strip(chr(34))}"' in unknown
