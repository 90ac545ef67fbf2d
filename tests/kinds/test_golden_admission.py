"""Defaults and denials as Knative's webhooks gave them, against the recordings.

The faults of schemas and decoders (unknown fields, wrong types, names) are admission's and not
looked at here: a kind sees objects that were decoded.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from kne.kinds.config import Config
from kne.kinds.faults import report
from kne.model.resource import Json, Resource
from tests.kinds.world import KINDS, SHARED, admitted

POINTER = re.compile(r"0xc[0-9a-f]+")
"""Where Go prints an address of its memory."""

NOT_EMPTY = re.compile(r"^\s*[^#\s]", re.MULTILINE)

WEBHOOKS = ("validation.webhook.eventing.knative.dev",
            "validation.inmemorychannel.eventing.knative.dev")  # fmt: skip
UNREADABLE = {"trigger-bad-uri": "the decoder refuses the URL, here it is a fault like others"}
APPLIED = ("creator", "lastModifier", "last-applied-configuration")


def cases(file: str) -> Iterator[Any]:
    path = SHARED / "golden" / file
    for name, case in json.loads(path.read_text()).items() if path.exists() else ():
        it = yaml.safe_load(case["manifest"])
        if (it["apiVersion"].rpartition("/")[0], it["kind"]) in KINDS:
            yield pytest.param(case, id=name)


def judged(it: Json) -> tuple[Resource[Any], str]:
    """The object, and what the webhook says."""
    made = admitted(it, Config())
    kind = KINDS[made.key.group, made.key.kind]
    return made, report(kind.validate(made, Config()))


@pytest.mark.parametrize("case", list(cases("webhook-defaults.json")))
def test_objects_are_filled_in_as_recorded(case: Json) -> None:
    found = admitted(yaml.safe_load(case["manifest"]), Config()).object
    recorded = case["object"]
    assert found["spec"] == recorded["spec"]
    assert found["metadata"].get("labels") == recorded["metadata"].get("labels")
    annotations = recorded["metadata"].get("annotations") or {}
    wanted = {k: v for k, v in annotations.items() if not k.endswith(APPLIED)}
    assert (found["metadata"].get("annotations") or {}) == wanted


@pytest.mark.parametrize("case", list(cases("webhook-validation.json")))
def test_objects_are_denied_as_recorded(case: Json, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    if not case["allowed"] and case["denied_by"] not in WEBHOOKS and name not in UNREADABLE:
        pytest.skip(f"denied by {case['denied_by']}, before any webhook is asked")
    it, found = judged(yaml.safe_load(case["manifest"]))
    if "existing" in case:
        before, _ = judged(yaml.safe_load(case["existing"]))
        kind = KINDS[it.key.group, it.key.kind]
        found = report([*kind.validate(it, Config()), *kind.changed(it, before, Config())])
    if case["allowed"]:
        assert found == ""
    elif name in UNREADABLE:
        assert found.startswith('parse "::bad": missing protocol scheme')
    else:
        wanted = case["message"].removeprefix("validation failed: ")
        assert POINTER.sub("POINTER", found).strip() == POINTER.sub("POINTER", wanted).strip()


def verdicts() -> list[Json]:
    """What Knative's admission says of each document of the corpus."""
    path = SHARED / "corpus/verdicts.jsonl"
    lines = path.read_text().splitlines() if path.exists() else ()
    found = [json.loads(line) for line in lines]
    known = {(kind.api_version, kind.kind) for kind in KINDS.values()}
    return [it for it in found if tuple(it.get("gvk", "").split()) in known]


def document(file: Path, number: int) -> Json | None:
    """One document; None if it is none (Go's parser stops quietly where ours complains)."""
    written = re.split(r"^---.*$", file.read_text(), flags=re.MULTILINE)
    text = [part for part in written if NOT_EMPTY.search(part)][number]
    try:
        found: Json = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    return found


def test_the_corpus_is_judged_as_knative_does(shared: Path) -> None:
    different = []
    for verdict in verdicts():
        it = document(shared / "corpus" / verdict["file"], verdict["doc"])
        if it is None or verdict["verdict"] not in ("valid", "invalid"):
            continue
        try:
            made, found = judged(it)
        except ValidationError as error:
            different.append((verdict["file"], str(error)))
            continue
        if found.strip() != verdict.get("error", "").strip():
            different.append((verdict["file"], found))
        wanted = verdict.get("defaulted")
        if not found and wanted and made.object["spec"] != wanted["spec"]:
            different.append((verdict["file"], json.dumps(made.object["spec"])))
    assert different == []
