"""A bad line between ivrd and one port of Asterisk: a TCP proxy that fails on command, as networks and servers do.

``async with BadLine(to_port) as line``: ``line.port`` is what ivrd is pointed at (REST, event websocket, or AMI).

    await line.close()           every connection ends properly (FIN)
    line.reset()                 every connection is torn down (RST)
    line.blackhole()             nothing passes any more, and nobody is told: half-open; ``UP``/``DOWN`` only
    line.delay(5.0)              every packet from Asterisk comes so late
    line.throttle(200)           ivrd is given so many bytes a second
    line.refuse(...)             REST requests and AMI actions are answered with an error, or never (rig/wires.py: Refusal)
    line.frames = doubled        what becomes of events (rig/wires.py)
    line.mend()                  all is well again, for connections that are left and for new ones
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from contextlib import suppress
from types import TracebackType

from rig.wires import Events, Frames, Messages, Packets, Refusal, as_they_are

UP, DOWN = "up", "down"  #: ivrd to Asterisk, Asterisk to ivrd
ASTERISK, NEVER = b"its own", b"none"  #: whose answer it is to a request
_CHUNK, _DROP_BYTES = 65536, 64
_Socket = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class BadLine:
    """The proxy. All faults are off at first; each is for all connections, open and to come."""

    def __init__(self, to_port: int, port: int = 0, host: str = "127.0.0.1", http: bool = True) -> None:
        """``port`` 0: any that is free; known after the start. ``http``: False for AMI."""
        self.port = port
        self.http = http
        self.refusals: list[Refusal] = []
        self.frames: Frames = as_they_are
        self.dark: set[str] = set()  #: directions in which nothing passes
        self.late_s = 0.0
        self.bytes_per_s = 0.0  #: 0: no limit
        self.requests: list[str] = []  #: REST requests seen, as "POST channels/x/answer"
        self._host, self._to_port = host, to_port
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()

    async def __aenter__(self) -> BadLine:
        self._server = await asyncio.start_server(self._serve, self._host, self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.mend()
        self.reset()
        for pair in list(self._pairs):
            await pair.over.wait()

    @property
    def connections(self) -> int:
        """So many are open."""
        return len(self._pairs)

    async def close(self) -> None:
        """End every connection with FIN, both ways."""
        for pair in list(self._pairs):
            pair.end()
            with suppress(TimeoutError):  # a peer that reads nothing does not see it
                async with asyncio.timeout(1):
                    await pair.over.wait()

    def reset(self) -> None:
        """Tear every connection down with RST, both ways."""
        for pair in self._pairs:
            pair.abort()

    def blackhole(self, *directions: str) -> None:
        """Let nothing pass from now on (in those directions): no FIN, no RST, nobody is told."""
        self.dark |= set(directions or (UP, DOWN))

    def delay(self, seconds: float) -> None:
        """Whatever Asterisk says comes so late."""
        self.late_s = seconds

    def throttle(self, bytes_per_s: float) -> None:
        """ivrd is given no more than that."""
        self.bytes_per_s = bytes_per_s

    def refuse(self, refusal: Refusal) -> Refusal:
        """Answer requests like that in Asterisk's place."""
        self.refusals.append(refusal)
        return refusal

    def mend(self) -> None:
        """Take all faults away. What was swallowed is lost: connections that were dark stay dead, as real ones do."""
        self.refusals.clear()
        self.frames, self.late_s, self.bytes_per_s = as_they_are, 0.0, 0.0
        if self.dark:
            self.dark.clear()
            self.reset()  # of a line that was dead for so long the far ends say RST

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far = await asyncio.open_connection(self._host, self._to_port, limit=2**20)
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(self, (reader, writer), far)
        self._pairs.add(pair)
        try:
            await pair.run()
        finally:
            self._pairs.discard(pair)
            pair.over.set()


class _Pair:
    """One connection of ivrd and the one to Asterisk behind it. Asterisk's answers keep the order of their requests."""

    def __init__(self, line: BadLine, near: _Socket, far: _Socket) -> None:
        self.over = asyncio.Event()
        self._line, self._near, self._far = line, near, far
        self._requests, self._answers, self._events = Messages(), Messages(), Events()
        self._actions, self._packets = Packets(), Packets()
        self._turns: deque[bytes] = deque()  #: of requests that are not answered yet: our answer, or ASTERISK's
        self._is_socket = False
        self._down: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()  #: (due, what ivrd is given)
        self._clock = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Until either side ends."""
        loop = asyncio.get_running_loop()
        work = (self._pump(UP), self._pump(DOWN), self._give())
        tasks = [loop.create_task(each) for each in work]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.end()

    def end(self) -> None:
        """FIN, both ways."""
        for _, writer in (self._near, self._far):
            writer.close()

    def abort(self) -> None:
        """RST, both ways."""
        for _, writer in (self._near, self._far):
            sock = writer.get_extra_info("socket")
            with suppress(OSError):  # closed already
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _pump(self, direction: str) -> None:
        reader = (self._near if direction == UP else self._far)[0]
        while data := await reader.read(_CHUNK):
            if direction in self._line.dark:
                continue
            if direction == DOWN:
                self._answered(data)
                continue
            self._far[1].write(self._asked(data))
            await self._far[1].drain()
        if direction in self._line.dark:
            await self.over.wait()  # nobody hears of the end either: until the line is mended or torn down

    def _asked(self, data: bytes) -> bytes:
        """What Asterisk is to see of it."""
        if not self._line.http:
            return self._ordered(data)
        if self._is_socket:
            return data
        passed = b""
        for request in self._requests.feed(data):
            self._line.requests.append(request.what)
            refusal = next((r for r in self._line.refusals if r.meets(request.what)), None)
            self._turns.append(ASTERISK if refusal is None else refusal.answer or NEVER)
            if refusal is None:
                passed += request.raw
        self._take_turns()
        return passed

    def _ordered(self, data: bytes) -> bytes:
        """The same of AMI: each answer names its action, so that none has to wait for its turn."""
        passed = b""
        for action in self._actions.feed(data):
            refusal = next((r for r in self._line.refusals if r.meets(action.what)), None)
            if refusal is None:
                passed += action.raw
            elif answer := refusal.answer_to(action):
                self._put(answer)
        return passed

    def _answered(self, data: bytes) -> None:
        if not self._line.http:
            for packet in self._packets.feed(data):
                for late_s in self._line.frames(packet.event) if packet.event else (0.0,):
                    self._put(packet.raw, late_s)
            return
        if not self._is_socket:
            data = self._answers_in(data)
        for raw, event in self._events.feed(data):
            for late_s in self._line.frames(event) if event else (0.0,):
                self._put(raw, late_s)

    def _answers_in(self, data: bytes) -> bytes:
        """Pass answers on; what is behind them is events."""
        for answer in self._answers.feed(data):
            self._is_socket = answer.upgrades
            if self._turns and self._turns[0] == ASTERISK:
                self._turns.popleft()
            self._put(answer.raw)
            self._take_turns()
        if not self._is_socket:
            return b""
        rest, self._answers.rest = self._answers.rest, b""
        return rest

    def _take_turns(self) -> None:
        """Say what is ours to say now."""
        while self._turns and self._turns[0] not in (ASTERISK, NEVER):
            self._put(self._turns.popleft())

    def _put(self, data: bytes, late_s: float = 0.0) -> None:
        if not late_s:
            self._down.put_nowait((self._clock() + self._line.late_s, data))
        else:  # overtaken by what comes meanwhile
            asyncio.get_running_loop().call_later(late_s, self._put, data)

    async def _give(self) -> None:
        """To ivrd, when it is due, as fast as the line is."""
        while True:
            due, data = await self._down.get()
            await asyncio.sleep(max(0.0, due - self._clock()))
            for i in range(0, len(data), _DROP_BYTES):
                if DOWN in self._line.dark:
                    break
                self._near[1].write(data[i : i + _DROP_BYTES])
                if self._line.bytes_per_s:
                    await asyncio.sleep(_DROP_BYTES / self._line.bytes_per_s)
            await self._near[1].drain()
