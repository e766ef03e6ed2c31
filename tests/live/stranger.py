"""Somebody who is neither the carrier nor a phone: SIP by hand, a request at a time, from an address of their own."""

from __future__ import annotations

import asyncio
import itertools
import socket

from bench.sip import Message, parse, sdp

ADDRESS = "127.0.0.2"  #: not one of ``trunk.addresses``
_ANSWER_S = 10.0
_FINAL = 200
_NUMBERS = itertools.count(1)


class Stranger:
    """``with Stranger(registrar) as stranger``: one socket, which answers nothing."""

    def __init__(self, registrar: str, address: str = ADDRESS) -> None:
        self._host, _, port = registrar.partition(":")
        self._port = int(port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((address, 0))
        self.address, self.port = self._socket.getsockname()

    def __enter__(self) -> Stranger:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def ask(self, method: str, sender: str, user: str = "", *, via: str = "", more: str = "") -> Message:
        """The final answer to one request of ``sender`` (what stands in From) for ``user``.

        ``via``: the address that the request claims to come from, where it is not the true one. ``more``: headers.
        """
        number, claimed = next(_NUMBERS), via or self.address
        target = f"sip:{user + '@' if user else ''}{self._host}:{self._port}"
        body = sdp(claimed, self.port) if method == "INVITE" else ""
        lines = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {claimed}:{self.port};branch=z9hG4bK{self.port}s{number};rport",
            f"From: {sender};tag={number}",
            f"To: {sender if method == 'REGISTER' else f'<{target}>'}",
            f"Call-ID: stranger-{self.port}-{number}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{claimed}:{self.port}>",
            "Max-Forwards: 70",
            *([more] if more else []),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(self._socket, ("\r\n".join(lines) + "\r\n\r\n" + body).encode(), (self._host, self._port))
        async with asyncio.timeout(_ANSWER_S):
            while True:
                answer = parse(await loop.sock_recv(self._socket, 65536))
                if answer and answer.status >= _FINAL and answer.get("cseq") == f"{number} {method}":
                    return answer

    async def guess(self, user: str, account: str) -> Message:
        """REGISTER ``user`` with a wrong answer to the challenge, as ``account``."""
        sender = f"<sip:{user}@{self._host}>"
        challenge = (await self.ask("REGISTER", sender)).get("www-authenticate")
        asked = dict(part.strip().split("=", 1) for part in challenge.removeprefix("Digest ").split(","))
        name = account.replace('"', '\\"')
        return await self.ask(
            "REGISTER", sender,
            more=f'Authorization: Digest username="{name}",realm={asked["realm"]},nonce={asked["nonce"]},uri="sip:{self._host}",'
            f'response="{"0" * 32}",algorithm=MD5',
        )  # fmt: skip
