"""What every ports.CallbackStore keeps: the fake, and the real one on SQLite."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ivrd.adapters.store import CdrStore
from ivrd.core.state import Callback
from ivrd.ports import CallbackStore
from tests.fakes.callbacks import FakeCallbacks

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")


def wish(call: str, number: str = "0812", queue: str = "kbli") -> Callback:
    return Callback(call=call, queue=queue, number=number, language="id", at=1_764_000_000.0)


@pytest_asyncio.fixture
async def real(tmp_path: Path) -> AsyncIterator[CdrStore]:
    store = CdrStore(f"sqlite:///{tmp_path}/cdr.db", WIB)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def fake() -> CallbackStore:
    return FakeCallbacks()


@pytest.fixture(params=["fake", "real"])
def store(request: pytest.FixtureRequest) -> CallbackStore:
    chosen: CallbackStore = request.getfixturevalue(request.param)
    return chosen


async def test_each_queue_counts_its_own(store: CallbackStore) -> None:
    assert await store.keep_callback(wish("c1")) == 1
    assert await store.keep_callback(wish("c2", number="0813")) == 2
    assert await store.keep_callback(wish("c3", queue="lkpm")) == 1


async def test_one_number_is_one_request_a_queue(store: CallbackStore) -> None:
    await store.keep_callback(wish("c1"))
    assert await store.keep_callback(wish("c2")) == 1


async def test_keeping_twice_is_keeping_once(store: CallbackStore) -> None:
    for _ in range(2):
        assert await store.keep_callback(wish("c1")) == 1


async def test_a_person_sees_how_often_and_marks_it_done(real: CdrStore) -> None:
    for call in ("c1", "c1", "c2", "c2"):
        await real.keep_callback(wish(call))
    [kept] = await real.find_callbacks("kbli", done=False)
    assert (kept.id, kept.number, kept.times, kept.done_local) == ("c1/kbli", "0812", 2, None)
    assert await real.callback_done(kept.id, "reached", 1_764_000_600.0)
    assert not await real.callback_done(kept.id, "again", 1_764_000_601.0)
    assert await real.open_callbacks() == {}
    [done] = await real.find_callbacks("", done=True)
    assert (done.done_note, done.done_local) == ("reached", "2025-11-24 23:10:00.000+07:00")
    assert await real.keep_callback(wish("c3")) == 1, "who asks again afterwards is a new request"
    assert len(await real.find_callbacks("", done=True)) == 2


async def test_what_is_closed_is_open_no_longer_and_closing_twice_is_harmless(store: CallbackStore) -> None:
    await store.keep_callback(wish("c1"))
    await store.keep_callback(wish("c2", number="0813"))
    for _ in range(2):
        assert await store.close_callback("kbli", "0812", "reached", 1_764_000_600.0) == 1
    assert await store.close_callback("lkpm", "0813", "reached", 1_764_000_600.0) == 0, "another queue's is another request"


async def test_people_see_what_came_of_it(real: CdrStore) -> None:
    await real.keep_callback(wish("c1"))
    assert await real.open_callback_keys() == {("kbli", "0812")}
    await real.close_callback("kbli", "0812", "not reached: busy", 1_764_000_600.0)
    assert await real.open_callback_keys() == set()
    [done] = await real.find_callbacks("", done=True)
    assert done.done_note == "not reached: busy"
