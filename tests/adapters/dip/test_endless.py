"""A service that answers with a gigabyte, for ever, or with a bomb: no more than max_bytes is kept, and the connection is closed."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest
import structlog

from ivrd.adapters.dip import HttpDip
from ivrd.core.ivr.orders import FetchHttp
from ivrd.settings.site import Service

MAX_BYTES = 65_536
#: what may lie in the buffers of two sockets and a reader when the client has had enough
ON_THE_WAY = 16 * 1024 * 1024
GIGABYTE = 1024**3
_CHUNK = b" " * 65_536
MEMORY_MAX = 4 * 1024 * 1024
Answer = Callable[["Flood"], Awaitable[None]]


@dataclass
class Flood:
    """A service that says what a test wants, as fast as it is read. ``over``: the client closed."""

    answer: Answer
    writer: asyncio.StreamWriter
    sent: int = 0
    request: bytes = b""

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        self.sent += len(data)
        await self.writer.drain()


@dataclass
class Served:
    """The service, and how it went."""

    port: int
    floods: list[Flood] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)


@contextlib.asynccontextmanager
async def served(answer: Answer) -> AsyncIterator[Served]:
    service: Served

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flood = Flood(answer, writer)
        service.floods.append(flood)
        with contextlib.suppress(ConnectionError):
            flood.request = await reader.readuntil(b"\r\n\r\n")
            await answer(flood)
            await reader.read()
        writer.close()
        service.over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    service = Served(server.sockets[0].getsockname()[1])
    try:
        yield service
    finally:
        server.close()


async def ask(service: Served, timeout_s: float = 5.0) -> str:
    """The outcome, once the service has seen the connection closed."""
    settings = Service(url=f"http://127.0.0.1:{service.port}", max_bytes=MAX_BYTES)
    dip = HttpDip({"oss": settings}, {}, structlog.get_logger(), lambda *_: None)
    order = FetchHttp(service="oss", method="GET", path="/x", send={}, save={"a": "/a"}, timeout_s=timeout_s, tries=1, spacing_s=0.0)
    try:
        async with asyncio.timeout(20):
            outcome = (await dip.fetch("c1", order)).outcome
            if outcome != "ok":
                await service.over.wait()
    finally:
        await dip.close()
    return outcome


@contextlib.contextmanager
def flat() -> Iterator[None]:
    """No more than MEMORY_MAX at any moment."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX
    finally:
        tracemalloc.stop()


async def a_gigabyte(flood: Flood) -> None:
    await flood.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
    while flood.sent < GIGABYTE:
        await flood.say(_CHUNK)


async def chunks_for_ever(flood: Flood) -> None:
    await flood.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await flood.say(b"%x\r\n%s\r\n" % (len(_CHUNK), _CHUNK))


async def headers_for_ever(flood: Flood) -> None:
    await flood.say(b"HTTP/1.1 200 OK\r\n")
    for number in range(10**9):
        await flood.say(b"X-%d: %s\r\n" % (number, b"a" * 1000))


async def one_header_for_ever(flood: Flood) -> None:
    await flood.say(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        await flood.say(b"a" * 65_536)


async def redirects_with_a_gigabyte(flood: Flood) -> None:
    await flood.say(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
    while flood.sent < GIGABYTE:
        await flood.say(_CHUNK)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (a_gigabyte, "unusable"),
        (chunks_for_ever, "unusable"),
        (headers_for_ever, "broken"),
        (one_header_for_ever, "broken"),
        (redirects_with_a_gigabyte, "refused"),
    ],
)
async def test_no_more_is_read_than_may_be(answer: Answer, outcome: str) -> None:
    with structlog.testing.capture_logs(), flat():
        async with served(answer) as service:
            assert await ask(service) == outcome
    assert sum(flood.sent for flood in service.floods) < ON_THE_WAY


def _bomb(size: int, packed: Callable[[bytes], bytes]) -> Answer:
    body = packed(b'{"a": "' + b" " * size + b'"}')

    async def answer(flood: Flood) -> None:
        name = b"gzip" if packed is gzip.compress else b"deflate"
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        await flood.say(head % (name, len(body)) + body)

    return answer


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress])
async def test_a_bomb_is_not_unpacked_and_nobody_asked_for_one(packed: Callable[[bytes], bytes]) -> None:
    answer = _bomb(50 * 1024 * 1024, packed)
    with structlog.testing.capture_logs() as lines, flat():
        async with served(answer) as service:
            assert await ask(service) == "unusable"
    assert b"accept-encoding: identity\r\n" in service.floods[0].request.lower()
    assert "compressed" in lines[-1]["why"]


async def a_trickle(flood: Flood) -> None:
    await flood.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")


async def test_a_body_that_never_comes_costs_the_time_out() -> None:
    with structlog.testing.capture_logs():
        async with served(a_trickle) as service:
            assert await ask(service, timeout_s=0.2) == "slow"
