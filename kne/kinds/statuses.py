"""What the statuses of many kinds have in common (spec core 9.4.1, 8.2.4).

kne serves plain HTTP and knows no OIDC: the conditions of both say what they say in a cluster
where the features are off.
"""

from typing import Any

from kne.model.resource import Conditions, Json, Resource

NO_SINK = ("DeadLetterSinkNotConfigured", "No dead letter sink is configured.")


def observed(it: Resource[Any], conditions: Conditions, **fields: object) -> Json:
    """A status: conditions, generation, and those fields that have a value."""
    given = {name: value for name, value in fields.items() if value is not None}
    return {"conditions": list(conditions), "observedGeneration": it.generation, **given}


def policies_ready(conditions: Conditions) -> None:
    """No policy applies, OIDC being off (spec core 8.2.4)."""
    conditions.true(
        "EventPoliciesReady",
        "OIDCDisabled",
        'Feature "authentication-oidc" must be enabled to support Authorization',
    )


def identity_created(conditions: Conditions) -> None:
    """No identity is needed, OIDC being off (spec core 9.4.2)."""
    conditions.true("OIDCIdentityCreated", "authentication-oidc feature disabled")


def http(url: str) -> Json:
    """An address as `status.address` shows it."""
    return {"name": "http", "url": url}


def url_of(status: Json | None) -> str | None:
    """The URL of a status with an address."""
    found = ((status or {}).get("address") or {}).get("url")
    return str(found) if found else None


def is_child(it: Resource[Any]) -> bool:
    """Whether another object controls this one; then that one's maker is told of problems."""
    return any(owner.get("controller") for owner in it.metadata.get("ownerReferences") or ())
