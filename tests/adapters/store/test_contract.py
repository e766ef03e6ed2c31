"""What every kind of store promises."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, inspect, make_url, select, text

from ivrd.adapters.store import CdrFilter, CdrStore, schema
from ivrd.core.cdr import Cdr, Disposition
from ivrd.errors import StoreError
from ivrd.ports import Letter

WIB = ZoneInfo("Asia/Jakarta")

MakeCdr = Callable[..., Cdr]
ALL = CdrFilter()


def about(cdr: Cdr) -> Cdr:
    """``cdr`` with its times to the microsecond, as a store keeps them."""
    times = {n: getattr(cdr, n) for n in schema.TIMES}
    return dataclasses.replace(
        cdr, **{n: t if t is None else round(t, 6) for n, t in times.items()}
    )


async def test_a_call_comes_back_as_it_was_written(store: CdrStore, cdr: MakeCdr) -> None:
    written = cdr()
    await store.write(written)
    assert await store.find(ALL) == [written]


async def test_stages_never_reached_stay_empty(store: CdrStore, cdr: MakeCdr) -> None:
    written = cdr(answered_at=None, queued_at=None, agent_answered_at=None, caller_number="")
    await store.write(written)
    assert await store.find(ALL) == [written]


async def test_a_second_write_overwrites_the_row_of_the_call(store: CdrStore, cdr: MakeCdr) -> None:
    await store.write(cdr(wrap_up_ms=0))
    await store.write(cdr(wrap_up_ms=30_000, disposition=Disposition.FAILED))
    found = await store.find(ALL)
    assert [(c.wrap_up_ms, c.disposition) for c in found] == [(30_000, Disposition.FAILED)]


async def test_a_name_that_no_database_takes_is_stored_all_the_same(
    store: CdrStore, cdr: MakeCdr
) -> None:
    await store.write(cdr(caller_name="a\0b\ud800'; drop table cdr; --"))
    (found,) = await store.find(ALL)
    assert found.caller_name == "ab?'; drop table cdr; --"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    arrived=st.floats(0, 4e9),
    name=st.text(st.characters(exclude_categories=["Cs"])),
    n=st.integers(0, 2**40),
)
async def test_any_call_comes_back(
    store: CdrStore, cdr: MakeCdr, arrived: float, name: str, n: int
) -> None:
    written = cdr(arrived_at=arrived, caller_name=name.replace("\0", ""), talk_ms=n)
    await store.write(written)
    (found,) = await store.find(ALL)
    assert found.arrived_at == pytest.approx(arrived, abs=1e-6)
    assert about(found) == about(dataclasses.replace(written, arrived_at=found.arrived_at))


@pytest.mark.parametrize(
    ("wanted", "calls"),
    [
        (CdrFilter(), ["a", "b", "c"]),
        (CdrFilter(since=200.0), ["b", "c"]),
        (CdrFilter(until=200.0), ["a"]),
        (CdrFilter(since=200.0, until=300.0), ["b"]),
        (CdrFilter(disposition="closed"), ["c"]),
        (CdrFilter(queue="cards"), ["a", "b"]),
        (CdrFilter(agent="102"), ["b"]),
        (CdrFilter(caller_ends="222"), ["b"]),
        (CdrFilter(caller_ends="%"), []),
        (CdrFilter(call="a"), ["a"]),
        (CdrFilter(queue="cards", agent="101"), ["a"]),
    ],
)
async def test_filters(store: CdrStore, cdr: MakeCdr, wanted: CdrFilter, calls: list[str]) -> None:
    await store.write(cdr("b", arrived_at=200.0, agent="102", caller_number="0811222"))
    await store.write(cdr("a", arrived_at=100.0))
    await store.write(
        cdr("c", arrived_at=300.0, queue="", agent="", disposition=Disposition.CLOSED)
    )
    assert [c.call for c in await store.find(wanted)] == calls


async def test_a_limit_keeps_the_newest(store: CdrStore, cdr: MakeCdr) -> None:
    for n in range(5):
        await store.write(cdr(f"c{n}", arrived_at=float(n)))
    assert [c.call for c in await store.find(ALL, limit=2)] == ["c3", "c4"]
    assert len(await store.find(ALL, limit=None)) == 5


async def test_it_answers_a_ping_only_while_it_is_open(store: CdrStore) -> None:
    await store.ping()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.ping()


async def test_rows_survive_a_restart_and_times_can_be_read_by_people(
    store: CdrStore, cdr: MakeCdr, url: str, tmp_path: Path
) -> None:
    await store.write(cdr())
    await store.close()
    again = CdrStore(url, WIB)
    await again.open()
    assert await again.find(ALL) == [cdr()]
    await again.close()
    engine = create_engine(sync_url(url))
    with engine.connect() as connection:
        row = connection.execute(select(schema.cdr)).mappings().one()
    engine.dispose()
    assert row["arrived_utc"].isoformat() == "2025-11-25T01:02:03.456000"
    assert row["arrived_local"] == "2025-11-25 08:02:03.456+07:00"


def sync_url(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return url
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


async def test_a_store_of_a_newer_ivrd_is_refused(
    store: CdrStore, url: str, tmp_path: Path
) -> None:
    await store.close()
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        connection.execute(text("update ivrd_schema set version = 99"))
    engine.dispose()
    for opening in (CdrStore(url, WIB).open(), CdrStore(url, WIB).open_to_read()):
        with pytest.raises(StoreError, match=r"version 99, .* knows versions up to \d+"):
            await opening


async def test_an_older_store_is_brought_up_step_by_step(
    store: CdrStore, url: str, tmp_path: Path
) -> None:
    await store.close()
    engine = create_engine(sync_url(url))

    def add_column(connection) -> None:
        connection.execute(text("alter table cdr add column rating integer"))

    with engine.begin() as connection:
        schema.upgrade(connection, [*schema.STEPS, add_column])
    with engine.begin() as connection:  # a second time there is nothing to do
        schema.upgrade(connection, [*schema.STEPS, add_column])
        assert "rating" in {c["name"] for c in inspect(connection).get_columns("cdr")}
        assert connection.execute(select(schema.version.c.version)).all() == [(len(schema.STEPS) + 1,)]
        connection.execute(text("alter table cdr drop column rating"))
        connection.execute(text("delete from ivrd_schema"))
        connection.execute(insert(schema.version).values(version=0))
    with pytest.raises(StoreError, match=r"version 0, this ivrd needs \d+: start the daemon"):
        await CdrStore(url, WIB).open_to_read()
    engine.dispose()


async def test_messages_of_a_store_from_before_get_room_for_a_note(store: CdrStore, url: str) -> None:
    letter = Letter(message="1764.12.message-1", call="1764.12", box="umum", number="0812", language="id", left_at=1764032523.456, duration_ms=1)
    await store.keep_letter(letter, "/box/1.wav")
    await store.close()
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        connection.execute(text("alter table voicemails drop column note"))
        connection.execute(text("update ivrd_schema set version = 9"))
    later = CdrStore(url, WIB)
    await later.open()
    assert await later.find_messages(letter.call) == ["/box/1.wav"]
    assert await later.messages_past("2025-11-25") == []
    assert await later.messages_past("2025-11-26") == ["/box/1.wav"]
    await later.messages_gone(["/box/1.wav"], "over")
    assert await later.find_messages(letter.call) == []
    await later.close()
    with engine.begin() as connection:
        [row] = connection.execute(select(schema.voicemails)).mappings()
    engine.dispose()
    assert (row["path"], row["note"], row["caller_number"]) == ("", "over", letter.number)


async def test_reading_never_makes_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no CDR store at .*cdr\.db yet: has ivrd run\?"):
        await CdrStore(f"sqlite:///{tmp_path}/cdr.db", WIB).open_to_read()
    assert list(tmp_path.iterdir()) == []
