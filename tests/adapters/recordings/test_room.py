"""A disk that fills: first no new recordings, then none at all; again when there is enough more than the least."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ivrd.adapters.recordings import FileArchive
from ivrd.adapters.recordings.room import Room, free_bytes, unwritable
from ivrd.errors import OutsideError
from rig.smalldisk import fill, small_disk
from rig.tools import RigError

MB = 1_000_000


def test_the_fullest_disk_counts_and_there_must_be_enough_before_it_begins_again() -> None:
    free = {Path("/a"): 900 * MB, Path("/b"): 900 * MB}
    room = Room((Path("/a"), Path("/b")), 500, lambda directory: free[directory])
    seen = []
    for left in (500, 499, 250, 249, 510, 624, 625):
        free[Path("/b")] = left * MB
        room.look()
        seen.append((bool(room.why), room.is_critical))
    assert seen == [(False, False), (True, False), (True, False), (True, True), (True, False), (True, False), (False, False)]


def test_the_reason_names_the_place() -> None:
    room = Room((Path("/spool"),), 500, lambda directory: 0)
    room.look()
    assert room.why == "not recorded: less than 500 MB free for /spool"


def test_of_two_directories_on_one_disk_the_first_by_name_is_told() -> None:
    room = Room((Path("/spool"), Path("/recordings")), 500, lambda directory: 0)
    room.look()
    assert room.why.endswith("for /recordings")


def test_a_disk_that_does_not_say_what_is_free_has_nothing_free() -> None:
    trouble: list[OSError] = [OSError(5, "Input/output error")]

    def free(directory: Path) -> int:
        if trouble and directory == Path("/spool"):
            raise trouble[0]
        return 900 * MB

    room = Room((Path("/spool"), Path("/recordings")), 500, free)
    room.look()
    assert room.why == "not recorded: the disk of /spool cannot be read (Input/output error)"
    assert room.is_critical
    assert room.is_broken
    trouble.clear()
    room.look()
    assert (room.why, room.is_critical, room.is_broken) == ("", False, False)


def test_nobody_looks_when_it_is_switched_off() -> None:
    room = Room((Path("/spool"),), 0, lambda directory: 1 // 0)
    room.look()
    assert not room.why


def test_a_directory_that_does_not_exist_yet_is_on_the_disk_above(tmp_path: Path) -> None:
    assert abs(free_bytes(tmp_path / "not" / "there") - free_bytes(tmp_path)) < 100 * MB


def test_of_a_path_with_no_directory_at_all_nothing_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_there(path: Path) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setattr("os.statvfs", nothing_there)
    assert free_bytes(Path("/not/there")) == 0
    assert free_bytes(Path("not/there")) == 0


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    assert unwritable(tmp_path) == unwritable(tmp_path / "not" / "there") == ""
    (tmp_path / "file").write_text("")
    assert unwritable(tmp_path / "file") == f"{tmp_path / 'file'}: Not a directory"
    try:
        with small_disk(tmp_path / "disk", 64) as disk:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            assert unwritable(disk / "not" / "there") == f"{disk}: Read-only file system"
    except RigError as exc:
        pytest.skip(str(exc))


def test_a_directory_that_may_not_be_written_or_not_even_be_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """File modes do not stop root."""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert unwritable(tmp_path) == f"{tmp_path}: Permission denied"

    def refuse(path: Path) -> None:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr("os.statvfs", refuse)
    assert unwritable(tmp_path) == f"{tmp_path}: Stale file handle"


async def test_a_disk_that_is_full_at_publication_leaves_nothing_half_written_and_the_raw_file(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    archive = FileArchive(spool, tmp_path / "disk" / "recordings", look_every_s=0.001, patience_s=0.01)
    archive.raw_path("2026/11/24/1.1").write_bytes(b"\1\0\2\0" * 50_000)
    try:
        with small_disk(tmp_path / "disk", 512) as disk:
            filler = fill(disk, leave_kb=64)
            with pytest.raises(OutsideError, match="No space left"):
                await archive.publish("2026/11/24/1.1", 1000)
            assert [p for p in disk.rglob("*") if p.is_file()] == [filler]
            assert archive.raw_path("2026/11/24/1.1").exists()
            filler.unlink()
            done = await archive.publish("2026/11/24/1.1", 1000)
            assert (disk / "recordings" / done.path).stat().st_size == 44 + 200_000
    except RigError as exc:
        pytest.skip(str(exc))
