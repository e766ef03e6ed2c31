"""A scripted ARI server: what a test wants Asterisk to say, over real HTTP and websockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from aiohttp import WSMsgType, encode_basic_auth, web

from ivrd.settings.site import Ari
from rig.certificates import Certificates

PASSWORD = "right-password"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ScriptedAri:
    """Answers 204 to each order unless ``answers`` has one for "METHOD path"."""

    def __init__(self, files: Certificates | None = None) -> None:
        """``files``: by TLS, with these."""
        self.files = files
        self.urls: list[str] = []  #: also the websocket's
        self.requests: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.bodies: list[Any] = []
        self.answers: dict[str, Answer] = {}
        self.channels: list[dict[str, Any]] = []
        self.sockets: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.began = "2026-11-24T10:00:00.000+0700"
        self.port = 0
        self._runner: web.AppRunner | None = None

    def settings(self, request_timeout_s: float = 5.0) -> Ari:
        return Ari(port=self.port, request_timeout_s=request_timeout_s)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/ari/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.files and self.files.serving())
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.urls.append(str(request.url))
        if request.headers.get("Authorization") != encode_basic_auth("ivrd", PASSWORD):
            return web.Response(status=401)
        path = request.match_info["path"]
        if path == "events":
            return await self._events(request)
        order = f"{request.method} {path}"
        self.requests.append(order)
        self.queries.append(dict(request.query))
        self.bodies.append(await request.json() if request.can_read_body else None)
        if order in self.answers:
            return await self.answers[order](request)
        if order == "GET channels":
            return web.json_response(self.channels)
        if order == "GET bridges":
            return web.json_response([])
        if order == "GET asterisk/info":
            return web.json_response({"status": {"startup_time": self.began}})
        if order == "GET applications/ivrd":
            return web.json_response({"channel_ids": [c["id"] for c in self.channels]})
        return web.Response(status=204)

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.put_nowait(socket)
        async for message in socket:
            assert message.type is WSMsgType.TEXT
        return socket


def says(status: int, **body: str) -> Answer:
    """An answer with a status and a JSON body."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return answer


@pytest_asyncio.fixture
async def asterisk() -> AsyncIterator[ScriptedAri]:
    """A scripted ARI server that listens."""
    server = ScriptedAri()
    await server.start()
    yield server
    await server.stop()
