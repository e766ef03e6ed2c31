"""The bell: a socket in the state directory at which the rescuer asks whether ivrd is in command (ADR 103).

    inquiries.py   beside it, another one: why did a call under way come to whom?
    place.py       how such a socket is put there, and reached

Whoever connects is told one word, and that is all. It is answered by the event loop, so that a frozen ivrd does not answer;
no stranger, guard, certificate or full disk is on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Callable
from pathlib import Path

from ivrd.adapters.bell import place
from ivrd.adapters.bell.inquiries import Inquiries, ask

__all__ = ["BACKLOG", "FILE", "Bell", "Heard", "Inquiries", "ask", "ring"]

FILE = "bell"  #: below the state directory
BACKLOG = 1024  #: who rings while ivrd is frozen and goes away again keeps a place until it thaws
_IN_COMMAND, _NOT = b"in command\n", b"not in command\n"


class Heard(enum.Enum):
    """What came of ringing."""

    IN_COMMAND = "in command"  #: the loop turns, and holds its end of Asterisk
    NOT_IN_COMMAND = "not in command"  #: the loop turns; Asterisk is not to be had
    NOBODY = "nobody"  #: no process listens
    SILENCE = "silence"  #: a process listens, and does not answer: frozen


class Bell:
    """Answers whoever rings. ``in_command`` is asked each time."""

    def __init__(self, state: Path, in_command: Callable[[], bool]) -> None:
        self._state, self._in_command = state, in_command
        self._server: asyncio.Server | None = None

    async def hang(self) -> None:
        """Be there from now on, in place of a leader before us; harmless when it is there. OSError."""
        if self._server is not None:
            return
        listener = place.bound(self._state, FILE)
        try:
            self._server = await asyncio.start_unix_server(self._answer, sock=listener, backlog=BACKLOG)
        except BaseException:
            listener.close()
            raise

    async def take_down(self) -> None:
        """Nobody is here any more. The file stays: by now it may be the next leader's."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_IN_COMMAND if self._in_command() else _NOT)
        writer.close()
        with contextlib.suppress(OSError):  # it has gone away: it rang while we were frozen
            await writer.wait_closed()


def ring(state: Path, within_s: float) -> Heard:
    """Ask; blocks for ``within_s`` at most. Never fails: what cannot be reached is nobody."""
    try:
        with place.reached(state, FILE, within_s) as bell:
            return {_IN_COMMAND: Heard.IN_COMMAND, _NOT: Heard.NOT_IN_COMMAND}.get(bell.makefile("rb").readline(), Heard.NOBODY)
    except (TimeoutError, BlockingIOError):  # the latter: even the places of who waits are taken
        return Heard.SILENCE
    except OSError:
        return Heard.NOBODY
