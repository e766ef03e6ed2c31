"""Publishes recordings: wait until Asterisk has written all, copy under a temporary name, rename.

A file under its final name is whole, on disk, and will not change. Killed at any instant, the raw
file is still there and publishing again gives the same samples. Its time is that of the last sample. With keys the file is sealed (sealing.py);
its SHA-256 is then that of the sealed file, which is what lies there to be checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ivrd.adapters.recordings import sealing, wav
from ivrd.adapters.recordings.keyring import KeyRing, sync_directory
from ivrd.errors import OutsideError
from ivrd.ports import Published

LOOK_EVERY_S = 0.1  #: twice Asterisk's 20 ms frames and its writer's buffer, with room
PATIENCE_S = 3.0  #: after this the file is taken as it is
SLACK_MS = 300  #: what a recording may be shorter than the talk: start and stop take their time

_CHUNK_BYTES = 1 << 18
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]*")


class FileArchive:
    """ports.RecordingArchive on directories: ``spool`` (raw, shared with Asterisk), ``recordings``."""

    def __init__(
        self,
        spool: Path,
        recordings: Path,
        *,
        keys: KeyRing | None = None,
        look_every_s: float = LOOK_EVERY_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """``keys``: recordings are sealed with the key of their day; None: they are plain WAV files."""
        self._keys = keys
        self._spool = spool
        self._recordings = recordings
        self._look_every_s = look_every_s
        self._patience_s = patience_s

    def raw_path(self, name: str) -> Path:
        """Where Asterisk is to write the recording ``name`` (YYYY/MM/DD/<call>); makes directories."""
        path = _below(self._spool, name, ".raw")
        with _translated(path):
            _make_directories(path.parent)
        return path

    def beep(self) -> Path:
        """The tone after which a caller speaks, without suffix; made when it is not there."""
        path = self._spool / "beep"
        target = path.with_suffix(".wav")
        with _translated(target):
            if not target.exists():
                _make_directories(target.parent)
                part = target.with_name(f".{target.name}.part")
                part.write_bytes(wav.beep())
                part.replace(target)
        return path.absolute()

    async def publish(self, name: str, expected_ms: int) -> Published:
        """Wait until the raw file is whole, publish it; OutsideError when there is none.

        Publishing twice gives the same answer. A file much shorter than ``expected_ms``, or one that
        is still written to after three seconds, is published with a note.
        """
        raw = _below(self._spool, name, ".raw")
        final = _below(self._recordings, name, ".wav" if self._keys is None else ".wav" + sealing.SUFFIX)
        with _translated(final):
            for before in (final, _below(self._recordings, name, ".wav")):  # published, then told to seal
                if before.exists():
                    return await asyncio.to_thread(self._published_before, raw, before)
            whole = await self._wait_whole(raw, expected_ms)
            return await asyncio.to_thread(self._publish, raw, final, expected_ms, whole)

    async def _wait_whole(self, raw: Path, expected_ms: int) -> bool:
        """True when the size stood still and is about what it should be, False after the patience."""
        enough = (expected_ms - SLACK_MS) * wav.BYTES_PER_S // 1000
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._patience_s
        before = -1
        while True:
            size = _size(raw)
            if size == before and size > 0 and size >= enough:
                return True
            if loop.time() >= give_up_at:
                return size == before
            before = size
            await asyncio.sleep(self._look_every_s)

    def _publish(self, raw: Path, final: Path, expected_ms: int, whole: bool) -> Published:
        if not raw.exists():
            raise OutsideError(f"Asterisk wrote no recording: {raw} is not there")
        _make_directories(final.parent)
        part = final.with_name(f".{final.name}.part")
        try:
            digest, data_bytes = _copy(raw, part, self._keys)
        except OSError:  # a full disk: the raw file stays, half a copy must not
            part.unlink(missing_ok=True)
            raise
        if data_bytes == 0:
            part.unlink()
            raise OutsideError(f"Asterisk wrote an empty recording: {raw}")
        ended_ns = raw.stat().st_mtime_ns
        os.utime(part, ns=(ended_ns, ended_ns))  # for who looks at the file, and should we be asked again
        part.replace(final)
        sync_directory(final.parent)
        got_ms = wav.duration_ms(data_bytes)
        return self._result(final, got_ms, digest, _note(got_ms, expected_ms, whole), _removed(raw))

    def _published_before(self, raw: Path, final: Path) -> Published:
        """The answer given once already, before a crash perhaps."""
        digest = hashlib.sha256()
        with final.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        left = _removed(raw)
        size = final.stat().st_size
        plain = sealing.plain_bytes(size) if final.suffix == sealing.SUFFIX else size
        data_bytes = plain - wav.HEADER_BYTES
        return self._result(final, wav.duration_ms(data_bytes), digest.hexdigest(), left)

    def _result(self, final: Path, duration_ms: int, digest: str, *notes: str) -> Published:
        path, note = final.relative_to(self._recordings).as_posix(), "; ".join(filter(None, notes))
        return Published(path=path, duration_ms=duration_ms, sha256=digest, note=note, ended_at=final.stat().st_mtime)


def _below(base: Path, name: str, suffix: str) -> Path:
    """``name`` in ``base``. OutsideError for a name that could lead anywhere else."""
    parts = name.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        raise OutsideError(f"{name!r} is not a name for a recording")
    return base.joinpath(*parts[:-1], parts[-1] + suffix)


def _size(raw: Path) -> int:
    """-1 when it is not there. One stat, no thread: the spool is a local disk."""
    try:
        return raw.stat().st_size
    except FileNotFoundError:
        return -1


def _copy(raw: Path, part: Path, keys: KeyRing | None) -> tuple[str, int]:
    """Write ``part`` (on disk when this returns): its SHA-256, and bytes of samples in it."""
    day = "-".join(part.parts[-4:-1])
    day_key = keys.of_day(day) if keys else b""
    with raw.open("rb") as source, part.open("wb") as file:
        out = _Hashed(file)
        sealing_out = sealing.Sealing(out, day, day_key) if keys else None
        left = data_bytes = os.fstat(source.fileno()).st_size // wav.FRAME_BYTES * wav.FRAME_BYTES
        chunk = wav.header(data_bytes)
        while chunk:
            (sealing_out or out).write(chunk)
            chunk = source.read(min(_CHUNK_BYTES, left))
            left -= len(chunk)
        if sealing_out is not None:
            sealing_out.close()
        file.flush()
        os.fchmod(file.fileno(), 0o640)
        os.fsync(file.fileno())
    return out.digest.hexdigest(), data_bytes


class _Hashed:
    """A file, and the hash of what was written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        self._file.write(data)


def _removed(raw: Path) -> str:
    """Why it is still there (in clear), if it is. The recording is published, and stays so."""
    try:
        raw.unlink(missing_ok=True)
    except OSError as exc:
        return f"its raw audio cannot be removed from the spool: {exc.strerror} ({raw})"
    return ""


def _note(got_ms: int, expected_ms: int, whole: bool) -> str:
    if got_ms < expected_ms - SLACK_MS:
        return f"{(expected_ms - got_ms) / 1000:.1f} s shorter than the talk"
    return "" if whole else "taken while Asterisk still wrote to it"


def _make_directories(directory: Path) -> None:
    """Make ``directory`` and those above it, for owner and group.

    No chmod: below a set-group-id spool (systemd/tmpfiles.d) they inherit Asterisk's group, and the
    unit's UMask lets that group write; a service that may not set such bits cannot break it.
    """
    if directory.is_dir():
        return
    for each in reversed([directory, *directory.parents]):
        if not each.exists():
            with contextlib.suppress(FileExistsError):
                each.mkdir(mode=0o770)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise OutsideError(
            f"cannot write the recording {path}: {exc.strerror} ({exc.filename})"
        ) from exc
