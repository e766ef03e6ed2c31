"""The store is locked, slow, full, read-only or damaged: every row is safe at once, and comes to the store in order, once."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from ivrd.adapters.store import CdrFilter, CdrStore, RowSpool, SpoolingStore
from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr
from ivrd.errors import StoreError
from rig.smalldisk import fill, small_disk
from rig.tools import RigError

WIB = ZoneInfo("Asia/Jakarta")
MakeCdr = Callable[..., Cdr]


class Clock:
    def now(self) -> float:
        return 1764032523.0


class Centre:
    """A real SQLite file, a real spool, and who brings rows from one to the other."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "cdr.db"
        self.store = CdrStore(f"sqlite:///{self.file}", WIB, busy_timeout_s=0.05)
        self.spool = RowSpool(directory)
        self.rows = SpoolingStore(self.store, self.spool, Clock(), patience_s=0.05, backoff_s=(0.01,))

    @asynccontextmanager
    async def running(self, *, served_before: bool = False) -> AsyncIterator[Centre]:
        await self.rows.open(served_before=served_before)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.rows.run())
            try:
                yield self
            finally:
                task.cancel()
        await self.store.close()

    def stored(self) -> list[str]:
        """Calls in the store, in the order in which they came there."""
        with closing(sqlite3.connect(self.file)) as connection:
            return [call for (call,) in connection.execute("SELECT call FROM cdr ORDER BY rowid")]

    async def drained(self) -> None:
        async with asyncio.timeout(10):
            while self.rows.problem() or self.rows.spooled:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.01)


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


@contextmanager
def locked(centre: Centre) -> Iterator[None]:
    """Another program holds the store."""
    with closing(sqlite3.connect(centre.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def read_only(centre: Centre) -> Iterator[None]:
    """File modes do not stop root."""
    yield from pragma(centre, "query_only=ON", "query_only=OFF")


@contextmanager
def full(centre: Centre) -> Iterator[None]:
    """No page more than there is."""
    yield from pragma(centre, "max_page_count=1", "max_page_count=1000000")


def pragma(centre: Centre, on: str, off: str) -> Iterator[None]:
    """A setting of every connection, for a while."""
    engine = centre.store._engine
    assert engine is not None
    now = [on]

    def set_it(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA {now[0]}")

    event.listen(engine.sync_engine, "checkout", set_it)
    yield
    now[0] = off


async def fill_pages(centre: Centre, cdr: MakeCdr) -> list[str]:
    """Rows until the first is in the spool: SQLite has free space in the pages that it has."""
    calls: list[str] = []
    while not centre.rows.spooled:
        calls.append(f"f{len(calls):04d}")
        await centre.rows.write(cdr(calls[-1]))
    return calls


@pytest.mark.parametrize("trouble", [locked, read_only, full])
async def test_rows_of_an_outage_come_in_order_and_once(centre: Centre, cdr: MakeCdr, trouble: Any) -> None:
    async with centre.running():
        await centre.rows.write(cdr("a"))
        with trouble(centre):
            calls = await fill_pages(centre, cdr)
            await centre.rows.write(cdr("b", talk_ms=1), [Decision(at=1.0, what="joined", queue="q")])
            await centre.rows.write(cdr("c"))
            await centre.rows.write(cdr("b", talk_ms=2), [Decision(at=1.0, what="joined", queue="q")])
            assert centre.rows.spooled >= 3
            assert str(centre.spool.path) in str(centre.rows.problem())
            assert await centre.rows.has("b")
            assert not await centre.rows.has("nobody")
        await centre.drained()
        await centre.rows.write(cdr("d"))
        assert centre.spool.path.read_bytes() == b""
        rows = {row.call: row for row in await centre.store.find(CdrFilter(), None)}
        assert rows["b"].talk_ms == 2
        assert [d.what for d in await centre.store.find_why("b")] == ["joined"]
    assert centre.stored() == ["a", *calls, "b", "c", "d"]


class Slow(CdrStore):
    """Each row takes until ``gate`` is open."""

    def __init__(self, url: str) -> None:
        super().__init__(url, WIB)
        self.gate, self.began = asyncio.Event(), asyncio.Event()

    async def write(self, cdr: Cdr, why: Sequence[Decision] = ()) -> None:
        self.began.set()
        await self.gate.wait()
        await super().write(cdr, why)


async def test_nobody_waits_behind_a_slow_store(tmp_path: Path, cdr: MakeCdr) -> None:
    centre = Centre(tmp_path)
    centre.store = slow = Slow(f"sqlite:///{centre.file}")
    centre.rows = SpoolingStore(slow, centre.spool, Clock(), patience_s=0.01, backoff_s=(0.01,))
    async with centre.running(), asyncio.TaskGroup() as group:
        group.create_task(centre.rows.write(cdr("first")))
        await slow.began.wait()
        async with asyncio.timeout(5):
            for n in range(50):
                await centre.rows.write(cdr(f"r{n:02d}"))  # safe, though the store has not answered yet
        assert centre.rows.spooled == 50
        slow.gate.set()
        await centre.drained()
    assert centre.stored() == ["first", *(f"r{n:02d}" for n in range(50))]


async def test_a_damaged_store_is_set_aside_at_a_start_and_a_new_one_begun(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running():
        await centre.rows.write(cdr("old"))
    damage(centre)
    again = Centre(centre.directory)
    async with again.running(served_before=True):
        await again.drained()
        await again.rows.write(cdr("new"))
        (aside,) = again.store.set_aside_before()
        assert aside.name == "cdr.db.damaged-2025-11-25-08-02-03"
    assert again.stored() == ["new"]


def damage(centre: Centre) -> None:
    """The first page is gone."""
    with centre.file.open("r+b") as file:
        file.write(b"\xff" * 4096)


async def test_a_store_that_is_damaged_while_it_is_used(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running(), asyncio.timeout(20):
        for n in range(40):
            await centre.rows.write(cdr(f"o{n}"))
        with closing(sqlite3.connect(centre.file)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with centre.file.open("r+b") as file:
            file.write(b"\xff" * centre.file.stat().st_size)
        calls = [f"n{n}" for n in range(40)]
        for call in calls:
            await centre.rows.write(cdr(call))
        await centre.drained()
        assert len(centre.store.set_aside_before()) == 1
    assert centre.stored()[-1] == "n39"


async def test_at_a_first_start_a_file_that_is_no_store_is_left_alone_and_told(centre: Centre) -> None:
    centre.file.write_text("somebody's notes, that store_url names by mistake " * 50)
    with pytest.raises(StoreError, match="not a CDR store"):
        await centre.rows.open(served_before=False)
    assert centre.file.read_text().startswith("somebody's notes")


async def test_a_store_that_is_away_at_a_later_start_keeps_nobody_from_being_served(tmp_path: Path, cdr: MakeCdr) -> None:
    centre = Centre(tmp_path)
    async with centre.running():
        pass
    again = Centre(tmp_path)
    with closing(sqlite3.connect(again.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with again.running(served_before=True):
            await again.rows.write(cdr("a"))
            assert again.rows.spooled == 1
            other.execute("ROLLBACK")
            await again.drained()
    assert again.stored() == ["a"]


async def test_killed_while_rows_wait_the_next_process_brings_them(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running():
        with locked(centre):
            for call in ("a", "b", "c"):
                await centre.rows.write(cdr(call))
            left = centre.spool.path.read_bytes()
        await centre.drained()
    with centre.spool.path.open("wb") as file:
        file.write(left + left[:40])  # killed after the store had all of it and before it was forgotten; and a torn row
    again = Centre(centre.directory)
    async with again.running(served_before=True):
        await again.drained()
    assert again.stored() == ["a", "b", "c"]


UNREADABLE = {
    "zeros after a power cut": lambda line: b"\0" * len(line),
    "half a line": lambda line: line[: len(line) // 2],
    "no text": lambda line: b"\xff" + line[1:],
    "no row": lambda line: b"[1]",
    "a call's end of a newer version": lambda line: line.replace(b'"answered"', b'"levitated"'),
    "a field is gone": lambda line: line.replace(b'"did":"169",', b""),
    "text in place of a number": lambda line: line.replace(b'"wait_ms":10000', b'"wait_ms":"10000"'),
    "a number beyond any column": lambda line: line.replace(b'"wait_ms":10000', b'"wait_ms":1' + b"0" * 30),
    "a time beyond any calendar": lambda line: line.replace(b'"ended_at":', b'"ended_at":99'),
}


@pytest.mark.parametrize("how", UNREADABLE)
async def test_one_line_that_cannot_be_read_holds_up_no_other(centre: Centre, cdr: MakeCdr, how: str) -> None:
    centre.spool.open()
    for call in ("a", "b", "c"):
        centre.spool.append(cdr(call), ())
    first, second, third = centre.spool.path.read_bytes().splitlines()
    bad = UNREADABLE[how](second)
    assert bad != second
    centre.spool.path.write_bytes(b"\n".join((first, bad, third, third[:40])))  # and the last one is torn
    again = Centre(centre.directory)
    async with again.running(served_before=True):
        await again.drained()
        await again.rows.write(cdr("d"))  # after who drains is done
        await again.drained()
        assert again.rows.put_aside == 1
        assert again.rows.set_aside_before() == again.spool.damaged
        assert again.spool.damaged.read_bytes() == bad + b"\n"
        assert again.spool.damaged.stat().st_mode & 0o777 == again.spool.path.stat().st_mode & 0o777 == 0o600
        again.spool.damaged.unlink()
        assert again.rows.set_aside_before() is None
    assert again.stored() == ["a", "c", "d"]


async def test_with_nothing_but_lines_that_cannot_be_read_rows_go_on(centre: Centre, cdr: MakeCdr) -> None:
    centre.spool.path.write_bytes(b"x\ny\n")
    async with centre.running():
        await centre.drained()
        await centre.rows.write(cdr("a"))
    assert centre.spool.damaged.read_bytes() == b"x\ny\n"
    assert centre.spool.path.read_bytes() == b""
    assert centre.stored() == ["a"]


async def test_what_was_set_aside_is_there_once_however_often_a_process_is_killed(centre: Centre) -> None:
    centre.spool.damaged.write_bytes(b"x\ntor")  # the disk was full in the middle
    for lines in (b"x\ny\ry\n", b"x\ny\ry\n", b"z\n"):
        centre.spool.path.write_bytes(lines)
        spool = RowSpool(centre.directory)
        spool.open()
        bad = [line for line, _ in spool.first(10)]
        spool.forget(bad, bad)
    assert centre.spool.damaged.read_bytes() == b"x\ntor\ny\ry\nz\n"


async def test_a_full_disk_of_the_spool_is_said_and_leaves_whole_rows(tmp_path: Path, cdr: MakeCdr) -> None:
    try:
        with small_disk(tmp_path / "disk", 256) as disk:
            spool = RowSpool(disk)
            spool.open()
            spool.append(cdr("a"), ())
            filler = fill(disk)
            with pytest.raises(StoreError, match=r"rows\.spool.*(No space left|the disk took half a row)"):
                [spool.append(cdr(f"r{n}"), ()) for n in range(100)]
            kept = spool.rows
            filler.unlink()
            spool.append(cdr("b"), ())
            lines = spool.first(1000)
            assert len(lines) == kept + 1
            _, row = lines[-1]
            assert row
            assert row[0].call == "b"
    except RigError as exc:
        pytest.skip(str(exc))


async def test_a_row_that_neither_takes_is_told_until_one_of_them_does(centre: Centre, cdr: MakeCdr, monkeypatch) -> None:
    def full(cdr: Cdr, why: Sequence[Decision]) -> None:
        raise StoreError("the spool of rows: No space left on device")

    async with centre.running():
        with locked(centre), monkeypatch.context() as patch:
            patch.setattr(centre.spool, "append", full)
            with pytest.raises(StoreError, match="No space left"):
                await centre.rows.write(cdr("a"))
            async with asyncio.timeout(10):
                while centre.rows.trouble:  # noqa: ASYNC110 - who drains sees an empty spool, and nothing wrong
                    await asyncio.sleep(0)
            assert "database is locked" in centre.rows.refused
            assert str(centre.rows.problem()).startswith("rows wait in memory, neither the store nor the spool takes them")
        await centre.rows.write(cdr("a"))
        assert not centre.rows.refused
        await centre.drained()
    assert centre.stored() == ["a"]


async def test_a_day_of_rows_is_bounded_on_disk_and_drained_in_batches(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running():
        with locked(centre):
            for n in range(1000):  # three days of 169
                await centre.rows.write(cdr(f"r{n:04d}"))
            assert centre.rows.spooled == 1000
            assert os.path.getsize(centre.spool.path) < 2_000_000
        await centre.drained()
    assert centre.stored() == [f"r{n:04d}" for n in range(1000)]
