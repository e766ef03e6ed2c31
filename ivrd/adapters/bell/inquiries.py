"""A socket in the state directory at which `ivrd why` asks the running daemon: HTTP would need a token, which not every site has.

One line, a call's id; the answer is its decisions in JSON, [] for a call that is not under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from ivrd.adapters.bell import place
from ivrd.core.acd.decision import Decision

FILE = "why"  #: below the state directory
LINE_MAX = 256
WITHIN_S = 5.0  #: who asks has said so, and has read the answer


class Inquiries:
    """Answers whoever asks. ``under_way``: what is known of a call."""

    def __init__(self, state: Path, under_way: Callable[[str], Sequence[Decision]]) -> None:
        self._state, self._under_way = state, under_way
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Be there from now on, in place of a leader before us; harmless when it is there. OSError."""
        if self._server is not None:
            return
        listener = place.bound(self._state, FILE)
        try:
            self._server = await asyncio.start_unix_server(self._answer, sock=listener, limit=LINE_MAX)
        except BaseException:
            listener.close()
            raise

    async def close(self) -> None:
        """Nobody is here any more. The file stays: by now it may be the next leader's."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError):  # gone away, too slow; a line that is too long
            async with asyncio.timeout(WITHIN_S):
                call = (await reader.readline()).decode("utf-8", "replace").removesuffix("\n")
                writer.write(json.dumps([vars(decision) for decision in self._under_way(call)]).encode())
                await writer.drain()
        writer.close()


def ask(state: Path, call: str) -> list[Decision]:
    """What the daemon of this state directory knows of a call under way; [] when there is none of either."""
    try:
        with place.reached(state, FILE, WITHIN_S) as daemon:
            daemon.sendall(f"{call}\n".encode("utf-8", "replace"))
            return [Decision(**decision) for decision in json.load(daemon.makefile("rb"))]
    except (OSError, ValueError, TypeError):  # no daemon, one that is frozen, or of another version
        return []
