"""Recordings: whole or not there, the same answer twice, nothing outside the directory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from ivrd.adapters.recordings import FileArchive, wav
from ivrd.errors import OutsideError

NAME = "2026/11/24/1764.12"


@pytest.fixture
def archive(tmp_path: Path) -> FileArchive:
    return FileArchive(
        tmp_path / "spool", tmp_path / "recordings", look_every_s=0.01, patience_s=0.1
    )


def samples(ms: int) -> bytes:
    """``ms`` of stereo: left and right differ, and every frame is its own."""
    frames = ms * wav.RATE_HZ // 1000
    return b"".join((n % 1000).to_bytes(2, "little") + b"\x00\x40" for n in range(frames))


async def test_a_raw_file_becomes_a_wav_file_with_the_same_samples(
    archive: FileArchive, tmp_path: Path
) -> None:
    raw = archive.raw_path(NAME)
    raw.write_bytes(samples(2000))
    done = await archive.publish(NAME, expected_ms=2100)
    final = tmp_path / "recordings" / done.path
    assert done.path == f"{NAME}.wav"
    assert (done.duration_ms, done.note) == (2000, "")
    assert done.sha256 == hashlib.sha256(final.read_bytes()).hexdigest()
    with wave.open(str(final)) as file:
        assert file.getparams()[:4] == (2, 2, 8000, 16000)
        assert file.readframes(16000) == samples(2000)
    assert not raw.exists()
    assert [p.name for p in final.parent.iterdir()] == [final.name]
    assert stat.S_IMODE(final.stat().st_mode) == 0o640


async def test_a_spool_that_became_read_only_costs_no_recording_that_is_published(
    archive: FileArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system", str(path))

    archive.raw_path(NAME).write_bytes(samples(2000))
    monkeypatch.setattr(Path, "unlink", refuse)
    for _ in range(2):  # the second time it has been published before
        done = await archive.publish(NAME, expected_ms=2100)
        assert (tmp_path / "recordings" / done.path).stat().st_size == wav.HEADER_BYTES + len(samples(2000))
        assert done.note.startswith("its raw audio cannot be removed from the spool: Read-only file system")


async def test_it_waits_while_asterisk_still_writes(tmp_path: Path) -> None:
    archive = FileArchive(
        tmp_path / "spool", tmp_path / "recordings", look_every_s=0.02, patience_s=20
    )
    raw = archive.raw_path(NAME)

    async def asterisk() -> None:
        for _ in range(10):
            with raw.open("ab") as file:
                file.write(samples(100))
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asterisk())
        done = await archive.publish(NAME, expected_ms=1200)
    assert (done.duration_ms, done.note) == (1000, "")


async def test_publishing_twice_gives_the_same_answer(archive: FileArchive) -> None:
    archive.raw_path(NAME).write_bytes(samples(500))
    first = await archive.publish(NAME, expected_ms=500)
    archive.raw_path(NAME).write_bytes(samples(500))  # killed before it was removed
    assert await archive.publish(NAME, expected_ms=500) == first
    assert not archive.raw_path(NAME).exists()


async def test_the_file_keeps_the_time_of_its_last_sample_and_says_it(archive: FileArchive, tmp_path: Path) -> None:
    raw = archive.raw_path(NAME)
    raw.write_bytes(samples(500))
    os.utime(raw, (1_764_000_000.25, 1_764_000_000.25))
    done = await archive.publish(NAME, expected_ms=500)
    assert done.ended_at == 1_764_000_000.25
    assert (await archive.publish(NAME, expected_ms=500)).ended_at == 1_764_000_000.25


async def test_a_short_recording_is_published_and_said(archive: FileArchive) -> None:
    archive.raw_path(NAME).write_bytes(samples(500))
    done = await archive.publish(NAME, expected_ms=2600)
    assert (done.duration_ms, done.note) == (500, "2.1 s shorter than the talk")


async def test_half_a_frame_at_the_end_is_left_out(archive: FileArchive, tmp_path: Path) -> None:
    archive.raw_path(NAME).write_bytes(samples(500) + b"\x01\x02\x03")
    done = await archive.publish(NAME, expected_ms=500)
    with wave.open(str(tmp_path / "recordings" / done.path)) as file:
        assert file.readframes(10**6) == samples(500)


async def test_no_raw_file_is_said(archive: FileArchive) -> None:
    with pytest.raises(OutsideError, match=r"wrote no recording: .*1764\.12\.raw is not there"):
        await archive.publish(NAME, expected_ms=1000)


async def test_an_empty_raw_file_is_said(archive: FileArchive, tmp_path: Path) -> None:
    archive.raw_path(NAME).touch()
    with pytest.raises(OutsideError, match="empty recording"):
        await archive.publish(NAME, expected_ms=0)
    assert [p for p in (tmp_path / "recordings").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    "name",
    ["", "../x", "a/../../x", "/etc/x", "a//b", ".x", "a/.", "a\0b", "a\\b", "a/ b", "a/b\n"],
)
async def test_no_name_leads_out_of_the_directories(archive: FileArchive, name: str) -> None:
    with pytest.raises(OutsideError, match="is not a name for a recording"):
        archive.raw_path(name)
    with pytest.raises(OutsideError, match="is not a name for a recording"):
        await archive.publish(name, expected_ms=0)


def test_directories_keep_the_group_of_the_spool(archive: FileArchive, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(0o2770)  # as systemd/tmpfiles.d makes it
    before = os.umask(0o007)  # as the unit has it
    try:
        directory = archive.raw_path(NAME).parent
    finally:
        os.umask(before)
    assert directory == tmp_path / "spool" / "2026" / "11" / "24"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o2770


async def test_a_directory_that_cannot_be_made_is_said(
    archive: FileArchive, tmp_path: Path
) -> None:
    archive.raw_path(NAME).write_bytes(samples(500))
    (tmp_path / "recordings").write_bytes(b"in the way")
    with pytest.raises(OutsideError, match=r"cannot write the recording .*Not a directory"):
        await archive.publish(NAME, expected_ms=500)


async def test_the_loop_turns_while_a_long_recording_is_published(archive: FileArchive) -> None:
    archive.raw_path(NAME).write_bytes(b"\0" * (wav.BYTES_PER_S * 600))
    turns = 0
    done = False

    async def count() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(count())
        await archive.publish(NAME, expected_ms=600_000)
        done = True
    assert turns > 100


VICTIM = """
import asyncio, os, signal, sys
from pathlib import Path
from ivrd.adapters.recordings import FileArchive
root, step = Path(sys.argv[1]), sys.argv[2]
def die(*args, **kwargs): os.kill(os.getpid(), signal.SIGKILL)
if step == "copy":
    os.fchmod = die
elif step == "rename":
    Path.replace = die
else:
    Path.unlink = die
archive = FileArchive(root / "spool", root / "recordings", look_every_s=0.01, patience_s=0.1)
asyncio.run(archive.publish(sys.argv[3], expected_ms=500))
"""


@pytest.mark.parametrize("step", ["copy", "rename", "remove"])
async def test_killed_at_any_step_a_final_name_only_ever_holds_a_whole_file(
    archive: FileArchive, tmp_path: Path, step: str
) -> None:
    archive.raw_path(NAME).write_bytes(samples(500))
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, str(tmp_path), step, NAME
    )
    assert await victim.wait() == -9
    final = tmp_path / "recordings" / f"{NAME}.wav"
    assert final.exists() == (step == "remove")
    if final.exists():
        assert final.stat().st_size == wav.HEADER_BYTES + len(samples(500))
    done = await archive.publish(NAME, expected_ms=500)
    assert done.duration_ms == 500
    assert [p.name for p in final.parent.iterdir()] == [final.name]
    assert not archive.raw_path(NAME).exists()


def test_sox_reads_the_header_as_we_mean_it(tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(wav.header(32_000) + bytes(32_000))
    said = subprocess.run(
        ["soxi", file],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout
    for words in (
        "Channels       : 2",
        "Sample Rate    : 8000",
        "Precision      : 16-bit",
        "00:00:01.00",
    ):
        assert words in said


def test_the_beep_is_made_once_and_is_a_whole_file(tmp_path: Path) -> None:
    archive = FileArchive(tmp_path / "spool", tmp_path / "recordings")
    path = archive.beep()
    with wave.open(f"{path}.wav") as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 8000, 2400)
    assert archive.beep() == path
    assert [p.name for p in (tmp_path / "spool").iterdir()] == ["beep.wav"]
