"""Parts that many kinds share: references, destinations, delivery (spec core 3.4, 6)."""

from typing import Literal

from pydantic import Field

from kne.model.resource import Model


class Ref(Model):
    """A reference to an object (`KReference`)."""

    kind: str = ""
    """Kind of the object."""

    namespace: str = ""
    """Namespace of the object; that of the referring object if empty."""

    name: str = ""
    """Name of the object."""

    api_version: str = ""
    """API group and version of the object."""

    group: str = ""
    """API group without a version; needs the feature kreference-group."""

    address: str = ""
    """Name of one of the object's addresses; the first if empty."""


class Destination(Model):
    """Where events go: an object, a URL, or a path below an object's URL."""

    ref: Ref | None = None
    """The object that receives the events."""

    uri: str = ""
    """A URL; relative to the object's if `ref` is given."""

    ca_certs: str = Field(default="", alias="CACerts")
    """Certificates to trust, PEM."""

    audience: str = ""
    """OIDC audience of the destination."""


class Delivery(Model):
    """How hard to try, and what to do with events that cannot be delivered."""

    dead_letter_sink: Destination | None = None
    """Receives the events that could not be delivered."""

    retry: int | None = Field(default=None, strict=True)
    """How often to try again after the first attempt."""

    timeout: str | None = None
    """Limit of one attempt, an ISO 8601 duration."""

    backoff_policy: str | None = None
    """How pauses grow: linear (delay x n) or exponential (delay x 2^n), n from 0."""

    backoff_delay: str | None = None
    """The unit of the pauses, an ISO 8601 duration; without it there are none."""

    retry_after_max: str | None = None
    """Longest wait that a Retry-After header may ask for; needs delivery-retryafter."""

    format: Literal["json", "binary"] | str | None = None
    """How a Trigger's subscriber gets events: binary (default) or json, which is structured."""
