"""Who may ask, health, version, and what faults become."""

import asyncio
import logging
import socket

import aiohttp
import pytest

from kne import __version__
from kne.api import server
from kne.api.server import serve
from kne.errors import Conflict, Invalid, KneError, Rejected, Unreachable, Where
from kne.model.resource import Json
from tests.api.small import EVENTING, KINDS, TOKEN, Shop, served, shop

BEARER = f"Bearer {TOKEN}"


@pytest.mark.parametrize("path", ["/readyz", "/healthz", "/livez"])
async def test_health_is_plain_text(path: str) -> None:
    it = shop()
    async with served(it) as session:
        async with session.get(path) as response:
            assert (response.status, await response.text()) == (200, "ok")
        it.ready = False
        async with session.get(path) as response:
            assert (response.status, await response.text()) == (503, "not ready")


async def test_the_version_is_kubernetes_and_ours() -> None:
    async with served(shop()) as session, session.get("/version") as response:
        found = await response.json()
    assert (found["major"], found["minor"]) == ("1", "32")
    assert found["gitVersion"] == f"v1.32.0+kne.{__version__}"


async def test_the_root_names_what_is_served() -> None:
    async with served(shop()) as session, session.get("/") as response:
        paths = (await response.json())["paths"]
    assert {"/api/v1", f"/apis/{EVENTING}/v1", "/readyz", "/version"} <= set(paths)


@pytest.mark.parametrize("given", [None, "", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"])
@pytest.mark.parametrize("path", ["/kne/v1/send", "/kne/v1/stop"])
async def test_changes_need_the_token(path: str, given: str | None) -> None:
    it = shop()
    headers = {} if given is None else {"Authorization": given}
    async with served(it) as session, session.post(path, data="{}", headers=headers) as response:
        assert response.status == 401
        found = await response.json()
    assert found["message"] == "Unauthorized"
    assert "run.json" in found["hint"]
    assert not it.stopped


async def test_an_empty_token_opens_nothing() -> None:
    it = shop()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        async with serve(it, sock, "", kinds=KINDS), aiohttp.ClientSession(url) as session:
            headers = {"Authorization": "Bearer "}
            async with session.post("/kne/v1/stop", headers=headers) as response:
                assert response.status == 401
    assert not it.stopped


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8081", "127.0.0.1:9", "127.8.9.1", "[::1]:8081", "[::1]"]
)
async def test_this_machine_may_be_called_by_all_its_names(host: str) -> None:
    headers = {"Host": host}
    async with (
        served(shop()) as session,
        session.get("/kne/v1/status", headers=headers) as response,
    ):
        assert response.status == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1", "[fe80::1"])
async def test_another_name_is_refused(host: str) -> None:
    async with served(shop()) as session:
        for path in ("/kne/v1/status", "/readyz"):
            async with session.get(path, headers={"Host": host}) as response:
                assert response.status == 403
        async with session.get("/api", headers={"Host": host}) as response:
            assert (await response.json())["reason"] == "Forbidden"


async def test_a_page_of_our_own_may_ask_and_no_other() -> None:
    async with served(shop()) as session:
        async with session.get("/version") as response:
            own = str(response.url.origin())
        for origin, expected in (
            (own, 200),
            ("http://evil.example", 403),
            ("null", 403),
            (own.replace("http", "https"), 403),
            ("http://127.0.0.1:1", 403),
        ):
            async with session.get("/kne/v1/status", headers={"Origin": origin}) as response:
                assert response.status == expected, origin


async def test_a_page_of_another_cannot_change_even_with_the_token() -> None:
    it = shop()
    headers = {"Origin": "http://evil.example", "Authorization": BEARER}
    async with served(it) as session, session.post("/kne/v1/stop", headers=headers) as response:
        assert response.status == 403
    assert not it.stopped


class Failing(Shop):
    """A shop whose status fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def status(self) -> Json:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Conflict("no"), 409),
        (Invalid("no"), 422),
        (Rejected("no"), 422),
        (Unreachable("no"), 502),
        (KneError("no"), 400),
    ],
)
async def test_a_fault_has_its_code(error: KneError, code: int) -> None:
    async with served(Failing(error)) as session, session.get("/kne/v1/status") as response:
        assert (response.status, await response.json()) == (
            code,
            {"message": "no", "why": "", "hint": ""},
        )


async def test_a_fault_tells_where_why_and_what_to_do() -> None:
    error = Invalid("bad", where=Where("a.yaml", 3, 1), why="so", hint="do")
    async with served(Failing(error)) as session, session.get("/kne/v1/status") as response:
        expected = {"where": "a.yaml:3:1", "message": "bad", "why": "so", "hint": "do"}
        assert await response.json() == expected


async def test_a_bug_is_logged_and_does_not_show_its_insides(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "kne.api"):
        async with (
            served(Failing(ZeroDivisionError("secret"))) as session,
            session.get("/kne/v1/status") as response,
        ):
            assert response.status == 500
            assert "secret" not in await response.text()
    assert "GET /kne/v1/status" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_unknown_paths_and_methods_are_faults_in_our_own_form() -> None:
    headers = {"Authorization": BEARER}
    async with served(shop()) as session:
        async with session.get("/kne/v1/nope") as response:
            assert response.status == 404
            assert (await response.json()).keys() == {"message", "why", "hint"}
        async with session.delete("/kne/v1/status", headers=headers) as response:
            assert response.status == 405
        async with session.get("/nope") as response:
            assert (response.status, await response.text()) == (404, "404 page not found\n")
        async with session.post("/version") as response:
            assert (await response.json())["reason"] == "MethodNotAllowed"


async def test_a_request_may_not_be_larger_than_the_largest_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "BODY", 1000)
    headers = {"Authorization": BEARER}
    async with (
        served(shop()) as session,
        session.post("/kne/v1/send", data=b"x" * 2000, headers=headers) as response,
    ):
        assert response.status == 413


async def test_leaving_closes_the_socket() -> None:
    async with served(shop()) as session, session.get("/version") as response:
        port = response.url.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_all_registered_kinds_are_served_unless_others_are_given() -> None:
    async with served(shop(), kinds=None) as session, session.get("/apis") as response:
        groups = {it["name"] for it in (await response.json())["groups"]}
    assert {"flows.knative.dev", "sources.knative.dev", "apps"} <= groups
