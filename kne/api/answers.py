"""What is the same in every answer: refusals in Kubernetes' words, JSON, the form asked for.

A refusal is raised as `Refused` and becomes a `Status` object; client libraries read its
`reason` and `code`, people its `message`.
Source: apimachinery pkg/api/errors.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from kne.errors import KneError
from kne.model.resource import Json

PLAIN = {"Cache-Control": "no-cache, private"}


class Refused(KneError):
    """No, as Kubernetes says it; without a `reason` it is a fault of the server's."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details

    @property
    def document(self) -> Json:
        """The `Status`."""
        found: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            found["reason"] = self.reason
        if self.details is not None:
            found["details"] = self.details
        return {**found, "code": self.code}


class NoSuchPath(KneError):
    """Nothing is served there; clients say `the server could not find the requested resource`."""


def bad_request(message: str) -> Refused:
    """400: the request cannot be understood."""
    return Refused(400, "BadRequest", message)


def invalid_options(field: str, message: str) -> Refused:
    """422: an option of a list or watch contradicts another."""
    text = f'ListOptions.meta.k8s.io "" is invalid: {field}: Forbidden: {message}'
    cause = {
        "reason": "FieldValueForbidden",
        "message": f"Forbidden: {message}",
        "field": field,
    }
    details = {"group": "meta.k8s.io", "kind": "ListOptions", "causes": [cause]}
    return Refused(422, "Invalid", text, details)


def expired(message: str) -> Refused:
    """410: what was asked for is no longer known; the client has to list anew."""
    return Refused(410, "Expired", message)


def encode(document: Any) -> bytes:
    """JSON on one line."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def answer(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A document as JSON."""
    return web.Response(
        body=encode(document),
        status=status,
        content_type="application/json",
        headers={**PLAIN, **(headers or {})},
    )


def plain(text: str, status: int = 200) -> web.Response:
    """A line of text."""
    return web.Response(text=text, status=status, headers=PLAIN)


@dataclass(frozen=True, slots=True)
class Media:
    """One entry of an Accept header."""

    type: str
    parameters: Mapping[str, str]

    @property
    def json(self) -> bool:
        return self.type in ("application/json", "application/*", "*/*")

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def accepted(header: str) -> list[Media]:
    """The entries of an Accept header, most wanted first."""
    found: list[tuple[float, Media]] = []
    for part in (header or "*/*").split(","):
        type_, *rest = (one.strip() for one in part.split(";"))
        named = (one.partition("=") for one in rest)
        parameters = {name.strip(): value.strip() for name, _, value in named}
        try:
            weight = float(parameters.pop("q", "1"))
        except ValueError:
            weight = 0.0
        found.append((-weight, Media(type_.lower(), parameters)))
    return [media for weight, media in sorted(found, key=lambda one: one[0]) if weight]


@dataclass(frozen=True, slots=True)
class Shape:
    """The form a client wants objects in: as they are, as a Table, or their metadata alone."""

    form: str = ""
    version: str = "v1"


def shape(header: str, *, of_list: bool) -> Shape:
    """The form to answer in.

    Raises:
        Refused: the client takes none that there is.
    """
    metadata = "PartialObjectMetadataList" if of_list else "PartialObjectMetadata"
    for media in accepted(header):
        form, version = media.get("as"), media.get("v")
        if media.json and not form:
            return Shape()
        known = media.get("g") == "meta.k8s.io" and version in ("v1", "v1beta1")
        if media.json and known and form in ("Table", metadata):
            return Shape(form, version)
    message = "only the following media types are accepted: application/json"
    raise Refused(406, "NotAcceptable", message)
