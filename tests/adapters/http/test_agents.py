"""Agents over HTTP: who may, what may be asked, and what is answered; each answer is held against the contract."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry

from ivrd.adapters.http import HttpServer
from ivrd.core.events import AgentAsked
from ivrd.core.views import AgentView
from ivrd.ports import Reply
from ivrd.settings.site import Http

CONTRACT = yaml.safe_load((Path(__file__).parents[3] / "docs" / "http.openapi.yaml").read_text())
ADI = AgentView(agent="101", name="Adi", extension="101", presence="ready", since=0.0)


class Desk:
    """Notes what is asked."""

    def __init__(self) -> None:
        self.asked: list[AgentAsked] = []
        self.refuses = ""

    def ask(self, asked: AgentAsked) -> Reply:
        self.asked.append(asked)
        return Reply(refused=self.refuses, view=ADI) if asked.agent == "101" else Reply(refused="unknown_agent")

    def look(self, agent: str) -> Reply:
        return Reply(view=dataclasses.replace(ADI, wrap_up_until=1.5)) if agent == "101" else Reply(refused="unknown_agent")

    def agents(self) -> Iterable[str]:
        return ["101"]


class Noon:
    def now(self) -> float:
        return 12.0


class House:
    def __init__(self, tokens: dict[str, str]) -> None:
        self.desk = Desk()
        self.server = HttpServer(Http(port=0), dict, CollectorRegistry(), tokens, Noon())
        self.server.desk = self.desk

    async def send(self, method: str, path: str, json: Any = None, token: str = "secret", data: str | None = None) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{self.server.port}{path}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with aiohttp.ClientSession() as session, session.request(method, url, json=json, data=data, headers=headers) as answer:
            if answer.content_type != "application/json":
                return answer.status, await answer.text()
            body = await answer.json()
            _held_against_the_contract(method, path, answer.status, body)
            return answer.status, body


def _held_against_the_contract(method: str, path: str, status: int, body: Any) -> None:
    described = next(v for k, v in CONTRACT["paths"].items() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", k), path))
    response = described[method.lower()]["responses"][str(status)]
    if "$ref" in response:
        response = CONTRACT["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    schema = response["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": CONTRACT["components"]}).validate(body)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House({"crm": "secret", "lead": "other"})
    await made.server.start()
    yield made
    await made.server.stop()


@pytest.mark.parametrize(
    ("path", "body", "wish", "facts"),
    [
        ("login", None, "log_in", {}),
        ("logout", None, "log_out", {}),
        ("pause", {"reason": "rapat"}, "pause", {"reason": "rapat"}),
        ("pause", {}, "pause", {}),
        ("resume", None, "resume", {}),
        ("wrap-up", None, "end_wrap_up", {}),
        ("wrap-up", {"extend_s": 60}, "extend_wrap_up", {"seconds": 60}),
    ],
)
async def test_what_may_be_asked(house: House, path: str, body: Any, wish: str, facts: dict[str, Any]) -> None:
    status, answer = await house.send("POST", f"/agents/101/{path}", body)
    assert (status, answer["presence"]) == (200, "ready")
    assert house.desk.asked == [AgentAsked(at=12.0, agent="101", wish=wish, by="crm", **facts)]


async def test_contacts_of_other_channels_begin_and_end(house: House) -> None:
    assert (await house.send("PUT", "/agents/101/contacts/chat-7", {"kind": "chat"}))[0] == 200
    assert (await house.send("DELETE", "/agents/101/contacts/chat-7"))[0] == 200
    assert [(a.wish, a.contact, a.reason) for a in house.desk.asked] == [
        ("begin_contact", "chat-7", "chat"),
        ("end_contact", "chat-7", ""),
    ]


async def test_an_agent_is_looked_at(house: House) -> None:
    status, answer = await house.send("GET", "/agents/101")
    assert (status, answer["wrap_up_until"]) == (200, "1970-01-01T00:00:01.500Z")


async def test_each_token_has_its_name(house: House) -> None:
    await house.send("POST", "/agents/101/login", token="other")
    assert house.desk.asked[0].by == "lead"


@pytest.mark.parametrize("token", ["", "wrong", "secre", "secret2"])
async def test_without_the_token_nothing_is_asked(house: House, token: str) -> None:
    for method, path in (("POST", "/agents/101/login"), ("GET", "/agents/101"), ("PUT", "/agents/101/contacts/c")):
        assert (await house.send(method, path, token=token))[0] == 401
    assert house.desk.asked == []


async def test_a_refusal_says_why_and_how_the_agent_is(house: House) -> None:
    house.desk.refuses = "too_many_paused"
    status, answer = await house.send("POST", "/agents/101/pause")
    assert (status, answer["error"], answer["agent"]["presence"]) == (409, "too_many_paused", "ready")
    assert "max_paused" in answer["hint"]


async def test_an_unknown_agent(house: House) -> None:
    status, answer = await house.send("POST", "/agents/1011/login")
    assert (status, answer["hint"]) == (404, "did you mean '101'?")


@pytest.mark.parametrize(
    ("path", "data", "error"),
    [
        ("pause", "{", "not JSON"),
        ("pause", "[1]", "must be a JSON object"),
        ("pause", '{"why": "x"}', "unknown field 'why': reason may stand here"),
        ("pause", '{"reason": 1}', "reason must be a short text"),
        ("login", '{"reason": "x"}', "unknown field 'reason': none may stand here"),
        ("wrap-up", '{"extend_s": true}', "extend_s must be a whole number"),
        ("wrap-up", '{"extend_s": 0}', "extend_s must be between 1 and 3600"),
        ("pause", '{"reason": "' + "x" * 101 + '"}', "reason must be a short text"),
    ],
)
async def test_what_is_wrong_is_told(house: House, path: str, data: str, error: str) -> None:
    status, answer = await house.send("POST", f"/agents/101/{path}", data=data)
    assert status == 400
    assert error in answer["error"]
    assert house.desk.asked == []


async def test_a_body_that_is_too_long_is_not_read(house: House) -> None:
    assert (await house.send("POST", "/agents/101/pause", data="x" * 5000))[0] == 413


async def test_nothing_of_it_is_there_unless_somebody_has_a_token() -> None:
    made = House({})
    await made.server.start()
    try:
        assert (await made.send("POST", "/agents/101/login"))[0] == 404
    finally:
        await made.server.stop()


async def test_before_the_daemon_stands_it_says_so(house: House) -> None:
    house.server.desk = None
    assert (await house.send("POST", "/agents/101/login"))[0] == 503
