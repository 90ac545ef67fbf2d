"""The Kubernetes side of the API: discovery, get, list, watch, of everything in the store.

Nothing changes here: objects come from files, and files win.  A request that would change one
is refused with a word on where to change it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from kne.api import discovery
from kne.api.answers import (
    NoSuchPath,
    Refused,
    Shape,
    accepted,
    answer,
    bad_request,
    encode,
    expired,
    invalid_options,
    shape,
)
from kne.api.discovery import AGGREGATED, Catalogue, Served
from kne.api.emulator import Emulator
from kne.api.selectors import BadSelector, Choice, fields, labels
from kne.api.table import layout, partial, rows, table
from kne.api.watching import Streams, watch
from kne.model.resource import Json

READS = ("GET", "HEAD")
APPLY = "application/apply-patch+yaml"
"""A patch that makes the object if there is none."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path means: objects of a kind, in a namespace or all, or the one of a name."""

    it: Served
    namespace: str | None
    name: str = ""
    part: str = ""
    watched: bool = False


class Kube:
    """Answers everything below /api, /apis and /openapi."""

    def __init__(self, emulator: Emulator, catalogue: Catalogue, streams: Streams) -> None:
        self._emulator = emulator
        self._catalogue = catalogue
        self._streams = streams

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        parts = request.path.strip("/").split("/")
        if parts[0] == "openapi" or len(parts) <= (2 if parts[0] == "api" else 3):
            return self._document(request, parts)
        target = self._target(parts)
        if request.method not in READS:
            raise self._unchangeable(request, target)
        if target.name and not target.watched:
            return self._get(request, target)
        if target.watched or _flag(request, "watch"):
            return await self._watch(request, target)
        return self._list(request, target)

    def _target(self, parts: Sequence[str]) -> Target:
        core = parts[0] == "api"
        group, version = ("", parts[1]) if core else (parts[1], parts[2])
        rest = list(parts[2 if core else 3 :])
        watched = rest[0] == "watch"
        rest = rest[watched:]
        namespace = None
        if len(rest) > 2 and rest[0] == "namespaces" and not (core and rest[2] == "status"):
            namespace, rest = rest[1], rest[2:]
        it = self._catalogue.find(group, version, rest[0]) if 0 < len(rest) <= 3 else None
        if it is None or (namespace is not None and not it.namespaced):
            raise NoSuchPath(f"/{'/'.join(parts)}")
        name, part = (*rest[1:], "", "")[:2]
        if name and it.namespaced and namespace is None:
            raise NoSuchPath(f"/{'/'.join(parts)}")
        return Target(it, namespace, name, part, watched)

    def _document(self, request: web.Request, parts: Sequence[str]) -> web.StreamResponse:
        if request.method not in READS:
            raise Refused(405, "MethodNotAllowed", "the server lists here what it serves")
        if parts[0] == "openapi":
            found = self._openapi(parts[1:])
        elif len(parts) == 1:
            return self._root(request, core=parts[0] == "api")
        elif parts[0] == "apis" and len(parts) == 2:
            found = discovery.group_document(self._catalogue, parts[1])
        else:
            group = "" if parts[0] == "api" else parts[1]
            found = discovery.resource_list(self._catalogue, group, parts[-1])
        if found is None:
            raise NoSuchPath(request.path)
        return answer(found)

    def _openapi(self, parts: Sequence[str]) -> Json | None:
        if parts == ["v3"]:
            return discovery.openapi_index(self._catalogue)
        if len(parts) == 3 and parts[:2] == ["v3", "api"]:
            return discovery.openapi(self._catalogue, "", parts[2])
        if len(parts) == 4 and parts[:2] == ["v3", "apis"]:
            return discovery.openapi(self._catalogue, parts[2], parts[3])
        return None

    def _root(self, request: web.Request, *, core: bool) -> web.StreamResponse:
        """Everything in one document, with a tag by which clients see that nothing changed."""
        version = _aggregated(request.headers.get("Accept", ""))
        if not version:
            return answer(
                discovery.core_versions(request.host)
                if core
                else discovery.group_list(self._catalogue)
            )
        body = encode(discovery.aggregated(self._catalogue, version, core=core))
        tag = f'"{hashlib.sha512(body).hexdigest().upper()}"'
        headers = {"Cache-Control": "public", "Etag": tag, "Vary": "Accept"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = AGGREGATED.format(version)
        return web.Response(body=body, headers=headers)

    def _get(self, request: web.Request, target: Target) -> web.StreamResponse:
        wanted = shape(request.headers.get("Accept", ""), of_list=False)
        include = _include(request)
        key = target.it.key(target.namespace or "", target.name)
        found = self._emulator.store.get(key)
        if found is None or target.part not in ("", "status"):
            raise not_found(target)
        if wanted.form == "Table":
            metadata = {"resourceVersion": found["metadata"].get("resourceVersion", "")}
            return answer(_table(target.it, [found], metadata, include, wanted.version))
        return answer(partial(found, wanted.version) if wanted.form else found)

    def _list(self, request: web.Request, target: Target) -> web.StreamResponse:
        wanted = shape(request.headers.get("Accept", ""), of_list=True)
        include = _include(request)
        choice = _choice(request, target)
        version = self._version(request)
        limit = _limit(request)
        start, version = self._start(request, version)
        found = [
            it
            for it in self._emulator.store.list(target.it.group, target.it.kind, target.namespace)
            if _place(it) > start and choice.holds(it)
        ]
        metadata: Json = {"resourceVersion": str(version)}
        if limit and len(found) > limit:
            metadata["continue"] = _token(version, _place(found[limit - 1]))
            if not choice.narrow:
                metadata["remainingItemCount"] = len(found) - limit
            found = found[:limit]
        return answer(_listed(target.it, found, metadata, include, wanted))

    async def _watch(self, request: web.Request, target: Target) -> web.StreamResponse:
        wanted = shape(request.headers.get("Accept", ""), of_list=False)
        choice = _choice(request, target)
        form = Form(target.it, wanted, _include(request))
        scope = (target.it.group, target.it.kind, target.namespace)
        return await watch(request, self._emulator.store, self._streams, scope, choice, form)

    def _version(self, request: web.Request) -> int:
        """The version a list is told to have at least; ours is the newest there is."""
        text = request.query.get("resourceVersion", "")
        match, now = request.query.get("resourceVersionMatch", ""), self._emulator.store.version
        if match and not text:
            message = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            raise invalid_options("resourceVersionMatch", message)
        if not re.fullmatch(r"[0-9]*", text):
            raise bad_request(
                f'invalid resource version: resourceVersion: Invalid value: "{text}": '
                f'strconv.ParseUint: parsing "{text}": invalid syntax'
            )
        if int(text or 0) > now:
            cause = {
                "reason": "ResourceVersionTooLarge",
                "message": "Too large resource version",
            }
            message = f"Timeout: Too large resource version: {text}, current: {now}"
            details = {"causes": [cause], "retryAfterSeconds": 1}
            raise Refused(504, "Timeout", message, details)
        if match == "Exact" and int(text) != now:
            raise expired("The resourceVersion for the provided list is too old.")
        return now

    def _start(self, request: web.Request, version: int) -> tuple[tuple[str, str], int]:
        """Where a page starts, and the version of the first page.

        Later pages show what is there now, under the first page's version: an object that
        stays is listed once, and a watch from that version misses nothing.
        """
        text = request.query.get("continue", "")
        if not text:
            return ("", ""), version
        try:
            padded = text + "=" * (-len(text) % 4)
            token = json.loads(base64.urlsafe_b64decode(padded.encode()))
            first, namespace, name = int(token["rv"]), token["namespace"], token["start"]
        except (ValueError, KeyError, TypeError) as error:
            message = f"invalid continue token: continue key is not valid: {error}"
            raise bad_request(message) from None
        if first > version:
            message = (
                "The provided continue parameter is too old to display a consistent list result. "
                "You can start a new list without the continue parameter."
            )
            raise expired(message)
        return (str(namespace), str(name)), first

    def _unchangeable(self, request: web.Request, target: Target) -> Refused:
        """What to do instead of changing an object over the API."""
        it, named = target.it, bool(target.name)
        key = it.key(target.namespace or "", target.name)
        present = named and self._emulator.store.get(key) is not None
        if named and not present and request.content_type != APPLY:
            return not_found(target)
        origins = self._emulator.store.origins(key)
        if not present:
            text = (
                f"{it.resource}: kne takes objects from files, not over the API: "
                "write a manifest into the folder that kne up follows"
            )
        elif origins:
            text = f"it comes from {origins[0]}: edit that file, kne follows it (files win)"
        else:
            text = "it is made by kne: edit the file of the object that owns it"
        if present:
            text = f'{it.resource} "{target.name}" cannot be changed over the API, {text}'
        return Refused(405, "MethodNotAllowed", text, {"group": it.group, "kind": it.plural})


@dataclass(frozen=True, slots=True)
class Form:
    """How a watch shows its objects; the first table tells the columns."""

    it: Served
    shape: Shape
    include: str

    def show(self, it: Json, *, first: bool) -> Json:
        """One object."""
        if self.shape.form != "Table":
            return partial(it, self.shape.version) if self.shape.form else it
        metadata = {"resourceVersion": it["metadata"].get("resourceVersion", "")}
        found = rows(self.it, [it], self.include, self.shape.version)
        heads = layout(self.it).definitions if first else None
        return table(found, metadata, heads, self.shape.version)

    def bare(self, version: int) -> Json:
        """An object that has nothing but a version, for bookmarks."""
        metadata = {"resourceVersion": str(version)}
        return {"kind": self.it.kind, "apiVersion": self.it.api_version, "metadata": metadata}


def not_found(target: Target) -> Refused:
    """404 for one object."""
    it = target.it
    details = {"name": target.name, "group": it.group, "kind": it.plural}
    if not it.group:
        del details["group"]
    return Refused(404, "NotFound", f'{it.resource} "{target.name}" not found', details)


def _table(it: Served, found: Sequence[Json], metadata: Json, include: str, version: str) -> Json:
    return table(rows(it, found, include, version), metadata, layout(it).definitions, version)


def _listed(it: Served, found: list[Json], metadata: Json, include: str, wanted: Shape) -> Json:
    if wanted.form == "Table":
        return _table(it, found, metadata, include, wanted.version)
    if wanted.form:
        return {
            "kind": wanted.form,
            "apiVersion": f"meta.k8s.io/{wanted.version}",
            "metadata": metadata,
            "items": [partial(one, wanted.version) for one in found],
        }
    if it.group:
        metadata = {"continue": "", **metadata}
    return {
        "apiVersion": it.api_version,
        "kind": f"{it.kind}List",
        "metadata": metadata,
        "items": found,
    }


def _place(it: Json) -> tuple[str, str]:
    """Where an object stands in a list."""
    return (it["metadata"].get("namespace", ""), it["metadata"]["name"])


def _token(version: int, last: tuple[str, str]) -> str:
    """Where the next page starts: after the last object of this one."""
    found = {"v": "meta.k8s.io/v1", "rv": version, "namespace": last[0], "start": last[1]}
    return base64.urlsafe_b64encode(encode(found).strip()).decode().rstrip("=")


def _choice(request: web.Request, target: Target) -> Choice:
    wanted = request.query.get("fieldSelector", "")
    if target.name:  # a watch of one object, the old way
        wanted = f"metadata.name={target.name},{wanted}"
    try:
        return Choice(
            labels(request.query.get("labelSelector", "")),
            fields(wanted, target.it.group, target.it.kind),
        )
    except BadSelector as error:
        raise bad_request(error.message) from None


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "") or "0"
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return max(0, int(text))


def _include(request: web.Request) -> str:
    found = request.query.get("includeObject", "") or "Metadata"
    if found not in ("Metadata", "Object", "None"):
        raise bad_request(
            f'Unable to convert to Table as requested: includeObject: Invalid value: "{found}": '
            "must be 'Metadata', 'Object', 'None', or empty"
        )
    return found


def _flag(request: web.Request, name: str) -> bool:
    """A truth value as Go's query conversion reads it: all but `false` and `0` is true."""
    return name in request.query and request.query[name].lower() not in ("false", "0")


def _aggregated(header: str) -> str:
    """The version of aggregated discovery that the client prefers, empty for none."""
    for media in accepted(header):
        if media.get("as") == "APIGroupDiscoveryList" and media.get("v") in ("v2", "v2beta1"):
            return media.get("v")
        if media.json and not media.get("as"):
            break
    return ""
