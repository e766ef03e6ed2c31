"""Orders that end something are given again until Asterisk has obeyed: they can never be wrong.

A channel, prompt or bridge has an id of its own that is never used twice, so such an order may come late. One that is
lost for good would leave a caller in a dead call, or a channel that nobody knows of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from ivrd.core.commands import (
    CloseBridge,
    Command,
    DropMessage,
    HandOver,
    HangUp,
    StopPrompt,
    TransferCall,
)

_log = structlog.get_logger(__name__)

ENDINGS = (CloseBridge, DropMessage, HandOver, HangUp, StopPrompt, TransferCall)
#: then a survey of Asterisk must find what is left
AGAIN_S = (0.3, 1.0, 2.0, 5.0, 10.0, 20.0)


class Again:
    """``put`` is where orders go (lanes.py), once it is known."""

    def __init__(self) -> None:
        self.put: Callable[[Command], None] | None = None
        self._tries: dict[Command, int] = {}
        self._waiting: set[asyncio.TimerHandle] = set()

    def refused(self, command: Command) -> None:
        """It was refused, or not answered. Nothing is done about what does not end something."""
        if self.put is None or not isinstance(command, ENDINGS):
            return
        tried = self._tries.get(command, 0)
        if tried >= len(AGAIN_S):
            del self._tries[command]
            _log.error("order given up", call=command.call, order=type(command).__name__)
            return
        self._tries[command] = tried + 1
        self._later(command, AGAIN_S[tried])

    def obeyed(self, command: Command) -> None:
        """It need not be given again."""
        if isinstance(command, ENDINGS):  # others are never here, and some cannot be a key
            self._tries.pop(command, None)

    def stop(self) -> None:
        """Give none again from now on: the next start asks Asterisk what is left."""
        self.put = None
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()

    def _later(self, command: Command, wait_s: float) -> None:
        def give() -> None:
            self._waiting.discard(handle)
            if self.put is not None:
                self.put(command)

        handle = asyncio.get_running_loop().call_later(wait_s, give)
        self._waiting.add(handle)
