"""Rows of calls that ended while ivrd was away."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from playbook import Playbook

from ivrd.adapters.ami.unseen import parse
from ivrd.core.cdr import Cdr, Disposition
from ivrd.daemon.unseen import TOGETHER, gather
from ivrd.errors import StoreError, SwitchError
from ivrd.ports import Unseen

NOTE = Unseen(call="1.7", did="169", caller_number="0812", arrived_at=10.5, answered_at=None, ended_at=14.0)


class Asterisk:
    """Its database."""

    def __init__(self, *notes: Unseen, away: bool = False) -> None:
        self.notes, self.away = {n.call: n for n in notes}, away

    async def unseen(self) -> list[Unseen]:
        if self.away:
            raise SwitchError("DBGetTree", 0, "not connected")
        return list(self.notes.values())

    async def forget_unseen(self, call: str) -> None:
        del self.notes[call]


class Store:
    """Rows."""

    def __init__(self, away: bool = False) -> None:
        self.rows: dict[str, Cdr] = {}
        self.away = away

    async def write(self, cdr: Cdr) -> None:
        if self.away:
            raise StoreError("locked")
        self.rows[cdr.call] = cdr

    async def has(self, call: str) -> bool:
        return call in self.rows


async def test_a_caller_who_gave_up_has_a_row_and_the_note_is_forgotten() -> None:
    asterisk, store = Asterisk(NOTE), Store()
    assert await gather(asterisk, store, Playbook().exchange) == 1
    row = store.rows["1.7"]
    assert (row.disposition, row.hung_up_by) == (Disposition.FALLBACK, "caller")
    assert (row.arrived_at, row.answered_at, row.ended_at) == (10.5, None, 14.0)
    assert asterisk.notes == {}


async def test_rows_of_an_outage_are_written_together() -> None:
    """One after the other each would wait for others to join it."""

    class Gathering(Store):
        begun, all_begun = 0, asyncio.Event()

        async def write(self, cdr: Cdr) -> None:
            self.begun += 1
            if self.begun == TOGETHER:
                self.all_begun.set()
            await self.all_begun.wait()
            await super().write(cdr)

    notes = [replace(NOTE, call=f"1.{n}") for n in range(TOGETHER + 1)]
    asterisk, store = Asterisk(*notes), Gathering()
    async with asyncio.timeout(5):
        assert await gather(asterisk, store, Playbook().exchange) == len(notes)
    assert (set(store.rows), asterisk.notes) == ({note.call for note in notes}, {})


async def test_one_row_that_is_refused_costs_the_others_nothing() -> None:
    class Picky(Store):
        async def write(self, cdr: Cdr) -> None:
            if cdr.call == "1.0":
                raise StoreError("locked")
            await super().write(cdr)

    notes = [replace(NOTE, call=f"1.{n}") for n in range(3)]
    asterisk, store = Asterisk(*notes), Picky()
    assert await gather(asterisk, store, Playbook().exchange) == 2
    assert (set(store.rows), set(asterisk.notes)) == ({"1.1", "1.2"}, {"1.0"})


async def test_a_call_that_is_ours_after_all_keeps_its_own_row() -> None:
    book = Playbook()
    book.arrive("1.7")
    asterisk, store = Asterisk(NOTE), Store()
    assert await gather(asterisk, store, book.exchange) == 0
    assert (store.rows, asterisk.notes) == ({}, {})


async def test_a_row_that_is_there_is_not_written_over() -> None:
    store = Store()
    await gather(Asterisk(NOTE), store, Playbook().exchange)
    before = store.rows["1.7"]
    assert await gather(Asterisk(NOTE), store, Playbook().exchange) == 0
    assert store.rows["1.7"] is before


async def test_without_a_store_or_asterisk_the_note_stays() -> None:
    asterisk = Asterisk(NOTE)
    assert await gather(asterisk, Store(away=True), Playbook().exchange) == 0
    assert list(asterisk.notes) == ["1.7"]
    assert await gather(Asterisk(NOTE, away=True), Store(), Playbook().exchange) == 0


def test_notes_are_read_back() -> None:
    assert parse("/ivrd-unseen/1764.12", "169~100.250~101.000~130.500~0812") == Unseen(
        call="1764.12", did="169", caller_number="0812", arrived_at=100.25, answered_at=101.0, ended_at=130.5
    )
    never = parse("/ivrd-unseen/1764.12", "169~100.250~~130.500~")
    assert never is not None
    assert (never.answered_at, never.caller_number) == (None, "")


def test_a_strange_note_is_none() -> None:
    for key, value in (("/other/1", "169~1~~2~"), ("/ivrd-unseen/1", "x"), ("/ivrd-unseen/1", "169~a~~b~"), ("/ivrd-unseen/", "169~1~~2~")):
        assert parse(key, value) is None
