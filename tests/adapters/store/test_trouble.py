"""A store that is not there, locked, read-only or wrong: one clear message, whatever the cause."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from ivrd.adapters.store import CdrFilter, CdrStore
from ivrd.errors import StoreError

WIB = ZoneInfo("Asia/Jakarta")


async def test_a_directory_that_is_missing_is_said(tmp_path: Path) -> None:
    store = CdrStore("sqlite:////nowhere/at/all/cdr.db", WIB)
    with pytest.raises(
        StoreError, match=r"nowhere/at/all/cdr\.db: unable to open .*directory there"
    ):
        await store.open()


async def test_a_locked_store_is_said_and_works_again_later(tmp_path: Path, cdr) -> None:
    store = CdrStore(f"sqlite:///{tmp_path}/cdr.db", WIB, busy_timeout_s=0.05)
    await store.open()
    other = sqlite3.connect(tmp_path / "cdr.db", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreError, match="database is locked: another program holds it"):
        await store.write(cdr())
    assert "database is locked" in str(store.problem())
    other.execute("rollback")
    other.close()
    await store.write(cdr())
    assert store.problem() is None
    assert len(await store.find(CdrFilter())) == 1
    await store.close()


async def test_a_reader_does_not_disturb_the_writer(tmp_path: Path, cdr) -> None:
    store = CdrStore(f"sqlite:///{tmp_path}/cdr.db", WIB, busy_timeout_s=0.05)
    await store.open()
    await store.write(cdr("a"))
    reader = sqlite3.connect(tmp_path / "cdr.db", isolation_level=None)
    reader.execute("begin")
    assert reader.execute("select count(*) from cdr").fetchone() == (1,)
    await store.write(cdr("b"))
    assert reader.execute("select count(*) from cdr").fetchone() == (1,)
    reader.close()
    assert len(await store.find(CdrFilter())) == 2
    await store.close()


async def test_a_read_only_store_is_said(tmp_path: Path, cdr) -> None:
    store = CdrStore(f"sqlite:///{tmp_path}/cdr.db", WIB)
    await store.open()
    assert store._engine is not None

    def refuse_writes(connection, _record, _proxy) -> None:  # file modes do not stop root
        connection.execute("PRAGMA query_only=ON")

    event.listen(store._engine.sync_engine, "checkout", refuse_writes)
    with pytest.raises(StoreError, match=r"readonly database: .* read-only for this user"):
        await store.write(cdr())
    await store.close()


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "cdr.db").write_text("this is not a database, but long enough to look at" * 50)
    with pytest.raises(StoreError, match=r"not a database: .* restore it from a backup"):
        await CdrStore(f"sqlite:///{tmp_path}/cdr.db", WIB).open()


async def test_a_server_that_is_away_is_said_without_its_password(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        url = f"postgresql://ivrd:hush@127.0.0.1:{nobody.getsockname()[1]}/ivrd"
        with pytest.raises(
            StoreError, match=r"connection failed.* is the server running"
        ) as caught:
            await CdrStore(url, WIB).open()
    assert "hush" not in str(caught.value)


async def test_a_server_that_hangs_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://ivrd@127.0.0.1:{silent.getsockname()[1]}/ivrd"
        store = CdrStore(url, WIB, answer_timeout_s=0.3)
        with pytest.raises(StoreError, match=r"did not answer within 0\.3 s"):
            await store.open()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("no url", "is not a URL like sqlite"),
        ("mysql://localhost/cdr", "mysql is not supported"),
        ("sqlite://", "CDRs need a file"),
    ],
)
def test_a_wrong_url_is_said(url: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=why):
        CdrStore(url, WIB)
