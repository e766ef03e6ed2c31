"""Lamps of desk phones: whatever agents and queues look like is shown, the latest wins, all of it after a reconnect."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import islice
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
#: so many in one write: an order to record comes behind no more of them than that
AT_ONCE = 20
#: Asterisk refuses everything while it ends; the next one will not
_ENDING = "shutting down"


class Connected(Lamps, Protocol):
    """Lamps behind a connection that comes and goes."""

    connected: asyncio.Event
    connections: int  #: so many there were


class LampBoard:
    """runtime.Walls whose readers are keys; ``run`` is the task that tells Asterisk.

    Walls are told of all changes of a quarter of a second together (runtime.py): so are keys, in one write.
    """

    def __init__(self, lamps: Connected) -> None:
        self._lamps = lamps
        self._wanted: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._due: dict[str, None] = {}  #: names that may not be shown as they are wanted, oldest first
        self._connection = 0
        self._refused: set[str] = set()
        self._wake = asyncio.Event()

    def publish(self, publication: Publish, at: float) -> None:
        """Note how it looks; never waits."""
        match publication:
            case PublishAgent(view=view):
                name, state = agent_lamp(view.agent), of_agent(view)
            case PublishQueue(view=view):
                name, state = queue_lamp(view.queue), of_queue(view)
            case _:
                return
        if self._wanted.get(name) != state:
            self._wanted[name] = state
            self._due[name] = None
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
                self._due = dict.fromkeys(self._wanted)
            if not await self._show():
                await asyncio.sleep(AGAIN_S)
                self._wake.set()

    async def _show(self) -> bool:
        """Tell what is not shown yet; False when it has to be tried again."""
        refused: dict[str, str] = {}
        try:
            while self._due:
                if not await self._show_some(refused):
                    return False
            return True
        finally:
            if refused:  # one trouble, one line
                self._refused |= refused.keys()
                _log.warning("lamps refused", lamps=sorted(refused), error=next(iter(refused.values())))

    async def _show_some(self, refused: dict[str, str]) -> bool:
        """The same of a few; ``refused`` learns of those that will not be otherwise next time, and why."""
        names = list(islice(self._due, AT_ONCE))
        for name in names:
            del self._due[name]
        known = self._refused | refused.keys()
        states = {n: self._wanted[n] for n in names if n not in known and self._shown.get(n) != self._wanted[n]}
        failed = await self._lamps.set_lamps(states) if states else {}
        self._shown |= states  # what is refused for good, too: it is not asked for again
        again = [name for name, why in failed.items() if not _is_final(why)]
        for name in again:
            del self._shown[name]
        self._due = dict.fromkeys((*again, *self._due))
        refused |= {name: str(why) for name, why in failed.items() if name not in again}
        return not again


def _is_final(why: SwitchError) -> bool:
    """Refused, and so it would be the next time."""
    return why.status == 400 and _ENDING not in why.reason
