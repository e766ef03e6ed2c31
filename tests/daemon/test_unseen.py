"""Rows of calls that ended while ivrd was away."""

from __future__ import annotations

from playbook import Playbook

from ivrd.adapters.ami.unseen import parse
from ivrd.core.cdr import Cdr, Disposition
from ivrd.daemon.unseen import gather
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
