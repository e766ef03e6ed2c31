"""The store's own disk is full, or read-only, while calls are made: rows wait in the spool, and follow in order, once.

On a small tmpfs: skipped without root.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rig.site import SitePaths
from rig.smalldisk import fill, small_disk
from rig.tools import RigError
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]
SITE = {"overrides": {"ivrd.yaml": {"store_url": "sqlite:///var/store/cdr.db"}}}
SPOOLED = {"row not written, kept in the spool", "alarm", "part not ready"}


@pytest.fixture(scope="module")
def site(site: SitePaths) -> Iterator[SitePaths]:
    """The store is on a disk of 4 MB, and nothing else is."""
    try:
        with small_disk(site.root / "var" / "store", 4096):
            yield site
    except RigError as exc:
        pytest.skip(str(exc))


async def test_a_full_disk_costs_no_call_and_no_row(centre: Centre) -> None:
    centre.expected |= SPOOLED
    with closing(sqlite3.connect(centre.store)) as store:  # its log has blocks that could be written over
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    filler = fill(centre.store.parent)
    await two_calls(centre)
    await rows_wait(centre, 2, "database or disk is full")
    filler.unlink()
    await all_follow(centre)


async def test_a_disk_that_is_read_only_when_ivrd_starts_costs_no_call_and_no_row(centre: Centre) -> None:
    """Under a process that writes to it a disk cannot be made so by hand."""
    centre.expected |= SPOOLED
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await centre.ivrd.kill()
    remount(centre.store.parent, "ro")
    await start(centre)
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    await at_adi.ended()
    await two_calls(centre)
    await rows_wait(centre, 3, "cdr.db: ")
    remount(centre.store.parent, "rw")
    await all_follow(centre)


async def two_calls(centre: Centre) -> None:
    """One after the other, recorded as always."""
    adi = await centre.agent("101")
    for _ in range(2):
        caller, at_adi = await centre.conversation(adi)
        await caller.hang_up()
        await at_adi.ended()


async def rows_wait(centre: Centre, calls: int, why: str) -> None:
    """Those of the last calls are on disk, and operators are told."""
    await centre.until(lambda: spooled(centre) == centre.numbers[-calls:], 15, lambda: spooled(centre))
    await centre.wall.until(lambda: centre.wall.state("alert/store").get("raised") is True)
    (fault,) = centre.wall.state("alert/store")["faults"]
    assert fault["message"].startswith("the store takes no rows: ")
    assert why in fault["message"]
    async with asyncio.timeout(10):
        while (await centre.ivrd.metrics())["ivrd_spooled_rows"] != calls:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.05)


async def all_follow(centre: Centre) -> None:
    """In their order, each once; then the store is written to as always."""
    waited = spooled(centre)
    for number in waited:
        centre.recording(await centre.row(number, timeout_s=15, disposition="answered", agent="101"))
    with closing(sqlite3.connect(f"file:{centre.store}?mode=ro", uri=True)) as store:
        assert [n for (n,) in store.execute("SELECT caller_number FROM cdr ORDER BY rowid")][-len(waited) :] == waited
    await centre.wall.until(lambda: centre.wall.state("alert/store").get("raised") is False)
    assert spooled(centre) == []
    caller, _ = await centre.conversation(await centre.agent("101"))
    await caller.hang_up()
    await centre.row(disposition="answered")
    assert spooled(centre) == []


def spooled(centre: Centre) -> list[str]:
    """Callers whose rows wait."""
    lines = (centre.site.root / "var" / "state" / "rows.spool").read_text().splitlines()
    return [json.loads(line)["cdr"]["caller_number"] for line in lines]


async def start(centre: Centre) -> None:
    """Until it knows its calls again; it does not say that it is ready."""
    since = centre.wall.mark
    await centre.ivrd.child.start()
    await centre.wall.status_is("online", since)
    await centre.wall.until(lambda: centre.wall.state("agent/101/state", since).get("presence") == "talking")
    await centre.wall.until(lambda: centre.wall.state("agent/101/state", since).get("reachable") is True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)
