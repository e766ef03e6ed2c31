"""Sealed recordings: what comes out is what went in, or an error; without its key nothing comes out."""

from __future__ import annotations

import hashlib
import io
import stat
from pathlib import Path

import pytest

from ivrd.adapters.recordings import FileArchive, KeyRing, Shelf, call_of, sealing, wav
from ivrd.errors import OutsideError

NAME = "2026/11/24/1764.12"
KEY = bytes(range(32))
SIZES = [0, 1, sealing.CHUNK_BYTES - 1, sealing.CHUNK_BYTES, sealing.CHUNK_BYTES + 1, 3 * sealing.CHUNK_BYTES]


def sealed(plain: bytes) -> bytes:
    out = io.BytesIO()
    writer = sealing.Sealing(out, "2026-11-24", KEY)
    for at in range(0, len(plain), 1000):
        writer.write(plain[at : at + 1000])
    writer.close()
    return out.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO(data)
    return b"".join(sealing.unsealed(file, sealing.file_key(key, sealing.salt_of(file))))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_out_again(size: int) -> None:
    plain = bytes(n % 251 for n in range(size))
    data = sealed(plain)
    assert opened(data) == plain
    assert sealing.plain_bytes(len(data)) == size
    assert size < 16 or plain[:16] not in data


def test_the_same_file_twice_looks_different() -> None:
    assert sealed(b"x" * 100) != sealed(b"x" * 100)


@pytest.mark.parametrize("change", ["bit", "cut at a chunk", "cut anywhere", "swapped", "repeated", "header", "key"])
def test_a_changed_file_is_noticed(change: str) -> None:
    data, step = sealed(bytes(3 * sealing.CHUNK_BYTES)), sealing.CHUNK_BYTES + 16
    head, one, two, three = data[:34], *(data[34 + n * step : 34 + (n + 1) * step] for n in range(3))
    spoilt = {
        "bit": data[:500] + bytes([data[500] ^ 1]) + data[501:],
        "cut at a chunk": head + one + two,
        "cut anywhere": data[:-100],
        "swapped": head + two + one + three,
        "repeated": head + one + one + three,
        "header": data[:10] + b"1" + data[11:],
        "key": data,
    }[change]
    with pytest.raises(OutsideError, match="is not what was sealed"):
        opened(spoilt, bytes(32) if change == "key" else KEY)


def test_anything_else_is_not_taken_for_a_recording() -> None:
    for data in (b"", b"RIFF" + bytes(100), b"IVRDSEA1"):
        with pytest.raises(OutsideError, match="not a sealed recording"):
            opened(data)


# --- published, read, held, deleted


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


@pytest.fixture
def archive(tmp_path: Path, keys: KeyRing) -> FileArchive:
    return FileArchive(tmp_path / "spool", tmp_path / "recordings", keys=keys, look_every_s=0.01, patience_s=0.1)


@pytest.fixture
def shelf(tmp_path: Path, keys: KeyRing) -> Shelf:
    return Shelf(tmp_path / "recordings", keys)


async def published(archive: FileArchive, name: str = NAME) -> str:
    archive.raw_path(name).write_bytes(b"\x01\x02\x03\x04" * 4000)
    return (await archive.publish(name, expected_ms=500)).path


async def test_published_sealed_and_read_as_a_wav_file(archive: FileArchive, shelf: Shelf, tmp_path: Path) -> None:
    archive.raw_path(NAME).write_bytes(b"\x01\x02\x03\x04" * 4000)
    done = await archive.publish(NAME, expected_ms=500)
    file = tmp_path / "recordings" / done.path
    assert done.path == f"{NAME}.wav.sealed"
    assert done.duration_ms == 500
    assert done.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert b"\x01\x02\x03\x04\x01\x02\x03\x04" not in file.read_bytes()
    assert b"".join(shelf.read(done.path)) == wav.header(16_000) + b"\x01\x02\x03\x04" * 4000
    assert [p.name for p in file.parent.iterdir()] == [file.name]
    archive.raw_path(NAME).write_bytes(b"\x01\x02\x03\x04" * 4000)  # killed before it was removed
    assert await archive.publish(NAME, expected_ms=500) == done
    assert not archive.raw_path(NAME).exists()


async def test_keys_are_private_and_one_a_day(archive: FileArchive, keys: KeyRing) -> None:
    await published(archive)
    await published(archive, "2026/11/24/1764.13")
    await published(archive, "2026/11/25/1764.14")
    assert keys.days() == ["2026-11-24", "2026-11-25"]
    assert keys.find("2026-11-24") != keys.find("2026-11-25")
    assert stat.S_IMODE(keys.directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in keys.directory.iterdir()} == {0o600}


async def test_what_was_published_plain_before_stays_the_answer(archive: FileArchive, tmp_path: Path) -> None:
    plain = FileArchive(tmp_path / "spool", tmp_path / "recordings", look_every_s=0.01, patience_s=0.1)
    path = await published(plain)
    archive.raw_path(NAME).write_bytes(b"\0" * 16000)
    assert (await archive.publish(NAME, expected_ms=500)).path == path == f"{NAME}.wav"


async def test_a_destroyed_key_takes_the_day_along(archive: FileArchive, keys: KeyRing, shelf: Shelf) -> None:
    path, other = await published(archive), await published(archive, "2026/11/25/1764.14")
    keys.destroy("2026-11-24")
    with pytest.raises(OutsideError, match="destroyed at the end of retention"):
        list(shelf.read(path))
    assert list(shelf.read(other))


async def test_the_purge_takes_old_days_and_leaves_what_is_held(archive: FileArchive, keys: KeyRing, shelf: Shelf, tmp_path: Path) -> None:
    old = [await published(archive, f"2026/11/{day}/1764.{day}") for day in (22, 23)]
    held, new = await published(archive, "2026/11/23/1764.99"), await published(archive)
    shelf.hold(held, "police, 24/2026", "2026-11-24T00:00:00Z")
    told = shelf.purge("2026-11-24", only_tell=True)
    assert (told.files, told.held, told.keys) == (old, [held], ["2026-11-22", "2026-11-23"])
    assert shelf.purge("2026-11-24") == told
    assert keys.days() == ["2026-11-24"]
    left = sorted(p.relative_to(tmp_path / "recordings").as_posix() for p in (tmp_path / "recordings").rglob("*") if p.is_file())
    assert left == [held, new]
    assert not (tmp_path / "recordings" / "2026" / "11" / "22").exists()
    assert b"".join(shelf.read(held))[:4] == b"RIFF"  # its day's key is gone, its own is not
    with pytest.raises(OutsideError, match="legal hold since 2026-11-24"):
        shelf.erase(held)
    keys.release(call_of(held))
    shelf.erase(held)
    with pytest.raises(OutsideError, match="not there"):
        list(shelf.read(held))
    assert keys.holds() == []


async def test_one_recording_can_be_erased_for_good(archive: FileArchive, shelf: Shelf, tmp_path: Path) -> None:
    path, other = await published(archive), await published(archive, "2026/11/24/1764.13")
    copy = tmp_path / "hard-link"  # whatever still points at the bytes cannot make the key again
    copy.hardlink_to(tmp_path / "recordings" / path)
    shelf.erase(path)
    shelf.erase(path)
    (tmp_path / "recordings" / path).hardlink_to(copy)
    with pytest.raises(OutsideError, match="not what was sealed"):
        list(shelf.read(path))
    assert list(shelf.read(other))


def test_nothing_but_recordings_is_touched(shelf: Shelf) -> None:
    for path in ("../keys/2026-11-24.key", "/etc/passwd", "2026/11/24/x", "2026/11/24/../../x.wav"):
        with pytest.raises(OutsideError, match="is not a recording's path"):
            shelf.erase(path)


def test_a_directory_that_everybody_may_look_into_is_refused(keys: KeyRing) -> None:
    keys.directory.mkdir()
    keys.directory.chmod(0o755)
    with pytest.raises(OutsideError, match="chmod o-rwx"):
        keys.of_day("2026-11-24")
