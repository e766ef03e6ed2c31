"""Who may come in, and for how long: connections of one address and of everybody, and those that ask nothing in time.

aiohttp bounds neither the one nor the other: a connection that trickles a body, or never reads its answer, would stay for ever.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections import Counter as Tally
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter

#: at once, of everybody: calls need descriptors, too
CONNECTIONS_MAX = 500
LOOPBACK_TIMES = 4  #: as many as of another address: a proxy, an exporter and a wall may all be on this machine
REQUEST_S = 20.0  #: from a connection's, or a request's first byte to its answer; the slowest of ours, by a store that is away, takes 10 s
REST_S = 75.0  #: between an answer and the next request: longer than who measures each minute waits
LINGER_S = 1.0  #: for who was refused to read why, and for a body that nobody reads
REFUSED_MAX = 50  #: at once are told why; more are closed as they come

_WORDS = {
    "address": (429, "Too Many Requests", "this address holds too many connections", "close some, or raise http.connections in config/ivrd.yaml"),
    "all": (503, "Service Unavailable", "too many connections", "ask again later"),
    "slow": (408, "Request Timeout", "no request came in time", "send it at once"),
}


class Door:
    """Makes the protocol of each connection (``asyncio``'s protocol factory)."""

    def __init__(self, per_address: int, registry: CollectorRegistry) -> None:
        """``per_address``: connections at once, of the loopback so many times LOOPBACK_TIMES; 0 = any."""
        self._per_address = per_address
        self._held: Tally[str] = Tally()
        self._refused = 0
        self._server: Callable[[], asyncio.Protocol] | None = None
        self._ended = Counter(
            "ivrd_http_connections_ended",
            "Connections to the HTTP port that were refused or ended: address (one holds too many), all (all do), slow (no request, or nobody read the answer)",
            ["why"],
            registry=registry,
        )
        for why in _WORDS:
            self._ended.labels(why)

    def leads_to(self, server: Callable[[], asyncio.Protocol]) -> Door:
        """``server`` makes the protocols that talk HTTP."""
        self._server = server
        return self

    def __call__(self) -> asyncio.Protocol:
        """Of one connection."""
        assert self._server is not None
        return _Connection(self, self._server)

    @property
    def middleware(self) -> Middleware:
        """For ``web.Application``, the outermost: notes that a request was answered."""

        @web.middleware
        async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            finally:
                connection = request.transport.get_protocol() if request.transport else None
                if isinstance(connection, _Connection):
                    connection.rest()

        return door

    # --- for connections

    def enter(self, address: str) -> str:
        """"" when it may come in, else why not."""
        most = self._per_address * (LOOPBACK_TIMES if address == "loopback" else 1)
        if self._held.total() >= CONNECTIONS_MAX:
            return "all"
        if most and self._held[address] >= most:
            return "address"
        self._held[address] += 1
        return ""

    def leave(self, address: str) -> None:
        """One that was let in is gone."""
        self._held[address] -= 1
        if not self._held[address]:
            del self._held[address]

    def tells(self, why: str) -> bool:
        """Count one that is refused; whether it may be told why. Then ``told`` is due."""
        self._ended.labels(why).inc()
        has_room = self._refused < REFUSED_MAX
        self._refused += has_room
        return has_room

    def told(self) -> None:
        """One that was told why is gone."""
        self._refused -= 1

    def slow(self) -> None:
        """One is ended."""
        self._ended.labels("slow").inc()


class _Connection(asyncio.Protocol):
    """Stands before aiohttp's protocol, which does not hear of a connection that is refused."""

    def __init__(self, door: Door, server: Callable[[], asyncio.Protocol]) -> None:
        self._door, self._server = door, server
        self._http: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None
        self._due: asyncio.TimerHandle | None = None
        self._gone: Callable[[], None] = lambda: None
        self._rests = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast(asyncio.Transport, transport)
        address = place(transport.get_extra_info("peername"))
        if why := self._door.enter(address):
            self._refuse(transport, why)
            return
        self._gone = lambda: self._door.leave(address)
        self._wait(REQUEST_S, self._overdue)
        self._http = self._server()
        self._http.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._http is None:
            return
        if self._rests:
            self._rests = False
            self._wait(REQUEST_S, self._overdue)
        self._http.data_received(data)

    def eof_received(self) -> bool | None:
        return self._http.eof_received() if self._http else None

    def pause_writing(self) -> None:
        if self._http:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        if self._http:
            self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._due:
            self._due.cancel()
        self._transport = None
        self._gone()
        if self._http:
            self._http.connection_lost(exc)

    def rest(self) -> None:
        """A request was answered: the next one may take its time to begin."""
        if self._transport is None or self._transport.is_closing():
            return  # its end is waited for already
        self._rests = True
        self._wait(REST_S, self._overdue)

    def _refuse(self, transport: asyncio.Transport, why: str) -> None:
        if not self._door.tells(why):
            transport.abort()
            return
        self._gone = self._door.told
        transport.write(_answer(why))
        if transport.can_write_eof():  # closing at once would take the answer away again: what was sent is unread
            transport.write_eof()
        self._wait(LINGER_S, transport.abort)

    def _overdue(self) -> None:
        transport = self._transport
        assert transport is not None
        is_unread = transport.get_write_buffer_size() > 0
        if self._rests and not is_unread:
            transport.close()
        else:
            self._door.slow()
            if not is_unread:
                transport.write(_answer("slow"))
            transport.close()
        self._wait(LINGER_S, transport.abort)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._due:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(seconds, then)


def place(peer: Any) -> str:
    """What counts as one address: of IPv6 a network of 64 bits, which is what a house is given; the loopback; "" when unknown."""
    try:
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    except (TypeError, IndexError, ValueError):
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return "loopback" if address.is_loopback else str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return "loopback" if address.is_loopback else str(address)


def _answer(why: str) -> bytes:
    status, reason, error, hint = _WORDS[why]
    body = json.dumps({"error": error, "hint": hint})
    again = "Retry-After: 1\r\n" if status != 408 else ""
    return (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json; charset=utf-8\r\n{again}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()
