"""Rows that come close upon each other are written together: one transaction, one crossing to its thread, one sync (ADR 92)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from ivrd.adapters.store.spool import Row
from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr

#: rows that are written in one transaction; so many are not kept waiting for more
MOST = 200


class Batch:
    """Rows that wait to be written. Who brings the first one writes them all, and tells the others."""

    def __init__(self, cdr: Cdr, why: Sequence[Decision]) -> None:
        self.rows: list[Row] = [(cdr, list(why))]
        self._enough, self._over = asyncio.Event(), asyncio.Event()
        self._stored = False

    async def join(self, cdr: Cdr, why: Sequence[Decision]) -> bool:
        """Have a row written with the others; whether it was."""
        self.rows.append((cdr, list(why)))
        if len(self.rows) >= MOST:
            self._enough.set()
        await self._over.wait()
        return self._stored

    async def gather(self, wait_s: float) -> None:
        """Wait for more rows, until there are enough."""
        if wait_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._enough.wait()

    def hurry(self) -> None:
        """Do not wait for more."""
        self._enough.set()

    def holds(self, call: str) -> bool:
        """Whether a row of the call waits."""
        return any(cdr.call == call for cdr, _ in self.rows)

    def over(self, *, stored: bool) -> None:
        """All are in the store, or none."""
        self._stored = stored
        self._over.set()
