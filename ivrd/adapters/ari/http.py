"""HTTP/1.1 as Asterisk speaks it: requests of one write at a time on a connection, connections kept and reused.

aiohttp's client costs several times as much a request, and a call takes ten (docs/performance.md).
Asterisk says Content-Length with every answer that has a body, so no more of HTTP is needed here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ivrd.settings.trust import Trust

_HEAD_END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
#: longer than any answer to us; a message that a caller left is fetched whole
HEAD_MAX_BYTES, BODY_MAX_BYTES = 65_536, 256 * 2**20
_LAST = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)

Answer = tuple[int, bytes]  #: status and body


class HttpPool:
    """Connections to one server."""

    def __init__(
        self, host: str, port: int, authorization: str, *, limit: int, keep_s: float, trust: Trust | None = None
    ) -> None:
        """At most ``limit`` at once, others wait; one idle for ``keep_s`` is not used again. ``trust``: by TLS only."""
        self._host, self._port, self._keep_s, self._trust = host, port, keep_s, trust
        self._tail = f" HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {authorization}\r\n"
        self._free = asyncio.Semaphore(limit)
        self._idle: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._together: list[_Asked] = []  # in this turn of the loop

    async def request(
        self, method: str, target: str, document: bytes, timeout_s: float
    ) -> Answer:
        """Status and body. TimeoutError; OSError when there is no connection, or it is lost."""
        return (await self._exchange([self._written(method, target, document)], timeout_s))[0]

    async def request_all(self, orders: Sequence[tuple[str, str]], timeout_s: float) -> list[Answer]:
        """Requests (method, target) without a body, in one write: Asterisk works them off in order. Errors as above."""
        return await self._exchange([self._written(method, target, b"") for method, target in orders], timeout_s)

    async def request_together(self, method: str, target: str, timeout_s: float) -> Answer:
        """As ``request``, without a body, in one write with those who ask so in the same turn of the loop: Asterisk works them off in order."""
        asked = _Asked(self._written(method, target, b""), asyncio.get_running_loop().create_future())
        self._together.append(asked)
        if len(self._together) > 1:
            return await asked.answer
        await asyncio.sleep(0)  # the first waits for the others, and asks for all
        all_, self._together = self._together, []
        try:
            answers = await self._exchange([a.request for a in all_], timeout_s)
        except BaseException as exc:
            for other in all_[1:]:
                other.fail(exc if isinstance(exc, OSError) else ConnectionError(f"given up by who asked for all: {exc!r}"))
            raise
        for other, answer in zip(all_[1:], answers[1:], strict=True):
            other.done(answer)
        return answers[0]

    def _written(self, method: str, target: str, document: bytes) -> bytes:
        head = f"{method} {target}{self._tail}Content-Length: {len(document)}\r\n"
        kind = "Content-Type: application/json\r\n" if document else ""
        return f"{head}{kind}\r\n".encode() + document

    async def _exchange(self, requests: list[bytes], timeout_s: float) -> list[Answer]:
        loop = asyncio.get_running_loop()
        # With a connection to hand they are on their way at once: the clock is set afterwards, and nothing waits between.
        connection = None if self._free.locked() else self._take(loop.time())
        answers = connection.ask(requests) if connection else None
        async with asyncio.timeout(timeout_s), self._free:
            if connection is None or answers is None:
                connection = self._take(loop.time()) or await self._connect(loop)
                answers = connection.ask(requests)
            return await self._answered(connection, answers)

    async def _answered(self, connection: _Connection, answers: asyncio.Future[list[Answer]]) -> list[Answer]:
        try:
            found = await answers
        except BaseException:
            connection.close()  # what was asked may still be answered: to nobody
            raise
        if not connection.closed:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        return found

    def close(self) -> None:
        """Close all; requests under way fail with OSError."""
        for connection in list(self._all):
            connection.close()
        self._idle.clear()

    def _take(self, now: float) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()  # the last used is the least likely to be closed
            if not connection.closed and now - connection.idle_since < self._keep_s:
                return connection
            connection.close()
        return None

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> _Connection:
        _, connection = await loop.create_connection(
            lambda: _Connection(self._all), self._host, self._port, ssl=self._trust.context if self._trust else None
        )
        return connection


@dataclass
class _Asked:
    """A request that goes out with others, and who waits for its answer."""

    request: bytes
    answer: asyncio.Future[Answer]

    def done(self, answer: Answer) -> None:
        if not self.answer.done():  # who asked may have given up
            self.answer.set_result(answer)

    def fail(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


class _Connection(asyncio.Protocol):
    """One connection; what is asked with one write is answered before more is asked."""

    def __init__(self, all_: set[_Connection]) -> None:
        self.closed = False
        self.idle_since = 0.0
        self._all = all_
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self._asked = 0
        self._answers: list[Answer] = []
        self._done: asyncio.Future[list[Answer]] | None = None

    def ask(self, requests: list[bytes]) -> asyncio.Future[list[Answer]]:
        """Send; as many answers come, or ConnectionError."""
        assert self._transport is not None
        self._done = asyncio.get_running_loop().create_future()
        self._asked, self._answers = len(requests), []
        self._transport.write(b"".join(requests))
        return self._done

    def close(self) -> None:
        """Harmless twice."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own
        self._all.add(self)

    def data_received(self, data: bytes) -> None:
        self._got += data
        while (answer := self._next()) is not None:
            self._answers.append(answer)
            if len(self._answers) >= self._asked:
                break
        if self._done is not None and len(self._answers) < self._asked:
            return
        self.closed = self.closed or bool(self._got)
        done, self._done = self._done, None
        if done is not None and not done.done():
            done.set_result(self._answers)
        if self.closed or done is None:
            self.close()

    def _next(self) -> Answer | None:
        """The next whole answer of what has come."""
        end = self._got.find(_HEAD_END)
        if end < 0:
            if len(self._got) > HEAD_MAX_BYTES:
                self._fail(ConnectionError("not HTTP: a head without an end"))
            return None
        head = bytes(self._got[: end + 2])
        status = _STATUS.match(head)
        if status is None:
            self._fail(ConnectionError("not HTTP"))
            return None
        found = _LENGTH.search(head)
        if found and (len(found[1]) > 12 or int(found[1]) > BODY_MAX_BYTES):
            self._fail(ConnectionError(f"an answer of more than {BODY_MAX_BYTES} bytes"))
            return None
        whole = end + len(_HEAD_END) + (int(found[1]) if found else 0)
        if len(self._got) < whole:
            return None
        body = bytes(self._got[end + len(_HEAD_END) : whole])
        del self._got[:whole]
        self.closed = self.closed or _LAST.search(head) is not None
        return int(status[1]), body

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._all.discard(self)
        self._fail(exc or ConnectionResetError("connection closed"))

    def _fail(self, exc: Exception) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc)
