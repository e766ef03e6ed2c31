"""Lamps of desk phones: whatever agents and queues look like is shown, the latest wins, all of it after a reconnect."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

import structlog

from ivrd.core.commands import Publish, PublishAgent, PublishQueue
from ivrd.core.lamps import agent_lamp, of_agent, of_queue, queue_lamp
from ivrd.errors import SwitchError
from ivrd.ports import Lamps

_log = structlog.get_logger(__name__)

#: Asterisk refused, or is away: looked at again after so long
AGAIN_S = 1.0
#: a new connection to Asterisk is noticed after so long, when nothing else has changed
LOOK_EVERY_S = 5.0
#: Asterisk refuses everything while it ends; the next one will not
_ENDING = "shutting down"


class Connected(Lamps, Protocol):
    """Lamps behind a connection that comes and goes."""

    connected: asyncio.Event
    connections: int  #: so many there were


class LampBoard:
    """runtime.Walls whose readers are keys; ``run`` is the task that tells Asterisk."""

    def __init__(self, lamps: Connected) -> None:
        self._lamps = lamps
        self._wanted: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._connection = 0
        self._refused: set[str] = set()
        self._wake = asyncio.Event()

    def publish(self, publication: Publish, at: float) -> None:
        """Note how it looks; never waits."""
        match publication:
            case PublishAgent(view=view):
                self._wanted[agent_lamp(view.agent)] = of_agent(view)
            case PublishQueue(view=view):
                self._wanted[queue_lamp(view.queue)] = of_queue(view)
            case _:
                return
        self._wake.set()

    async def run(self) -> None:
        """Show, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()
            await self._lamps.connected.wait()
            self._wake.clear()
            if self._lamps.connections != self._connection:
                self._connection, self._shown, self._refused = self._lamps.connections, {}, set()
            if not await self._show():
                await asyncio.sleep(AGAIN_S)
                self._wake.set()

    async def _show(self) -> bool:
        """Tell what is not shown yet; False when it has to be tried again."""
        refused: dict[str, str] = {}
        try:
            return await self._show_each(refused)
        finally:
            if refused:  # one trouble, one line
                self._refused |= refused.keys()
                _log.warning("lamps refused", lamps=sorted(refused), error=next(iter(refused.values())))

    async def _show_each(self, refused: dict[str, str]) -> bool:
        """The same; ``refused`` learns of those that will not be otherwise next time, and why."""
        for name, state in list(self._wanted.items()):
            if self._shown.get(name) == state or name in self._refused:
                continue
            try:
                await self._lamps.set_lamp(name, state)
            except SwitchError as exc:
                if exc.status != 400 or _ENDING in exc.reason:
                    return False
                refused[name] = str(exc)
            self._shown[name] = state
        return True
