"""Before an answer: how often, how large, with which token; afterwards: who did what. And nothing in clear beyond the loopback."""

from __future__ import annotations

import datetime as dt
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry

from ivrd.adapters.http import HttpServer
from ivrd.adapters.http import guard as guards
from ivrd.errors import StartError
from ivrd.settings.site import Http
from rig import certificates
from tests.settings.sites import Site

TOKENS = {"crm": "s3cret", "bi": "other"}


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time


class Notes:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def write(self, by: str, action: str, **facts: Any) -> str:
        self.lines.append((by, action, facts))
        return ""


class House:
    def __init__(self, **settings: Any) -> None:
        self.clock, self.notes = Clock(), Notes()
        self.server = HttpServer(Http(port=0, **settings), dict, CollectorRegistry(), TOKENS, self.clock, self.notes)

    async def ask(self, path: str, token: str = "", method: str = "GET", data: bytes = b"") -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers, data=data) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House(per_s=2)
    await made.server.start()
    yield made
    await made.server.stop()


async def test_an_address_that_asks_too_often_is_refused_for_a_while(house: House) -> None:
    answers = [(await house.ask("/metrics"))[0] for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2
    house.clock.time += 1
    assert [(await house.ask("/metrics"))[0] for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_who_asks_how_we_are_is_always_told(house: House, path: str) -> None:
    assert [(await house.ask("/agents/101", "guess"))[0] for _ in range(12)][-1] == 429  # none is let in any more
    assert {(await house.ask(path))[0] for _ in range(30)} == {200}
    assert (await house.ask("/metrics"))[0] == 429  # and it has given nobody else anything back


async def test_of_ipv6_a_house_s_network_is_one_address() -> None:
    guard = guards.Guard(2, Clock(), None)
    for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "::ffff:192.0.2.7", "192.0.2.7"):
        guard._look(address)
    assert list(guard._seen) == ["2001:db8:1:2::/64", "2001:db8:1:3::/64", "192.0.2.7"]


async def test_the_contract_says_so_of_every_path(house: House) -> None:
    contract = yaml.safe_load((Path(__file__).parents[3] / "docs" / "http.openapi.yaml").read_text())
    operations = [o for path in contract["paths"].values() for method, o in path.items() if method != "parameters"]
    assert all(o["responses"]["429"] == {"$ref": "#/components/responses/TooMany"} for o in operations)
    described = contract["components"]["responses"]["TooMany"]
    url = f"http://127.0.0.1:{house.server.port}/metrics"
    async with aiohttp.ClientSession() as session:
        for _ in range(11):
            async with session.get(url) as answer:
                status, headers, body = answer.status, answer.headers, await answer.read()
    assert status == 429
    assert int(headers["Retry-After"]) >= described["headers"]["Retry-After"]["schema"]["minimum"]
    schema = {**described["content"]["application/json"]["schema"], "components": contract["components"]}
    jsonschema.Draft202012Validator(schema).validate(json.loads(body))


async def test_what_somebody_with_a_token_did_is_noted_without_the_token(house: House) -> None:
    await house.ask("/agents/101/pause", TOKENS["crm"], "POST")
    [(by, action, facts)] = house.notes.lines
    assert (by, action, facts["path"], facts["address"]) == ("crm", "http POST", "/agents/101/pause", "127.0.0.1")
    assert TOKENS["crm"] not in str(house.notes.lines)
    await house.ask("/health")
    assert len(house.notes.lines) == 1


async def test_tokens_cannot_be_guessed(house: House) -> None:
    for _ in range(guards.WRONG_TOKENS):
        house.clock.time += 0.5
        assert (await house.ask("/agents/101", "guess"))[0] == 401
    house.clock.time += 0.5
    while (answer := await house.ask("/agents/101", "guess"))[0] == 401:  # those before have faded a little
        house.clock.time += 0.5
    assert answer[0] == 429
    assert "too many wrong tokens" in answer[1]
    assert (await house.ask("/agents/101", TOKENS["crm"]))[0] == 429  # the right one is not told apart
    house.clock.time += guards.WRONG_TOKENS_S
    assert (await house.ask("/agents/101", TOKENS["crm"]))[0] == 503  # in; there is no desk here
    assert {by for by, _, facts in house.notes.lines if facts["status"] == 401} == {"nobody"}


async def test_a_large_body_is_not_read(house: House) -> None:
    status, _ = await house.ask("/agents/101/pause", TOKENS["crm"], "POST", b"x" * 100_000)
    assert status in (413, 503)


async def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "ADDRESSES_MAX", 3)
    guard = guards.Guard(2, Clock(), None)
    for number in range(10):
        guard._look(f"10.0.0.{number}")
    assert list(guard._seen) == ["10.0.0.7", "10.0.0.8", "10.0.0.9"]


async def test_tls_and_nothing_else(tmp_path: Path) -> None:
    files = certificates.make(tmp_path, dt.datetime.now(dt.UTC))  # noqa: TID251  # the peer's library looks at the real clock
    house = House(cert_file=files.certificate, key_file=files.key)
    await house.server.start()
    try:
        trusting = ssl.create_default_context(cafile=files.ca)
        async with aiohttp.ClientSession() as session, session.get(
            f"https://127.0.0.1:{house.server.port}/health", ssl=trusting
        ) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await house.ask("/health")
    finally:
        await house.server.stop()


async def test_a_certificate_that_is_none_is_said(tmp_path: Path) -> None:
    for name in ("cert", "key"):
        (tmp_path / name).write_text("nonsense")
    house = House(cert_file=tmp_path / "cert", key_file=tmp_path / "key")
    with pytest.raises(StartError, match="not a certificate and its key"):
        await house.server.start()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("host: 0.0.0.0, port: 9169", "http would be open to 0.0.0.0 in clear"),
        ("host: 127.0.0.1, port: 9169, cert_file: x.pem", "belong together"),
        ("host: 0.0.0.0, port: 9169, cert_file: x.pem, key_file: y.pem", "there is no file"),
    ],
)
def test_in_clear_beyond_this_machine_is_refused(tmp_path: Path, setting: str, said: str) -> None:
    site = Site(tmp_path)
    file = tmp_path / "config" / "ivrd.yaml"
    lines = [f"http: {{{setting}}}" if line.startswith("http:") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines) + "\n")
    assert any(said in str(fault) for fault in site.faults()), site.faults()
