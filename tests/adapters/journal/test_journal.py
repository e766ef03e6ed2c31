"""The journal on a real disk: killed, torn, rotated, taken twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivrd.adapters.journal import FileJournal
from ivrd.adapters.journal.lock import holder
from ivrd.core.events import Event, TimerFired
from ivrd.errors import OutsideError, StartError
from rig.smalldisk import fill, small_disk
from rig.tools import RigError


def timer(n: int) -> TimerFired:
    return TimerFired(at=float(n), timer=f"t{n}")


@pytest.fixture
def journals(tmp_path: Path) -> Iterator[object]:
    """Makes opened journals on one directory; closes them all."""
    made: list[FileJournal] = []

    def make(**options: int) -> tuple[FileJournal, bytes | None, list[Event]]:
        for journal in made:
            journal.close()
        journal = FileJournal(tmp_path, **options)
        made.append(journal)
        snapshot, events = journal.load()
        journal.open()
        return journal, snapshot, events

    yield make
    for journal in made:
        journal.close()


def test_the_first_start_finds_nothing(journals) -> None:
    _, snapshot, events = journals()
    assert (snapshot, events) == (None, [])


def test_events_come_back_in_order_without_a_snapshot(journals) -> None:
    journal, _, _ = journals()
    for n in range(100):
        journal.append(timer(n))
    again, snapshot, events = journals()
    assert snapshot is None
    assert events == [timer(n) for n in range(100)]
    assert again.notes == []


async def test_a_snapshot_replaces_the_events_before_it(journals) -> None:
    journal, _, _ = journals()
    journal.append(timer(1))
    await journal.write_snapshot(b"state after 1\nwith a newline")
    journal.append(timer(2))
    _, snapshot, events = journals()
    assert snapshot == b"state after 1\nwith a newline"
    assert events == [timer(2)]


async def test_a_journal_goes_on_over_several_starts(journals) -> None:
    journal, _, _ = journals()
    await journal.write_snapshot(b"one")
    journal.append(timer(1))
    second, _, _ = journals()
    second.append(timer(2))
    second.write_snapshot_now(b"two")
    second.append(timer(3))
    third, snapshot, events = journals()
    assert (snapshot, events) == (b"two", [timer(3)])
    third.append(timer(4))
    assert journals()[2] == [timer(3), timer(4)]


def test_a_torn_last_line_is_left_out_noted_and_never_read_again(journals, tmp_path: Path) -> None:
    journal, _, _ = journals()
    journal.append(timer(1))
    path = tmp_path / "journal-000001.jsonl"
    with path.open("ab") as file:
        file.write(b'{"e":"TimerFired","at":2')
    torn, _, events = journals()
    assert events == [timer(1)]
    assert torn.notes == [f"{path}:3: left out a last line that was not whole (24 bytes)"]
    torn.append(timer(3))
    again, _, events = journals()
    assert events == [timer(1), timer(3)]
    assert again.notes == []


def test_a_torn_header_is_written_anew(journals, tmp_path: Path) -> None:
    (tmp_path / "journal-000001.jsonl").write_bytes(b'{"form')
    journal, _, events = journals()
    assert events == []
    assert len(journal.notes) == 1
    journal.append(timer(1))
    assert journals()[2] == [timer(1)]


def test_a_bad_line_in_the_middle_names_file_and_line(journals, tmp_path: Path) -> None:
    journal, _, _ = journals()
    for n in range(3):
        journal.append(timer(n))
    path = tmp_path / "journal-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"timer":"t1"', b'"timer:"t1"'))
    with pytest.raises(OutsideError, match=rf"{path}:3: not JSON .* move the file"):
        journals()


def test_a_newer_format_is_refused(journals, tmp_path: Path) -> None:
    (tmp_path / "journal-000001.jsonl").write_bytes(b'{"format": 2, "journal": 1}\n')
    with pytest.raises(OutsideError, match="format 2, but this ivrd reads format 1"):
        journals()


def test_a_damaged_snapshot_falls_back_to_the_one_before(journals, tmp_path: Path) -> None:
    journal, _, _ = journals()
    journal.write_snapshot_now(b"two")
    journal.append(timer(1))
    journal.write_snapshot_now(b"three")
    journal.append(timer(2))
    snapshot = tmp_path / "snapshot-000003.json"
    snapshot.write_bytes(snapshot.read_bytes()[:-1])
    fallen, state, events = journals()
    assert state == b"two"
    assert events == [timer(1), timer(2)]
    assert fallen.notes == [f"{snapshot}: not whole, went back to the one before"]


def test_killed_between_new_journal_and_snapshot_nothing_is_lost(journals, tmp_path: Path) -> None:
    journal, _, _ = journals()
    journal.write_snapshot_now(b"two")
    journal.append(timer(1))
    journal.write_snapshot_now(b"three")
    journal.append(timer(2))
    (tmp_path / "snapshot-000003.json").rename(tmp_path / "snapshot-000003.part")
    _, state, events = journals()
    assert (state, events) == (b"two", [timer(1), timer(2)])


def test_a_missing_journal_between_others_is_an_error(journals, tmp_path: Path) -> None:
    journal, _, _ = journals()
    journal.write_snapshot_now(b"two")
    journal.write_snapshot_now(b"three")
    for name in ("snapshot-000003.json", "journal-000002.jsonl"):
        (tmp_path / name).unlink()
    with pytest.raises(OutsideError, match=r"journal-000002\.jsonl is missing"):
        journals()


def test_only_the_last_generations_are_kept(journals, tmp_path: Path) -> None:
    journal, _, _ = journals(keep=2)
    for n in range(5):
        journal.write_snapshot_now(b"%d" % n)
    kept = sorted(p.name for p in tmp_path.iterdir() if p.name != "lock")
    assert kept == [
        *(f"journal-{n:06}.jsonl" for n in (4, 5, 6)),
        *(f"snapshot-{n:06}.json" for n in (4, 5, 6)),
    ]


def test_two_daemons_never_share_a_directory(journals, tmp_path: Path) -> None:
    journals()
    with pytest.raises(StartError, match="another ivrd runs with the state directory"):
        FileJournal(tmp_path).load()


def test_a_full_disk_is_said_and_leaves_whole_lines(journals, tmp_path: Path, monkeypatch) -> None:
    journal, _, _ = journals()
    journal.append(timer(1))
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, data[:10]))
    with pytest.raises(
        OutsideError, match=r"cannot write to .*journal-000001\.jsonl: .*half a line"
    ):
        journal.append(timer(2))
    monkeypatch.undo()
    journal.append(timer(3))
    again, _, events = journals()
    assert events == [timer(1), timer(3)]
    assert again.notes == []


def test_an_unwritable_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutsideError, match=r"cannot read the journal: .*Not a directory"):
        FileJournal(tmp_path / "file" / "state").load()


def test_the_disk_is_asked_soon_and_seldom(journals) -> None:
    journal, _, _ = journals()
    for n in range(2000):
        journal.append(timer(n))
    journal.close()
    assert 1 <= journal._syncer.syncs < 50


WRITER = """
import sys
from pathlib import Path
from ivrd.adapters.journal import FileJournal
from ivrd.core.events import TimerFired
journal = FileJournal(Path(sys.argv[1]))
journal.load()
journal.open()
for n in range(10**9):
    journal.append(TimerFired(at=float(n), timer=f"t{n}"))
    print(n, flush=True)
"""


def test_kill_9_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(500):
        told = int(writer.stdout.readline())
    writer.kill()
    told = max([told, *(int(n) for n in writer.stdout.read().splitlines()[:-1])])
    writer.stdout.close()
    writer.wait()
    journal = FileJournal(tmp_path)
    _, events = journal.load()
    journal.close()
    assert len(events) > told
    assert events == [timer(n) for n in range(len(events))]


def test_who_holds_the_directory_is_known_as_long_as_it_runs(tmp_path: Path) -> None:
    assert holder(tmp_path / "state") is None
    journal = FileJournal(tmp_path / "state")
    journal.load()
    assert holder(tmp_path / "state") == os.getpid()
    journal.close()
    assert holder(tmp_path / "state") is None  # the file still names us: it is the lock that counts


async def test_after_a_full_disk_a_snapshot_makes_it_whole_again(tmp_path: Path) -> None:
    """A real disk of 256 kB; events of the full disk are in no journal, but in the state that the snapshot holds."""
    try:
        with small_disk(tmp_path / "disk", 256) as disk:
            journal = FileJournal(disk)
            journal.load()
            journal.open()
            journal.append(timer(1))
            filler = fill(disk)
            with pytest.raises(OutsideError, match="Free some space: calls go on"):
                [journal.append(timer(n)) for n in range(2, 10_000)]
            with pytest.raises(OutsideError):
                await journal.write_snapshot(b"state with all of them")
            filler.unlink()
            fill(disk, leave_kb=16)  # a journal can be begun, but the snapshot is larger
            with pytest.raises(OutsideError, match="cannot write the snapshot"):
                await journal.write_snapshot(b"x" * 64 * 1024)
            assert not list(disk.glob("*.part"))
            filler.unlink()
            await journal.write_snapshot(b"state with all of them")
            journal.append(timer(10_001))
            journal.close()
            again = FileJournal(disk)
            assert again.load() == (b"state with all of them", [timer(10_001)])
            again.close()
    except RigError as exc:
        pytest.skip(str(exc))
