"""Lanes: orders of one lane are carried out one after the other, lanes side by side.

A lane is a call, or one phone that rings for it (see ``Command.lane``): so an agent's phone is
dialled while the caller is being answered, yet nothing overtakes anything within a call. Most lanes begin at the
loop's next turn, so that what belongs together meets in them; an offer and an answer are begun at once (ADR 94).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine

import structlog

from ivrd.core.commands import (
    AnswerCall,
    Command,
    ConnectCall,
    DeliverMessage,
    OfferCall,
    StartMusic,
    StopMusic,
    StopPrompt,
)
from ivrd.daemon.eager import begin

_log = structlog.get_logger(__name__)


class Lanes:
    """Runs ``execute`` for each command, in its lane. Tasks belong to ``group``."""

    def __init__(self, group: asyncio.TaskGroup, execute: Callable[[Command], Coroutine[None, None, None]]) -> None:
        self._group = group
        self._execute = execute
        self._waiting: dict[str, deque[Command]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, command: Command) -> None:
        """Have ``command`` carried out when those before it in its lane are done."""
        lane = self._waiting.get(command.lane)
        if lane is not None:
            if isinstance(command, StopMusic):
                _unsay_music(lane)
            if not (isinstance(command, DeliverMessage) and command in lane):  # ordered for a day while the store is away, say
                lane.append(command)
            return
        self._idle.clear()
        self._waiting[command.lane] = deque((command,))
        work = self._run(command.lane)
        try:
            if isinstance(command, OfferCall | AnswerCall):  # a caller waits for it: its bytes are on their way when this returns
                task = begin(self._group, work, name=f"lane {command.lane}")
            else:
                task = self._group.create_task(work, name=f"lane {command.lane}")
        except RuntimeError:  # the group is ending, and the process with it: the journal knows, and the core must not fail for it
            work.close()
            self._end(command.lane)
            _log.warning("order not begun: ivrd is ending", call=command.call, order=type(command).__name__)
            return
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def busy(self) -> int:
        """Lanes with something to do."""
        return len(self._waiting)

    async def _run(self, name: str) -> None:
        lane = self._waiting[name]
        try:
            while lane:
                await self._carry_out(lane)
        finally:
            self._end(name)

    def _end(self, name: str) -> None:
        self._waiting.pop(name, None)
        if not self._waiting:
            self._idle.set()

    async def _carry_out(self, lane: deque[Command]) -> None:
        """The next order. An agent who has answered is not kept waiting for the music to end: what
        hushes a caller is sent at the same moment as the order that connects the two."""
        order = lane.popleft()
        if isinstance(order, StopMusic | StopPrompt) and lane and isinstance(lane[0], ConnectCall):
            async with asyncio.TaskGroup() as together:
                together.create_task(self._execute(order), name=f"hush {order.call}")
                together.create_task(self._execute(lane.popleft()), name=f"connect {order.call}")
            return
        await self._execute(order)

    async def wait_idle(self) -> None:
        """Return when there is nothing to do."""
        await self._idle.wait()

    def give_up(self) -> None:
        """End what is still under way (a service that hangs): what it was for is in the journal, and the process ends."""
        for task in self._tasks:
            task.cancel()


def _unsay_music(lane: deque[Command]) -> None:
    """Music that has not begun need not: an agent was quicker."""
    for order in [o for o in lane if isinstance(o, StartMusic)]:
        lane.remove(order)
