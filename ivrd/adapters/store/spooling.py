"""Rows go to the store; while it is away, slow, full, read-only or damaged, to the spool, and from there in order (ADR 71)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import structlog

from ivrd.adapters.store.batch import MOST, Batch
from ivrd.adapters.store.client import CdrStore
from ivrd.adapters.store.spool import Line, RowSpool
from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr
from ivrd.errors import StoreDamagedError, StoreError
from ivrd.ports import Clock

_log = structlog.get_logger(__name__)

#: a row that would have to wait longer than this for the ones before it goes to the spool
PATIENCE_S = 1.0
#: a row that comes sooner than this after the last one was written waits so long for more: they are written together
GATHER_S = 0.5
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)


class SpoolingStore:
    """ports.CallStore that takes every row as long as one of the two disks does. ``run`` is its task."""

    def __init__(
        self, store: CdrStore, spool: RowSpool, clock: Clock, *, patience_s: float = PATIENCE_S,
        backoff_s: Sequence[float] = BACKOFF_S, gather_s: float = 0.0,
    ) -> None:  # fmt: skip
        self._store, self._spool, self._clock = store, spool, clock
        self._patience_s, self._backoff_s = patience_s, backoff_s
        self._gather_s = gather_s
        self._batch: Batch | None = None  #: takes more rows
        self._written_at = -gather_s  #: when the last row was, by the loop's clock
        self._store_lock, self._spool_lock = asyncio.Lock(), asyncio.Lock()
        self._wake = asyncio.Event()
        self._trouble = ""
        self._refused = ""
        self.put_aside = 0  #: rows of ours that nobody could read or store

    async def open(self, *, served_before: bool) -> None:
        """Open both. StoreError at a first start, when a person is there to mend it; later calls must be served."""
        await asyncio.to_thread(self._spool.open)
        try:
            await (self._open() if served_before else self._store.open())
        except StoreError as exc:
            if not served_before:
                raise
            self._note(exc)
        self._wake.set()

    @property
    def spooled(self) -> int:
        """Rows that wait in the spool."""
        return self._spool.rows

    @property
    def trouble(self) -> str:
        """Why the store does not take rows; "" when it does."""
        return self._trouble

    @property
    def refused(self) -> str:
        """Why the last row is in neither; "" when it is safe. It is tried again by who brought it."""
        return self._refused

    def set_aside_before(self) -> Path | None:
        """The file of rows that were put aside, if nobody has looked after it yet. Blocks. OSError."""
        return self._spool.damaged if self._spool.damaged.exists() else None

    def problem(self) -> str | None:
        """Why rows go to the spool, or what else is wrong with the store; None when all is well."""
        if self._refused:
            return f"rows wait in memory, neither the store nor the spool takes them: {self._refused}"
        why = self._trouble or self._store.problem()
        if self._trouble or self._spool.rows:
            return f"rows are kept in {self._spool.path} until the store takes them: {why or 'they are on their way'}"
        return why

    async def write(self, cdr: Cdr, why: Sequence[Decision] = ()) -> None:
        """The row is safe when this returns. StoreError when neither store nor spool takes it."""
        if self._spool.rows or self._trouble or not await self._at_once(cdr, why):
            await self._put_down(cdr, why)
        self._refused = ""

    async def has(self, call: str) -> bool:
        """Whether the call has a row, in the store or on its way. StoreError."""
        if self._batch is not None and self._batch.holds(call):
            return True
        async with self._spool_lock:
            if self._spool.rows and await asyncio.to_thread(self._spool.holds, call):
                return True
        return await self._store.has(call)

    def hurry(self) -> None:
        """Rows wait for no others any more: the process ends."""
        self._gather_s = 0.0
        if self._batch is not None:
            self._batch.hurry()

    async def run(self) -> None:
        """Bring what is in the spool into the store, oldest first, until cancelled."""
        failed = 0
        while True:
            await self._wake.wait()
            try:
                await self._drain()
                failed = 0
            except StoreError as exc:
                self._note(exc)
                await asyncio.sleep(self._backoff_s[min(failed, len(self._backoff_s) - 1)])
                failed += 1

    # --- helpers

    async def _put_down(self, cdr: Cdr, why: Sequence[Decision]) -> None:
        """Into the spool. StoreError."""
        trouble = self._trouble  # over for now as soon as who drains sees an empty spool
        try:
            async with self._spool_lock:
                await asyncio.to_thread(self._spool.append, cdr, why)
        except StoreError as exc:
            self._refused = f"{trouble}; {exc}" if trouble else str(exc)
            raise
        finally:
            self._wake.set()  # also when the spool failed: the store may take rows again

    async def _at_once(self, cdr: Cdr, why: Sequence[Decision]) -> bool:
        """Into the store, with those that come meanwhile; False when it must not be waited for."""
        if self._batch is not None:
            return await self._batch.join(cdr, why)
        self._batch = batch = Batch(cdr, why)
        stored = False
        try:
            await batch.gather(self._written_at + self._gather_s - asyncio.get_running_loop().time())
            stored = await self._write_batch(batch)
        finally:  # also when we are cancelled: the others' rows go to the spool then
            if self._batch is batch:
                self._batch = None
            batch.over(stored=stored)
        return stored

    async def _write_batch(self, batch: Batch) -> bool:
        """One batch at a time. Until it is its turn more rows may join it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._store_lock.acquire()
            self._batch = None
            try:
                if len(batch.rows) == 1:
                    await self._store.write(*batch.rows[0])
                else:
                    await self._store.write_all(batch.rows)
                return True
            except StoreError as exc:
                self._note(exc)
            finally:
                self._written_at = asyncio.get_running_loop().time()
                self._store_lock.release()
        return False

    async def _drain(self) -> None:
        async with self._store_lock:
            await self._open()
            while rows_left := self._spool.rows:
                async with self._spool_lock:
                    lines = await asyncio.to_thread(self._spool.first, MOST)
                unfit = await self._store_lines(lines)
                async with self._spool_lock:
                    await asyncio.to_thread(self._spool.forget, [line for line, _ in lines], unfit)
                if unfit:
                    self.put_aside += len(unfit)
                    _log.error("rows set aside: they cannot be read", rows=len(unfit), kept=str(self._spool.damaged))
                _log.info("rows stored from the spool", rows=len(lines) - len(unfit), left=rows_left - len(lines))
            self._wake.clear()
            self._trouble = ""

    async def _store_lines(self, lines: Sequence[Line]) -> list[bytes]:
        """Together, or one by one where no store could ever take one of them; the lines of which nothing came. StoreError."""
        rows = [(line, row) for line, row in lines if row]
        unfit = [line for line, row in lines if not row]
        try:
            if rows:
                await self._store.write_all([row for _, row in rows])
        except _UNFIT:
            for line, row in rows:
                try:
                    await self._store.write(*row)
                except _UNFIT:
                    unfit.append(line)
        return unfit

    async def _open(self) -> None:
        """Harmless when it is open. A file that is damaged is put aside, and a new one begun."""
        if self._trouble.startswith(_DAMAGED) or not self._store.is_open:
            await self._store.close()
            try:
                await self._store.open()
            except StoreDamagedError as exc:
                aside = await asyncio.to_thread(self._store.set_aside, self._clock.now())
                _log.error("damaged store set aside, a new one begun", problem=str(exc), kept=str(aside))
                await self._store.open()

    def _note(self, exc: StoreError) -> None:
        """Said once for each reason, and not of a row that neither takes: who tries it again says that."""
        trouble = f"{_DAMAGED}{exc}" if isinstance(exc, StoreDamagedError) else str(exc)
        if trouble != self._trouble and not self._refused:
            _log.error("row not written, kept in the spool", error=str(exc))
        self._trouble = trouble


_DAMAGED = "damaged: "
#: what writing a row raises for which there are no columns: a time beyond all calendars
_UNFIT = (ValueError, TypeError, OverflowError)
