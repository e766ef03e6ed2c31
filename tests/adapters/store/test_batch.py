"""Rows that come close upon each other are written together; each is safe when its write returns, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivrd.adapters.store import CdrFilter, CdrStore, RowSpool, SpoolingStore
from ivrd.adapters.store.batch import MOST
from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr
from ivrd.errors import StoreError

WIB = ZoneInfo("Asia/Jakarta")
MakeCdr = Callable[..., Cdr]
LONG_S = 3600.0
WHY = (Decision(at=1.0, what="joined", queue="q"),)


class Clock:
    def now(self) -> float:
        return 1764032523.0


class Counting(CdrStore):
    """Tells what each transaction was about; refuses them while ``away``."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"sqlite:///{directory}/cdr.db", WIB)
        self.together: list[list[str]] = []
        self.away = False

    async def write(self, cdr: Cdr, why: Sequence[Decision] = ()) -> None:
        await self.write_all([(cdr, why)])

    async def write_all(self, several: Sequence[tuple[Cdr, Sequence[Decision]]]) -> None:
        if self.away:
            raise StoreError("away")
        await super().write_all(several)
        self.together.append([cdr.call for cdr, _ in several])


class Centre:
    def __init__(self, directory: Path, gather_s: float = LONG_S) -> None:
        self.store = Counting(directory)
        self.rows = SpoolingStore(self.store, RowSpool(directory), Clock(), backoff_s=(0.001,), gather_s=gather_s)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.TaskGroup]:
        """A group for writes; the rows that are left in the spool are not brought to the store."""
        await self.rows.open(served_before=False)
        async with asyncio.TaskGroup() as group, asyncio.timeout(20):
            yield group
        await self.store.close()


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


async def begin(group: asyncio.TaskGroup, centre: Centre, *rows: Cdr) -> list[asyncio.Task[None]]:
    """Writes that wait for each other."""
    tasks = [group.create_task(centre.rows.write(row, WHY)) for row in rows]
    await asyncio.sleep(0)
    return tasks


async def test_a_row_after_a_pause_is_written_at_once_and_those_after_it_together(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running() as group:
        await centre.rows.write(cdr("first"), WHY)
        assert centre.store.together == [["first"]]
        calls = [f"r{n:03d}" for n in range(MOST)]
        await asyncio.gather(*await begin(group, centre, *map(cdr, calls)))  # enough: not an hour
        assert centre.store.together == [["first"], calls]
        assert len(await centre.store.find(CdrFilter(), None)) == 1 + MOST
        assert await centre.store.find_why("r199") == [*WHY]


async def test_rows_do_not_wait_for_others_for_long(tmp_path: Path, cdr: MakeCdr) -> None:
    centre = Centre(tmp_path, gather_s=0.05)
    async with centre.running() as group:
        await centre.rows.write(cdr("a"))
        await asyncio.gather(*await begin(group, centre, cdr("b"), cdr("c")))
        assert centre.store.together == [["a"], ["b", "c"]]


async def test_a_row_that_waits_is_on_its_way_and_is_written_when_the_process_ends(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running() as group:
        await centre.rows.write(cdr("a"))
        tasks = await begin(group, centre, cdr("b"), cdr("c"))
        assert await centre.rows.has("c")
        assert not await centre.rows.has("nobody")
        assert not any(task.done() for task in tasks)
        centre.rows.hurry()
        await asyncio.gather(*tasks)
        await centre.rows.write(cdr("d"))
        assert centre.store.together == [["a"], ["b", "c"], ["d"]]


async def test_rows_that_the_store_refuses_together_are_all_in_the_spool_in_order(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running() as group:
        await centre.rows.write(cdr("a"))
        tasks = await begin(group, centre, cdr("b"), cdr("c"), cdr("d"))
        centre.store.away = True
        centre.rows.hurry()
        await asyncio.gather(*tasks)
        assert centre.rows.spooled == 3
        assert "away" in centre.rows.trouble
        centre.store.away = False
        drain = group.create_task(centre.rows.run())
        while centre.rows.problem():  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.001)
        drain.cancel()
        assert centre.store.together == [["a"], ["b", "c", "d"]]


async def test_who_was_to_write_for_all_is_cancelled_and_the_others_are_safe(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running() as group:
        await centre.rows.write(cdr("a"))
        first, *others = await begin(group, centre, cdr("b"), cdr("c"), cdr("d"))
        first.cancel()
        await asyncio.gather(*others)
        assert centre.rows.spooled == 2
        assert not await centre.rows.has("b")  # its write never returned: the journal has it
        assert await centre.rows.has("c")
        assert await centre.rows.has("d")


async def test_who_waits_with_others_is_cancelled_and_they_are_written(centre: Centre, cdr: MakeCdr) -> None:
    async with centre.running() as group:
        await centre.rows.write(cdr("a"))
        first, other = await begin(group, centre, cdr("b"), cdr("c"))
        other.cancel()
        centre.rows.hurry()
        await first
        assert centre.store.together == [["a"], ["b", "c"]]


async def test_of_a_call_s_rows_in_one_transaction_the_last_counts(store: CdrStore, cdr: MakeCdr) -> None:
    await store.write_all([(cdr("a", talk_ms=1), ()), (cdr("b"), WHY), (cdr("a", talk_ms=2), WHY), (cdr("b"), ())])
    assert {row.call: row.talk_ms for row in await store.find(CdrFilter())} == {"a": 2, "b": 60_000}
    assert await store.find_why("a") == [*WHY]
    assert await store.find_why("b") == []
