"""The HTTP server as strangers meet it: raw bytes on its port, and requests of who has a token but means no good."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from ivrd.adapters.http import HttpServer
from ivrd.core.acd.decision import Decision
from ivrd.core.events import AgentAsked
from ivrd.core.views import AgentView
from ivrd.ports import Reply
from ivrd.settings.site import Http

TOKEN = "fuzz-token"
#: whatever was begun ends here, so that the server has no reason to wait for more than it may take
_END = b"\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\nX: " + b"0" * 5000 + b"\r\n\r\n"
_QUIET_S = 0.25  #: a server that has not answered by then waits for a body that it will not get
_WAIT_MAX_S = 10.0  #: the server lets go within a second or two
_RESET = struct.pack("ii", 1, 0)  # close at once, with RST: thousands of ports in TIME_WAIT would be ours
_PATHS = (
    b"/health", b"/ready", b"/metrics", b"/agents/101", b"/agents/101/pause", b"/agents/101/login", b"/agents/101/wrap-up",
    b"/agents/101/contacts/chat-7", b"/calls/1.1/why",
)  # fmt: skip
_BODIES = (b'{"reason": "rapat"}', b'{"extend_s": 60}', b'{"kind": "chat"}', b"{}", b"")
#: values of JSON that parsers and writers have stumbled over
HOSTILE = (
    b'"\\ud800"', b'"\\u0000"', b"NaN", b"-Infinity", b"1e400", b"9" * 4000, b"[" * 3900, b'{"a":' * 700, b'"' + b"A" * 4000 + b'"', b"null",
    b"[]", b"true", b"0.5", b'"\xff\xfe"', b'"\'; DROP TABLE cdr; --"', b'"<script>"', b'"\\u202e"', b'{"reason": "a", "reason": "b"}',
)  # fmt: skip
HEADERS = (
    b"Content-Type: application/json; charset=nonsense", b"Content-Type: text/plain; charset=utf-16", b"Content-Encoding: gzip",
    b"Content-Encoding: deflate", b"Expect: 100-continue", b"Expect: 200-ok", b"Upgrade: websocket", b"Transfer-Encoding: chunked",
    b"Content-Length: -1", b"Content-Length: 99999999999", b"Host: \xff\xfe", b"X-Forwarded-For: 198.51.100.9", b"Cookie: " + b"a=b; " * 900,
    b"Authorization: Bearer \xff\xfe", b"Authorization: Basic eA==", b"Range: bytes=0-,1-", b"A: " + b"b" * 9000,
)  # fmt: skip


class _Desk:
    """One agent, who takes everything."""

    _view = AgentView(agent="101", name="Adi", extension="101", presence="ready", since=0.0)

    def ask(self, asked: AgentAsked) -> Reply:
        for text in (asked.reason, asked.contact, asked.by):
            text.encode()  # the journal, the store and the walls would have to
        return Reply(view=self._view)

    def look(self, agent: str) -> Reply:
        return Reply(view=self._view) if agent == "101" else Reply(refused="unknown_agent")

    def agents(self) -> Iterable[str]:
        return ["101"]


class _Clock:
    """A minute passes between requests: a guard that refuses everything would be all that is tried."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        self.time += 60.0
        return self.time


class _Audit:
    def write(self, by: str, action: str, **facts: Any) -> str:
        f"{by} {action} {facts['path']}".encode()
        return ""


async def _why(call: str) -> Sequence[Decision]:
    call.encode()  # the store would have to
    return ()


class _Heard(logging.Handler):
    """Every line of the server at level ERROR is a handler that failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        self.texts.append(f"{record.getMessage()}: {cause!r}")


class Port:
    """A target of bench.fuzz. Raises when the server logged an error, or answered 500."""

    def __init__(self, number: int, heard: _Heard) -> None:
        self.number, self._heard = number, heard

    async def __call__(self, data: bytes) -> str:
        said = await self._exchange(data + _END)
        if self._heard.texts:
            raise AssertionError("; ".join(self._heard.texts.pop() for _ in range(len(self._heard.texts))))
        if said.startswith(b"HTTP/1.1 5"):
            raise AssertionError(said[:60].decode())
        return "taken" if said.startswith(b"HTTP/1.1 2") else "refused"

    async def _exchange(self, data: bytes) -> bytes:
        """What is answered first; b"" when nothing is."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.number), _WAIT_MAX_S)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        try:
            writer.write(data)
            async with asyncio.timeout(_QUIET_S):
                return await reader.read(65536)
        except (TimeoutError, ConnectionError):
            return b""
        finally:
            writer.transport.abort()

    async def settled(self, tasks: int, descriptors: int) -> str:
        """"" once no more tasks and descriptors are there than before; else what is left behind."""
        deadline = time.monotonic() + _WAIT_MAX_S
        while time.monotonic() < deadline:
            if counted()[0] <= tasks and counted()[1] <= descriptors:
                return ""
            await asyncio.sleep(0.01)
        return f"{counted()} tasks and descriptors, {(tasks, descriptors)} before"


def counted() -> tuple[int, int]:
    """Tasks and descriptors of this process."""
    return len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir()))


@contextlib.asynccontextmanager
async def port() -> AsyncIterator[Port]:
    """A server on a free port. AssertionError at the end when tasks or descriptors were left behind."""
    server = HttpServer(Http(port=0, per_s=0, connections=0), dict, CollectorRegistry(), {"fuzz": TOKEN}, _Clock(), _Audit())
    server.desk, server.why = _Desk(), _why
    heard, root = _Heard(), logging.getLogger()
    root.addHandler(heard)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.texts.append(f"event loop: {context.get('exception') or context['message']!r}"))
    await server.start()
    try:
        target = Port(server.port, heard)
        await target(b"GET /health HTTP/1.1\r\nHost: x")
        before = counted()
        yield target
        left = await target.settled(*before)
        assert not left, left
        assert not heard.texts, heard.texts
    finally:
        await server.stop()
        loop.set_exception_handler(None)
        root.removeHandler(heard)


def requests() -> list[bytes]:
    """Good requests, with and without the token: to be spoilt."""
    return [
        request(method, path, body, token=token)
        for method, path in ((m, p) for p in _PATHS for m in _methods(p))
        for body in (_BODIES if method in (b"POST", b"PUT") else (b"",))
        for token in (True, False)
    ]


def _methods(path: bytes) -> tuple[bytes, ...]:
    if path.startswith(b"/agents/101/contacts"):
        return b"PUT", b"DELETE"
    return (b"POST",) if path.startswith(b"/agents/101/") else (b"GET",)


def request(method: bytes, path: bytes, body: bytes = b"", *, token: bool = True, headers: Sequence[bytes] = ()) -> bytes:
    """One, without the blank lines at its end when it has no body."""
    lines = [b"%s %s HTTP/1.1" % (method, path), b"Host: x", *headers]
    if token:
        lines.append(b"Authorization: Bearer " + TOKEN.encode())
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join(lines)
    return head + b"\r\n\r\n" + body if body else head


def hostile(dice: random.Random) -> bytes:
    """Well-formed HTTP by who has the token, with odd values in body, path, query or headers."""
    path = dice.choice(_PATHS)
    method, odd = dice.choice(_methods(path)), dice.choice(HOSTILE)
    match dice.randrange(4):
        case 0:
            body = b'{"%s": %s}' % (dice.choice((b"reason", b"extend_s", b"kind", b"x")), odd)
        case 1:
            body = odd
        case 2:
            body, path = dice.choice(_BODIES), path + dice.choice((b"%00", b"%ff", b"%ed%a0%80", b"\xff", b"%0d%0aX:%20y", b"..", b"?a=" + odd[:500]))
        case _:
            body = dice.choice(_BODIES)
    few = dice.sample(HEADERS, dice.randrange(3))
    return request(method, path, body, headers=few, token=dice.random() < 0.9)
