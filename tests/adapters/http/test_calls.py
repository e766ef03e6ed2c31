"""GET /calls/{call}/why, against the published contract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry

from ivrd.adapters.http import HttpServer
from ivrd.core.acd.decision import Decision
from ivrd.errors import StoreError
from ivrd.settings.site import Http

CONTRACT = yaml.safe_load((Path(__file__).parents[3] / "docs" / "http.openapi.yaml").read_text())
OFFERED = Decision(
    at=12.5, what="offered", queue="kbli", agent="101", scores={"101": [0.0, -3.0]}, passed={"talking": ["102"]},
    points={"priority": 300.0, "vip": 0.0, "waited": 12.5}, weight=2.0, over=1, ahead={"99.1": 400.0}, ahead_why={"99.1": "has_skills"},
)  # fmt: skip


class Noon:
    def now(self) -> float:
        return 12.0


async def known(call: str) -> Sequence[Decision]:
    if call == "trouble":
        raise StoreError("the store is away")
    return [OFFERED] if call == "100.1" else []


async def get(path: str, token: str = "secret", ready: bool = True, tokens: dict[str, str] | None = None) -> tuple[int, Any]:
    server = HttpServer(Http(port=0), dict, CollectorRegistry(), {"wall": "secret"} if tokens is None else tokens, Noon())
    server.why = known if ready else None
    await server.start()
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{server.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            return answer.status, await (answer.json() if answer.content_type == "application/json" else answer.text())
    finally:
        await server.stop()


async def test_it_tells_the_decisions_as_the_contract_says() -> None:
    status, body = await get("/calls/100.1/why")
    assert (status, body["call"]) == (200, "100.1")
    (decision,) = body["decisions"]
    assert (decision["agent"], decision["passed"]) == ("101", {"talking": ["102"]})
    assert (decision["points"]["waited"], decision["over"], decision["ahead_why"]) == (12.5, 1, {"99.1": "has_skills"})
    schema = {"$ref": "#/components/schemas/Why", "components": CONTRACT["components"]}
    jsonschema.Draft202012Validator(schema).validate(body)


@pytest.mark.parametrize(
    ("path", "ready", "status"),
    [("/calls/7/why", True, 404), ("/calls/trouble/why", True, 503), ("/calls/100.1/why", False, 503)],
)
async def test_what_cannot_be_told_says_why(path: str, ready: bool, status: int) -> None:
    found, body = await get(path, ready=ready)
    assert found == status
    assert body["error"]
    assert body["hint"]


@pytest.mark.parametrize(("token", "status"), [("", 401), ("wrong", 401), ("secret", 200)])
async def test_a_token_is_needed(token: str, status: int) -> None:
    assert (await get("/calls/100.1/why", token))[0] == status


@pytest.mark.parametrize("token", ["", "secret"])
async def test_where_nobody_has_a_token_nothing_is_there(token: str) -> None:
    """Not even for who is on this machine: agents' names and presences are in it."""
    assert await get("/calls/100.1/why", token, tokens={}) == (404, "404: Not Found")
