"""The bell: a socket in the state directory at which the rescuer asks whether ivrd is in command (ADR 103).

Whoever connects is told one word, and that is all. It is answered by the event loop, so that a frozen ivrd does not answer;
no stranger, guard, certificate or full disk is on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

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
        listener = _bound(self._state)
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
    with socket.socket(socket.AF_UNIX) as bell:
        bell.settimeout(within_s)
        try:
            with _short(state) as directory:
                bell.connect(f"{directory}/{FILE}")
            return {_IN_COMMAND: Heard.IN_COMMAND, _NOT: Heard.NOT_IN_COMMAND}.get(bell.makefile("rb").readline(), Heard.NOBODY)
        except (TimeoutError, BlockingIOError):  # the latter: even the places of who waits are taken
            return Heard.SILENCE
        except OSError:
            return Heard.NOBODY


def _bound(state: Path) -> socket.socket:
    """A socket under the name, put there in one step: the name never leads nowhere."""
    bell = socket.socket(socket.AF_UNIX)
    try:
        with _short(state) as directory:
            half = f"{directory}/.{FILE}.{os.getpid()}"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(half)
            bell.bind(half)
            os.replace(half, f"{directory}/{FILE}")
    except BaseException:
        bell.close()
        raise
    return bell


@contextlib.contextmanager
def _short(directory: Path) -> Iterator[str]:
    """Another name of ``directory``: the kernel takes 107 characters for a socket, and paths are longer at times."""
    held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{held}"
    finally:
        os.close(held)
