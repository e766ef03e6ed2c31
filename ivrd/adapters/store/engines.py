"""How a transaction is made: SQLite's in a thread of its own, a server's on the event loop.

SQLite has no asyncio of its own; what offers it one carries each request of a transaction to a thread and back, eleven
times a row, and each way wakes two threads that want the same lock. A whole transaction at once crosses once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")


class Engine(Protocol):
    """Transactions on one database."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """``work`` in one transaction, which is kept when it returns and undone when it raises."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


class FileEngine:
    """SQLite. A transaction that nobody waits for any more (a time-out) still comes to its end; the next waits for it."""

    def __init__(self, url: URL, busy_timeout_s: float) -> None:
        self.sync_engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": busy_timeout_s})
        event.listen(self.sync_engine, "connect", _prepare_sqlite)
        self._thread = ThreadPoolExecutor(1, "store")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See Engine."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        with self.sync_engine.begin() as link:
            return work(link)

    async def close(self) -> None:
        """See Engine."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self.sync_engine.dispose)
        self._thread.shutdown(wait=False)


class ServerEngine:
    """PostgreSQL."""

    def __init__(self, url: URL, connect_timeout_s: int) -> None:
        server = {"connect_timeout": connect_timeout_s}
        self._engine = create_async_engine(url, pool_size=2, max_overflow=0, pool_pre_ping=True, connect_args=server)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See Engine."""
        async with self._engine.begin() as link:
            return await link.run_sync(work)

    async def close(self) -> None:
        """See Engine."""
        await self._engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """WAL: `ivrd cdr` reads while the daemon writes. FULL: a row that is written is on disk."""
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()
    except Exception:
        connection.close()  # nobody else knows of it yet
        raise
