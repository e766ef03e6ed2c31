"""Health, readiness and metrics, asked over a real socket and held against the contract."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry, Gauge

from ivrd.adapters.http import HttpServer
from ivrd.errors import StartError
from ivrd.settings.site import Http

CONTRACT = yaml.safe_load((Path(__file__).parents[3] / "docs" / "http.openapi.yaml").read_text())


class House:
    """A server and what it answers from."""

    def __init__(self) -> None:
        self.problems: dict[str, str | None] = {"ari": None, "store": None}
        self.registry = CollectorRegistry()
        self.server = HttpServer(Http(port=0), lambda: self.problems, self.registry)

    async def get(self, path: str) -> tuple[int, Any, str]:
        """Status, body (held against the contract when JSON) and content type."""
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            if answer.content_type != "application/json":
                return answer.status, await answer.text(), answer.headers["Content-Type"]
            body = await answer.json()
            described = CONTRACT["paths"][path]["get"]["responses"][str(answer.status)]
            schema = described["content"]["application/json"]["schema"]
            document = {**schema, "components": CONTRACT["components"]}
            jsonschema.Draft202012Validator(document).validate(body)
            return answer.status, body, answer.content_type


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.server.start()
    yield made
    await made.server.stop()


async def test_whoever_answers_lives_even_when_nothing_is_ready(house: House) -> None:
    house.problems["ari"] = "refused"
    status, body, _ = await house.get("/health")
    assert (status, body["status"]) == (200, "ok")


async def test_ready_only_when_every_part_is(house: House) -> None:
    status, body, _ = await house.get("/ready")
    assert (status, body["ready"]) == (200, True)
    house.problems["store"] = "database is locked"
    status, body, _ = await house.get("/ready")
    assert (status, body["ready"]) == (503, False)
    assert body["parts"] == {
        "ari": {"ready": True},
        "store": {"ready": False, "problem": "database is locked"},
    }
    house.problems["store"] = None
    assert (await house.get("/ready"))[0] == 200


async def test_metrics_are_those_of_the_registry(house: House) -> None:
    Gauge("ivrd_test_seconds", "A test", registry=house.registry).set(1.5)
    status, body, content_type = await house.get("/metrics")
    assert status == 200
    assert "ivrd_test_seconds 1.5" in body
    assert content_type.startswith("text/plain; version=")


async def test_nothing_else_is_there(house: House) -> None:
    assert (await house.get("/"))[0] == 404


async def test_a_port_in_use_says_what_to_do_and_leaves_nothing_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = HttpServer(Http(port=port), dict, CollectorRegistry())
        with pytest.raises(
            StartError, match=rf"127\.0\.0\.1:{port} is taken.*ss -ltnp.*http\.port"
        ):
            await server.start()
    await server.stop()


async def test_an_address_that_is_not_ours_is_said() -> None:
    server = HttpServer(Http(host="192.0.2.1"), dict, CollectorRegistry())
    with pytest.raises(StartError, match=r"no address 192\.0\.2\.1"):
        await server.start()


async def test_after_stop_nobody_answers(house: House) -> None:
    port = house.server.port
    await house.server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
