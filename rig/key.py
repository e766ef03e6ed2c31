"""A key of a desk phone that watches a name (BLF): it subscribes, and is told how the lamp is."""

from __future__ import annotations

import asyncio
import re
import uuid
from types import TracebackType

from bench import sip
from rig.tools import RigError

_STATE = re.compile(r"<state[^>]*>(\w+)</state>")
_EXPIRES_S = 600


class Key(asyncio.DatagramProtocol):
    """``async with Key(registrar, user, password, "agent-101") as key``: subscribed; ``shown`` has every lamp so far.

    The words are those of dialog-info (RFC 4235): terminated = off, early = flashes, confirmed = on.
    """

    def __init__(self, registrar: str, user: str, password: str, watches: str) -> None:
        self.shown: list[str] = []
        self.refused = 0  #: status of a subscription that was not taken
        self._registrar, self._user, self._password, self._watches = registrar, user, password, watches
        self._call, self._tag, self._cseq = uuid.uuid4().hex, uuid.uuid4().hex[:8], 0
        self._changed = asyncio.Event()
        self._answered = asyncio.Event()
        self._to = ""
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Key:
        host, _, port = self._registrar.partition(":")
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=(host, int(port or 5060)))
        self._subscribe(_EXPIRES_S)
        try:
            async with asyncio.timeout(5):
                await self._answered.wait()
        except TimeoutError:
            self._transport.close()  # who never comes in does not go out either
            raise
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        assert self._transport is not None
        if not self.refused:
            self._answered.clear()
            self._subscribe(0)
            async with asyncio.timeout(5):
                await self._answered.wait()
        self._transport.close()

    async def shows(self, *lamps: str, timeout_s: float = 10) -> None:
        """Wait until the last lamps are these, one after the other. RigError with what was shown instead."""
        try:
            async with asyncio.timeout(timeout_s):
                while tuple(self.shown[-len(lamps) :]) != lamps:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise RigError(f"{self._watches}: not {lamps} within {timeout_s:g} s, but {self.shown}") from None

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Answers to us, and NOTIFYs, which are answered."""
        message = sip.parse(data)
        if message is None:
            return
        if message.status:
            self._answer(message)
        elif message.start.startswith("NOTIFY "):
            self._send(sip.response(message, "200 OK", self._tag))
            if found := _STATE.search(message.body):
                self.shown.append(found[1])
                self._changed.set()

    def _answer(self, message: sip.Message) -> None:
        if message.status == 401 and not self._to:
            self._to = "asked"
            self._subscribe(_EXPIRES_S, message.get("www-authenticate"))
        elif message.status == 401:
            self._subscribe(0, message.get("www-authenticate"))
        elif message.status >= 200:
            self.refused = message.status if message.status >= 300 else 0
            self._to = message.get("to")
            self._answered.set()

    def _subscribe(self, expires_s: int, challenge: str = "") -> None:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        uri = f"sip:{self._watches}@{self._registrar}"
        self._cseq += 1
        headers = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{uuid.uuid4().hex};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self._user}@{self._registrar}>;tag={self._tag}"),
            ("To", self._to if self._to.startswith(("<", '"')) else f"<{uri}>"),
            ("Call-ID", self._call),
            ("CSeq", f"{self._cseq} SUBSCRIBE"),
            ("Contact", f"<sip:{self._user}@{host}:{port}>"),
            ("Event", "dialog"),
            ("Accept", "application/dialog-info+xml"),
            ("Expires", str(expires_s)),
        ]
        if challenge:
            answer = sip.credentials(challenge, "SUBSCRIBE", uri, self._user, self._password)
            headers.append(("Authorization", answer))
        self._send(sip.render(f"SUBSCRIBE {uri} SIP/2.0", headers))

    def _send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data)
