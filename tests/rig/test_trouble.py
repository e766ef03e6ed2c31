"""The bad line does to connections what it is told, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from ivrd.adapters.ari.http import HttpPool
from rig.trouble import DOWN, BadLine
from rig.wires import Refusal, doubled, lost, reordered


class Far:
    """A server like Asterisk's: requests, and a websocket that tells events."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sockets: list[web.WebSocketResponse] = []

    async def events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"type": "Hello"})  # in one packet with the handshake, as likely as not
        async for _ in socket:
            pass
        return socket

    async def anything(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        return web.Response(text=request.path)

    async def tell(self, *numbers: int) -> None:
        for n in numbers:
            await self.sockets[-1].send_json({"type": "Odd" if n % 2 else "Even", "n": n, "long": "x" * 300})


@pytest.fixture
async def far() -> AsyncIterator[tuple[Far, BadLine]]:
    server = Far()
    app = web.Application()
    app.router.add_get("/ari/events", server.events)
    app.router.add_route("*", "/{path:.*}", server.anything)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (address,) = runner.addresses
    async with BadLine(address[1]) as line:
        yield server, line
    await runner.cleanup()


@pytest.fixture
async def pool(far: tuple[Far, BadLine]) -> AsyncIterator[HttpPool]:
    made = HttpPool("127.0.0.1", far[1].port, "none", limit=10, keep_s=10)
    yield made
    made.close()


async def test_answers_keep_the_order_of_requests_also_those_that_are_refused(far: tuple[Far, BadLine], pool: HttpPool) -> None:
    server, line = far
    refusal = line.refuse(Refusal(pattern="POST b", status=503, first=2, times=1))
    orders = [("POST", f"/ari/{name}") for name in ("a", "b", "c", "b", "d", "b")]
    answers = await pool.request_all(orders, 5)
    assert [status for status, _ in answers] == [200, 200, 200, 503, 200, 200]
    assert answers[4][1] == b"/ari/d"
    assert (len(server.asked), refusal.refused, line.requests[1]) == (5, 1, "POST b")


async def test_a_request_that_never_returns_holds_up_no_other(far: tuple[Far, BadLine], pool: HttpPool) -> None:
    server, line = far
    line.refuse(Refusal(pattern="GET never", status=0))
    never, other = await asyncio.gather(
        pool.request("GET", "/ari/never", b"", 0.5), pool.request("GET", "/ari/a", b"", 0.4), return_exceptions=True
    )
    assert isinstance(never, TimeoutError)
    assert other == (200, b"/ari/a")
    assert server.asked == ["GET /ari/a"]


@pytest.mark.parametrize("fault", ["close", "reset"])
async def test_a_connection_ends(far: tuple[Far, BadLine], pool: HttpPool, fault: str) -> None:
    _, line = far
    refusal = line.refuse(Refusal(pattern="GET never", status=0))

    async def end() -> None:
        while not refusal.met:  # noqa: ASYNC110  # the line has no event for it
            await asyncio.sleep(0.01)
        await line.close() if fault == "close" else line.reset()

    never, _ = await asyncio.gather(pool.request("GET", "/ari/never", b"", 5), end(), return_exceptions=True)
    assert isinstance(never, OSError)
    assert ("closed" if fault == "close" else "reset") in str(never)
    assert (await pool.request("GET", "/ari/a", b"", 5))[0] == 200


@pytest.mark.parametrize("direction", [(), (DOWN,)])
async def test_a_dark_line_says_nothing_and_new_connections_are_well_when_it_is_mended(
    far: tuple[Far, BadLine], pool: HttpPool, direction: tuple[str, ...]
) -> None:
    server, line = far
    assert (await pool.request("GET", "/ari/a", b"", 5))[0] == 200
    line.blackhole(*direction)
    with pytest.raises(TimeoutError):
        await pool.request("GET", "/ari/b", b"", 0.3)
    assert len(server.asked) == (2 if direction else 1)
    line.mend()
    assert (await pool.request("GET", "/ari/c", b"", 5))[0] == 200


async def heard(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[int]:
    return [json.loads((await asyncio.wait_for(socket.receive(), 5)).data)["n"] for _ in range(count)]


async def test_events_are_lost_doubled_overtaken_and_late(far: tuple[Far, BadLine]) -> None:
    server, line = far
    async with aiohttp.ClientSession() as session, session.ws_connect(f"http://127.0.0.1:{line.port}/ari/events") as socket:
        assert (await socket.receive_json())["type"] == "Hello"
        line.frames = lost("Odd")
        await server.tell(1, 2, 3, 4)
        assert await heard(socket, 2) == [2, 4]
        line.frames = doubled
        await server.tell(5, 6)
        assert await heard(socket, 4) == [5, 6, 5, 6]
        line.frames = reordered()
        await server.tell(7, 8)
        assert await heard(socket, 2) == [8, 7]
        line.mend()
        line.delay(0.2)
        began = asyncio.get_running_loop().time()
        await server.tell(9)
        assert await heard(socket, 1) == [9]
        assert asyncio.get_running_loop().time() - began >= 0.2
        line.mend()
        line.throttle(1000)
        began = asyncio.get_running_loop().time()
        await server.tell(10)
        assert await heard(socket, 1) == [10]
        assert asyncio.get_running_loop().time() - began >= 0.2
