"""The recordings of Knative's filters: events that were sent, and which triggers got them."""

import json
from pathlib import Path
from typing import Any

import yaml

from kne import codec
from kne.event import Event


def recording(shared: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / f"golden/{name}.json").read_text("utf-8"))
    return found


def events(recorded: dict[str, Any]) -> dict[str, Event]:
    """The events of the publisher, by id, as they reach a filter."""
    found = {}
    for sent in recorded["stimulus"]:
        request = sent["request"]
        headers = [(n.lower().encode(), v.encode()) for n, v in request["headers"]]
        event = codec.decode(headers, request["body"].encode()).event
        found[event.id] = event
    return found


def triggers(recorded: dict[str, Any]) -> dict[str, Any]:
    """The spec of each trigger, by name."""
    documents = yaml.safe_load_all(recorded["manifests"])
    return {it["metadata"]["name"]: it["spec"] for it in documents if it["kind"] == "Trigger"}
