"""One connection to the broker, from CONNECT to its end. It is not brought back: that is client.py's.

Why not aiomqtt, which speaks for the walls of our tests: ADR 96.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress

from ivrd.adapters.mqtt import packets
from ivrd.adapters.mqtt.packets import (
    Answered,
    Arrived,
    Confirmed,
    MqttError,
    Publication,
    Reader,
    Welcome,
)

Told = Callable[[Publication], None]

CLOSE_S = 1.0  #: for the last bytes to leave


class Session(asyncio.Protocol):
    """Publishes, and passes on what it subscribed to. ``open`` makes one that the broker has let in."""

    def __init__(self, told: Told, lost: Callable[[], None]) -> None:
        """``told``: a message came. ``lost``: the connection has ended, by itself or by us."""
        self._told, self._lost = told, lost
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._problem: MqttError | None = None  # why it has ended, or is about to
        self._closed = asyncio.get_running_loop().create_future()
        self._let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._number = 0
        self._unconfirmed: dict[int, int] = {}  # number -> place in the batch
        self._all_confirmed: asyncio.Future[None] | None = None
        self._asked: dict[int, asyncio.Future[bool]] = {}
        self._beat: asyncio.TimerHandle | None = None
        self._unanswered = 0  # pings since we last heard from the broker

    @classmethod
    async def open(
        cls, host: str, port: int, tls: ssl.SSLContext | None, hello: bytes, keepalive_s: int, told: Told, lost: Callable[[], None]
    ) -> Session:
        """Connect, and say ``hello`` (packets.connect). MqttError, Refused when the broker does not let us in."""
        try:
            _, session = await asyncio.get_running_loop().create_connection(lambda: cls(told, lost), host, port, ssl=tls)
        except (OSError, UnicodeError) as exc:
            raise MqttError(str(exc)) from exc
        try:
            session._write(hello)
            await session._let_in
            session.check()  # what came right behind the welcome may have ended it
        except BaseException:
            session.abort()
            raise
        if keepalive_s:
            session._keep_alive(keepalive_s / 2)
        return session

    # --- to the broker

    def publish(self, publications: Sequence[Publication]) -> asyncio.Future[None]:
        """All in one write; done when the broker has confirmed each. One batch at a time. MqttError, here or later, when the
        connection ends before: ``unconfirmed`` may not have arrived."""
        numbers = [self._next_number() for _ in publications]
        self._unconfirmed = {number: place for place, number in enumerate(numbers)}
        self.check()
        self._all_confirmed = asyncio.get_running_loop().create_future()
        if numbers:
            self._write(b"".join(map(packets.publish, publications, numbers)))
        else:
            self._all_confirmed.set_result(None)
        return self._all_confirmed

    @property
    def unconfirmed(self) -> Sequence[int]:
        """Places in the last batch of those that may not have arrived, in order."""
        return tuple(self._unconfirmed.values())

    async def subscribe(self, topic_filter: str) -> bool:
        """Whether the broker lets us. MqttError when the connection ends before it says so."""
        return await self._ask(packets.subscribe, topic_filter)

    async def unsubscribe(self, topic_filter: str) -> None:
        """MqttError as above."""
        await self._ask(packets.unsubscribe, topic_filter)

    def check(self) -> None:
        """MqttError, saying why, when the connection has ended."""
        if self._problem is not None:
            raise self._problem

    async def close(self) -> None:
        """Say good-bye: the broker does not send our will. Harmless when it has ended."""
        try:
            if self._problem is None and self._transport is not None:
                self._write(packets.DISCONNECT)
                self._end(MqttError("closed by us"))
                self._transport.close()
                with suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_S):
                        await asyncio.shield(self._closed)
        finally:  # until Python 3.11.3 a time limit in a task that is being cancelled ends in CancelledError
            self.abort()

    def abort(self) -> None:
        """End it at once, without a good-bye: the broker sends our will."""
        self._end(MqttError("closed by us"))
        if self._transport is not None:
            self._transport.abort()

    async def _ask(self, packet: Callable[[str, int], bytes], topic_filter: str) -> bool:
        self.check()
        number = self._next_number()
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        self._write(packet(topic_filter, number))
        try:
            return await answer
        finally:
            del self._asked[number]

    def _next_number(self) -> int:
        """1 to 65535 in turn: no more than a batch and a question are under way, so none of them has it."""
        self._number = self._number % 0xFFFF + 1
        return self._number

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def _keep_alive(self, every_s: float) -> None:
        """A ping each half of what we promised to be heard within; two without any sign of the broker are the end."""
        if self._unanswered >= 2:
            self._end(MqttError(f"no sign of it for {2 * every_s:g} s"))
            self.abort()
            return
        self._unanswered += 1
        self._write(packets.PING)
        self._beat = asyncio.get_running_loop().call_later(every_s, self._keep_alive, every_s)

    # --- from the broker (asyncio.Protocol)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands; now we have to say who we are."""
        self._transport = transport  # type: ignore[assignment]  # uvloop has a class of its own

    def data_received(self, data: bytes) -> None:
        """What is whole is looked at; what is not MQTT ends the connection."""
        self._unanswered = 0
        try:
            for packet in self._reader.packets(data):
                self._came(packet)
        except MqttError as exc:
            self._end(exc)
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        self._end(MqttError(str(exc) if exc else "it closed the connection"))
        if not self._closed.done():
            self._closed.set_result(None)
        self._lost()

    def _came(self, packet: packets.Packet) -> None:
        if isinstance(packet, Confirmed):
            self._confirmed(packet.number)
        elif isinstance(packet, Answered):
            asked = self._asked.get(packet.number)
            if asked is not None and not asked.done():
                asked.set_result(packet.granted)
        elif isinstance(packet, Arrived):
            if packet.number is not None:
                self._write(packets.puback(packet.number))
            self._told(packet.publication)
        elif isinstance(packet, Welcome) and not self._let_in.done():
            self._let_in.set_result(None)

    def _confirmed(self, number: int) -> None:
        if number in self._unconfirmed:
            del self._unconfirmed[number]
            waiter = self._all_confirmed
            if not self._unconfirmed and waiter is not None and not waiter.done():
                waiter.set_result(None)

    def _end(self, problem: MqttError) -> None:
        """Whoever waits is told; the first reason stays."""
        if self._problem is not None:
            return
        self._problem = problem
        if self._beat is not None:
            self._beat.cancel()
        for waiter in (self._let_in, self._all_confirmed, *self._asked.values()):
            if waiter is not None and not waiter.done():
                waiter.set_exception(problem)
                waiter.exception()  # seen: nobody may be waiting for it any more
