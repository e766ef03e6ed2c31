"""A scripted manager interface: a TCP peer that answers, keeps silent, or breaks the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from ivrd.settings.site import Ami
from rig.certificates import Certificates

SECRET = "right-secret"
Message = dict[str, str]
Script = Callable[["Peer", Message], None]


class Peer:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, *messages: Message) -> None:
        """Send messages, whole."""
        self.send_bytes(b"".join(encode(m) for m in messages))

    def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)

    def reply(self, to: Message, **fields: str) -> None:
        """Answer an action."""
        self.send({"Response": "Success", "ActionID": to["ActionID"], **fields})

    async def drain(self) -> None:
        """Wait until what was sent has left."""
        await self._writer.drain()

    def close(self) -> None:
        self._writer.transport.abort()

    async def read(self) -> Message:
        block = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        return dict(line.split(": ", 1) for line in block.strip().split("\r\n"))


def encode(message: Message) -> bytes:
    """A message as it travels."""
    return ("".join(f"{k}: {v}\r\n" for k, v in message.items()) + "\r\n").encode()


class ScriptedAmi:
    """Knows Login, Ping and an empty contact list; ``script`` answers what a test adds.

    ``silent``: accepts, reads, says nothing (a frozen Asterisk).
    """

    def __init__(self, files: Certificates | None = None) -> None:
        """``files``: by TLS, with these."""
        self.files = files
        self.received: list[Message] = []  #: every action, of all connections
        self.connections: asyncio.Queue[Peer] = asyncio.Queue()
        self.script: dict[str, Script] = {}
        self.silent = False
        self.booted = True
        self.port = 0
        self._server: asyncio.Server | None = None
        self._peers: list[Peer] = []
        self._came = asyncio.Event()

    def settings(self, action_timeout_s: float = 2.0, heartbeat_s: float = 5.0, survey_s: float = 30.0) -> Ami:
        return Ami(port=self.port, action_timeout_s=action_timeout_s, heartbeat_s=heartbeat_s, survey_s=survey_s)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.files and self.files.serving())
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and all connections."""
        if self._server is not None:
            self._server.close()
        for peer in self._peers:
            peer.close()

    def actions(self, name: str) -> list[Message]:
        return [m for m in self.received if m["Action"] == name]

    async def wait(self, name: str, count: int = 1) -> Message:
        """The ``count``-th action of a name."""
        async with asyncio.timeout(5):
            while len(found := self.actions(name)) < count:
                self._came.clear()
                await self._came.wait()
        return found[count - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self._peers.append(peer)
        if not self.silent:
            peer.send_bytes(b"Asterisk Call Manager/11.0.0\r\n")
        self.connections.put_nowait(peer)
        try:
            while True:
                action = await peer.read()
                self.received.append(action)
                self._came.set()
                if not self.silent:
                    self._answer(peer, action)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, peer: Peer, action: Message) -> None:
        name = action["Action"]
        if name in self.script:
            self.script[name](peer, action)
        elif name == "Login" and action["Secret"] != SECRET:
            peer.reply(action, Response="Error", Message="Authentication failed")
        elif name == "Login":
            peer.reply(action)
            if self.booted:
                peer.send({"Event": "FullyBooted", "Status": "Fully Booted"})
        elif name == "PJSIPShowContacts":
            peer.reply(action, Response="Error", Message="No Contacts found\n")
        else:
            peer.reply(action)


@pytest_asyncio.fixture
async def asterisk() -> AsyncIterator[ScriptedAmi]:
    """A scripted manager interface that listens."""
    server = ScriptedAmi()
    await server.start()
    yield server
    await server.stop()
