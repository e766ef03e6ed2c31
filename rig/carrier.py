"""A carrier with which Asterisk has to register: it asks for a password, and knows where calls are to go afterwards."""

from __future__ import annotations

import asyncio
import re
import uuid
from types import TracebackType

from bench import sip

_RESPONSE = re.compile(r'response="([0-9a-f]{32})"')


class Carrier(asyncio.DatagramProtocol):
    """``async with Carrier(port, user, password) as carrier``. ``contact``: where the last who registered wants to be called; "": nobody has."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.contact = ""
        self.refused = 0  #: with a wrong password, or another name
        self._port, self._user, self._password = port, user, password
        self._challenge = f'Digest realm="carrier", nonce="{uuid.uuid4().hex}", algorithm=MD5'
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Carrier:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", self._port))
        return self

    async def __aexit__(self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """REGISTER is answered with a challenge, and then by its credentials; OPTIONS with 200."""
        message = sip.parse(data)
        if message is None or message.status:
            return
        if message.start.startswith("REGISTER "):
            self._send(self._registered(message), addr)
        elif message.start.startswith("OPTIONS "):
            self._send(sip.response(message, "200 OK", "carrier"), addr)

    def _registered(self, message: sip.Message) -> bytes:
        given = message.get("authorization")
        if not given:
            return sip.response(message, "401 Unauthorized", "carrier", [("WWW-Authenticate", self._challenge)])
        uri = message.start.split(" ")[1]
        expected = sip.credentials(self._challenge, "REGISTER", uri, self._user, self._password)
        if _RESPONSE.findall(given) != _RESPONSE.findall(expected) or f'username="{self._user}"' not in given:
            self.refused += 1
            return sip.response(message, "403 Forbidden", "carrier")
        self.contact = message.get("contact")
        return sip.response(message, "200 OK", "carrier", [("Contact", f"{self.contact};expires=300"), ("Expires", "300")])

    def _send(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(data, addr)
