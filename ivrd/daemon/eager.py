"""A task whose first step is done at once, by who makes it, and not at the loop's next turn.

Python 3.12 has this (``eager_start``), but no TaskGroup of 3.11 to 3.13 passes it on; so it is made here of what asyncio
documents for those who extend it: ``_enter_task`` and ``_leave_task``.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import Any


def begin(group: asyncio.TaskGroup, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Have ``work`` done as a task of ``group``, from here to its first wait before this returns.

    What it raises until then is the task's outcome, as what it raises later: nothing is raised here.
    """
    begun = _Begun(work)
    context = contextvars.copy_context()
    task = group.create_task(begun, name=name, context=context)
    loop, caller = asyncio.get_running_loop(), asyncio.current_task()
    if caller is not None:
        asyncio.tasks._leave_task(loop, caller)
    asyncio.tasks._enter_task(loop, task)  # time limits, and who else asks, must meet the task and not its maker
    try:
        context.run(begun.first_step)
    finally:
        asyncio.tasks._leave_task(loop, task)
        if caller is not None:
            asyncio.tasks._enter_task(loop, caller)
    return task


class _Begun(Coroutine[Any, Any, None]):
    """A coroutine that is a step ahead of its task: the task is told what the step came to."""

    def __init__(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = work
        self._waits_for: Any = None  #: what the first step waits for
        self._raised: BaseException | None = None  #: or how it ended
        self._ahead = False

    def first_step(self) -> None:
        self._ahead = True
        try:
            self._waits_for = self._work.send(None)
        except BaseException as exc:  # StopIteration is the usual end
            self._raised = exc

    def send(self, value: Any) -> Any:
        if not self._ahead:
            return self._work.send(value)
        self._ahead = False
        waits_for, self._waits_for = self._waits_for, None
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        return waits_for

    def throw(self, typ: Any, val: Any = None, tb: TracebackType | None = None) -> Any:
        """Cancelled before the task had its turn: where the work stands, unless it has ended. What it waits for is cancelled
        first, and waited for, as asyncio does it for a task that waits."""
        self._ahead = False
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        waits_for, self._waits_for = self._waits_for, None
        if waits_for is not None and waits_for.cancel():
            return waits_for
        return self._work.throw(typ) if val is None else self._work.throw(typ, val, tb)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, None, None]:
        return self._work.__await__()
