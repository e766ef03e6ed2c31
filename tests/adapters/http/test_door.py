"""How many connections one address may hold, and for how long who asks nothing stays; over real sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Gauge

from ivrd.adapters.http import HttpServer, door, server
from ivrd.settings.site import Http
from rig import certificates

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ASK = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
A_LITTLE_S = 0.05
NEVER_S = 1000.0
pytestmark = pytest.mark.timeout(15)


class Clock:
    def now(self) -> float:
        return 1000.0


class House:
    """A server, and clients of it at whichever of the loopback's addresses."""

    def __init__(self, **settings: Any) -> None:
        self.registry = CollectorRegistry()
        self.server = HttpServer(Http(port=0, per_s=0, **settings), dict, self.registry, {"crm": "s3cret"}, Clock())
        self._open: list[asyncio.StreamWriter] = []

    async def connect(self, address: str = "127.0.0.1") -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port, local_addr=(address, 0))
        self._open.append(writer)
        return reader, writer

    async def ask(self, address: str = "127.0.0.1") -> tuple[int, str]:
        """Status and body."""
        connector = aiohttp.TCPConnector(local_addr=(address, 0))
        url = f"http://127.0.0.1:{self.server.port}/health"
        async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
            return answer.status, await answer.text()

    def ended(self, why: str) -> float | None:
        return self.registry.get_sample_value("ivrd_http_connections_ended_total", {"why": why})

    async def close(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        await self.server.stop()


@pytest.fixture
async def houses() -> AsyncIterator[list[House]]:
    made: list[House] = []
    yield made
    for house in made:
        await house.close()


@pytest.fixture
def leaves(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[str]:
    """Addresses whose connections the server has seen the end of; "told" of those that were refused."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    leave = door.Door.leave
    monkeypatch.setattr(door.Door, "leave", lambda self, address: (leave(self, address), queue.put_nowait(address)))
    told = door.Door.told
    monkeypatch.setattr(door.Door, "told", lambda self: (told(self), queue.put_nowait("told")))
    return queue


async def opened(houses: list[House], **settings: Any) -> House:
    house = House(**settings)
    houses.append(house)
    await house.server.start()
    return house


async def test_who_opens_many_is_refused_and_others_are_served(
    houses: list[House], monkeypatch: pytest.MonkeyPatch, leaves: asyncio.Queue[str]
) -> None:
    monkeypatch.setattr(door, "place", lambda peer: peer[0])  # the loopback's addresses, as if they were machines
    house = await opened(houses, connections=5)
    crowd = [await house.connect("127.0.0.2") for _ in range(100)]
    for _, writer in crowd:
        writer.write(ASK)
    answers = [(await reader.readline()).decode().strip() for reader, _ in crowd[:5]]
    assert answers == ["HTTP/1.1 200 OK"] * 5
    refused = [await reader.read() for reader, _ in crowd[5:55]]
    assert {text.split(b"\r\n")[0] for text in refused} <= {b"HTTP/1.1 429 Too Many Requests", b""}
    assert b'"this address holds too many connections"' in refused[0]
    assert house.ended("address") == 95
    assert (await house.ask("127.0.0.3"))[0] == 200
    for _, writer in crowd[5:]:
        writer.close()
    assert {await leaves.get() for _ in range(door.REFUSED_MAX + 1)} == {"told", "127.0.0.3"}
    assert (await house.ask("127.0.0.2"))[0] == 429
    assert await leaves.get() == "told"
    crowd[0][1].close()
    assert await leaves.get() == "127.0.0.2"
    assert (await house.ask("127.0.0.2"))[0] == 200, "there is room again"


async def test_this_machine_may_hold_four_times_as_many(houses: list[House]) -> None:
    house = await opened(houses, connections=2)
    for _ in range(8):
        _, writer = await house.connect()
        writer.write(ASK)
    status, body = await house.ask("127.0.0.9")
    assert (status, house.ended("address")) == (429, 1)
    assert "raise http.connections in config/ivrd.yaml" in body


async def test_more_than_can_be_told_are_closed(houses: list[House], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REFUSED_MAX", 1)
    monkeypatch.setattr(door, "CONNECTIONS_MAX", 1)
    house = await opened(houses)
    held, writer = await house.connect()
    writer.write(ASK)
    await held.readline()
    told, _ = await house.connect()
    assert (await told.readline()).startswith(b"HTTP/1.1 503 ")
    closed, _ = await house.connect()
    assert await closed.read() == b""
    assert house.ended("all") == 2


@pytest.mark.parametrize("limit", [0, 64])
async def test_the_limit_of_everybody_holds_without_one_of_an_address(
    houses: list[House], monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(door, "CONNECTIONS_MAX", 3)
    house = await opened(houses, connections=limit)
    for _ in range(3):
        reader, writer = await house.connect()
        writer.write(ASK)
        await reader.readline()
    assert (await house.ask())[0] == 503


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /hea",
        b"POST /agents/101/pause HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer s3cret\r\nContent-Length: 100\r\n\r\n{",
        ASK + b"GET /hea",
    ],
    ids=["silent", "half a head", "half a body", "half of a second one"],
)
async def test_who_does_not_finish_a_request_is_ended(
    houses: list[House], monkeypatch: pytest.MonkeyPatch, leaves: asyncio.Queue[str], sent: bytes
) -> None:
    monkeypatch.setattr(door, "REQUEST_S", A_LITTLE_S)
    monkeypatch.setattr(door, "REST_S", A_LITTLE_S)
    house = await opened(houses)
    reader, writer = await house.connect()
    writer.write(sent)
    said = await reader.read()
    await leaves.get()
    if not sent.startswith(ASK):
        assert said.startswith(b"HTTP/1.1 408 ")
        assert house.ended("slow") == 1


async def test_byte_by_byte_is_no_longer_than_any_other(houses: list[House], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REQUEST_S", A_LITTLE_S)
    house = await opened(houses)
    reader, writer = await house.connect()
    writer.write(b"GET /")
    said = asyncio.ensure_future(reader.read())  # noqa: TID251
    while not said.done():
        writer.write(b"x")
        await asyncio.sleep(0)
    assert isinstance(said.exception(), ConnectionError) or b" 408 " in said.result()
    assert house.ended("slow") == 1


async def test_between_requests_it_may_rest_longer_and_is_closed_without_a_word(
    houses: list[House], monkeypatch: pytest.MonkeyPatch, leaves: asyncio.Queue[str]
) -> None:
    monkeypatch.setattr(door, "REQUEST_S", NEVER_S)
    house = await opened(houses)
    reader, writer = await house.connect()
    for rest_s in (NEVER_S, A_LITTLE_S):
        monkeypatch.setattr(door, "REST_S", rest_s)
        writer.write(ASK)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split()[0])
        await reader.readexactly(length)
    assert await reader.read() == b""
    await leaves.get()
    assert house.ended("slow") == 0


async def test_who_does_not_read_the_answer_is_ended(
    houses: list[House], monkeypatch: pytest.MonkeyPatch, leaves: asyncio.Queue[str]
) -> None:
    monkeypatch.setattr(door, "REQUEST_S", NEVER_S)
    monkeypatch.setattr(door, "REST_S", A_LITTLE_S)
    monkeypatch.setattr(door, "LINGER_S", A_LITTLE_S)
    house = await opened(houses)
    Gauge("large", "x" * 20_000_000, registry=house.registry)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", house.server.port))
        await loop.sock_sendall(client, ASK.replace(b"/health", b"/metrics"))
        assert await leaves.get() == "loopback"
    assert house.ended("slow") == 1
    assert (await house.ask())[0] == 200


async def test_who_does_not_begin_tls_is_ended(houses: list[House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_S", A_LITTLE_S)
    files = certificates.make(tmp_path, dt.datetime.now(dt.UTC))  # noqa: TID251  # the peer's library looks at the real clock
    house = await opened(houses, cert_file=files.certificate, key_file=files.key)
    reader, _ = await house.connect()
    assert await reader.read() == b""


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        (("127.0.0.1", 1), "loopback"),
        (("127.9.9.9", 1), "loopback"),
        (("::1", 1, 0, 0), "loopback"),
        (("::ffff:127.0.0.1", 1, 0, 0), "loopback"),
        (("10.1.2.3", 1), "10.1.2.3"),
        (("::ffff:10.1.2.3", 1, 0, 0), "10.1.2.3"),
        (("2001:db8:1:2:3::4", 1, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::/64"),
        (None, ""),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(peer: Any, counted: str) -> None:
    assert door.place(peer) == counted
