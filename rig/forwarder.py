"""A phone that does not ring: it registers, and answers every call with 302 (forwarded by its user), or declines it."""

from __future__ import annotations

import asyncio
import uuid
from types import TracebackType

from bench import sip

_EXPIRES_S = 300


class Forwarder(asyncio.DatagramProtocol):
    """``async with Forwarder(registrar, user, password, to="102") as phone``: registered; ``asked`` counts INVITEs. ``to=""``: 486."""

    def __init__(self, registrar: str, user: str, password: str, to: str) -> None:
        self.asked = 0
        self._registrar, self._user, self._password, self._target = registrar, user, password, to
        self._call, self._tag, self._cseq = uuid.uuid4().hex, uuid.uuid4().hex[:8], 0
        self._seen: set[str] = set()
        self._done = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Forwarder:
        host, _, port = self._registrar.partition(":")
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=(host, int(port or 5060)))
        try:
            await self._bind(_EXPIRES_S)
        except TimeoutError:
            self._transport.close()  # who never comes in does not go out either
            raise
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        await self._bind(0)
        assert self._transport is not None
        self._transport.close()

    async def _bind(self, expires_s: int) -> None:
        self._done.clear()
        self._register(expires_s)
        async with asyncio.timeout(5):
            await self._done.wait()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Answers to our REGISTER, and what Asterisk asks of a phone."""
        message = sip.parse(data)
        if message is None:
            return
        if message.status == 401:
            self._register(self._expires_s, message.get("www-authenticate"))
        elif message.status == 200 and message.method == "REGISTER":
            self._done.set()
        elif message.start.startswith("INVITE "):
            if message.get("call-id") not in self._seen:
                self._seen.add(message.get("call-id"))
                self.asked += 1
            self._send(self._refusal(message))
        elif message.start.startswith("OPTIONS "):
            self._send(sip.response(message, "200 OK", self._tag))

    def _refusal(self, invite: sip.Message) -> bytes:
        if not self._target:
            return sip.response(invite, "486 Busy Here", self._tag)
        return sip.response(invite, "302 Moved Temporarily", self._tag, [("Contact", f"<sip:{self._target}@{self._registrar}>")])

    def _register(self, expires_s: int, challenge: str = "") -> None:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        uri, self._expires_s = f"sip:{self._registrar}", expires_s
        self._cseq += 1
        me = f"<sip:{self._user}@{self._registrar}>"
        headers = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{uuid.uuid4().hex};rport"),
            ("Max-Forwards", "70"),
            ("From", f"{me};tag={self._tag}"),
            ("To", me),
            ("Call-ID", self._call),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", f"<sip:{self._user}@{host}:{port}>"),
            ("Expires", str(expires_s)),
        ]
        if challenge:
            headers.append(("Authorization", sip.credentials(challenge, "REGISTER", uri, self._user, self._password)))
        self._send(sip.render(f"REGISTER {uri} SIP/2.0", headers))

    def _send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data)
