"""Keys of recordings: one a day, in a directory of its own. A key that is destroyed takes all of its day along.

    <keys>/2026-11-24.key           64 hexadecimal digits
    <keys>/held/<call>.json         a recording or message on legal hold, with the key of that one file

Backups of recordings need no care then; backups of the keys must forget as soon as the keys do.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ivrd.adapters.recordings.sealing import KEY_BYTES
from ivrd.errors import OutsideError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CALL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]*")


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A recording or message that must not be deleted."""

    call: str  #: or the talk of a call, or its message: 1764.12.talk-2, 1764.12.message-2
    path: str  #: below the recordings directory; of a message the whole
    reason: str
    since: str  #: ISO 8601, UTC
    key: str = ""  #: of the file, hexadecimal; "" when it is not sealed


class KeyRing:
    """The directory of keys. OutsideError for whatever the disk refuses."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._known: tuple[str, bytes] = ("", b"")  # today's is asked for again and again

    def prepare(self) -> None:
        """Make the directory; refuse one that others may look into."""
        with _translated(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            if stat.S_IMODE(self.directory.stat().st_mode) & stat.S_IRWXO:
                raise OutsideError(f"{self.directory}: everybody on this machine may look at the keys. Run: chmod o-rwx {self.directory}")

    def of_day(self, day: str) -> bytes:
        """The key of ``day`` (2026-11-24), made when there is none yet."""
        if self._known[0] != day or not self._path(day).exists():
            self._known = (day, self.find(day) or self._make(day))
        return self._known[1]

    def find(self, day: str) -> bytes | None:
        """The key of ``day``; None: it was never made, or is destroyed."""
        path = self._path(day)
        with _translated(path):
            try:
                key = bytes.fromhex(path.read_text(encoding="ascii"))
            except FileNotFoundError:
                return None
            except ValueError:
                key = b""
        if len(key) != KEY_BYTES:
            raise OutsideError(f"{path}: is not a key of ours: restore it from a backup")
        return key

    def days(self) -> list[str]:
        """Days that have a key, oldest first."""
        return sorted(path.stem for path in self.directory.glob("*.key") if _DAY.fullmatch(path.stem))

    def destroy(self, day: str) -> None:
        """Overwrite and remove the key: what it sealed is lost for good."""
        self._known = ("", b"")
        wipe(self._path(day), 0, 2 * KEY_BYTES)

    # --- legal hold

    def hold(self, hold: Hold) -> None:
        """From now on the file can be read without its day's key, and is not deleted."""
        path = self._held(hold.call)
        with _translated(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(path, json.dumps(asdict(hold)))

    def held(self, call: str) -> Hold | None:
        """The hold on a call's recording."""
        path = self._held(call)
        with _translated(path):
            try:
                return Hold(**json.loads(path.read_text(encoding="utf-8")))
            except FileNotFoundError:
                return None
            except (ValueError, TypeError):
                raise OutsideError(f"{path}: cannot be read: restore it from a backup") from None

    def holds(self) -> list[Hold]:
        """All there are, by call."""
        calls = sorted(path.stem for path in (self.directory / "held").glob("*.json"))
        return [hold for call in calls if (hold := self.held(call))]

    def release(self, call: str) -> None:
        """The recording is like any other again."""
        path = self._held(call)
        with _translated(path):
            size = path.stat().st_size if path.exists() else 0
        wipe(path, 0, size)

    # --- helpers

    def _make(self, day: str) -> bytes:
        """Two who make it at once get the same: a link never overwrites."""
        self.prepare()
        path = self._path(day)
        with _translated(path):
            handle, part = tempfile.mkstemp(dir=self.directory, prefix=".key-")
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(os.urandom(KEY_BYTES).hex())
                    file.flush()
                    os.fsync(file.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(part, path)
            finally:
                os.unlink(part)
            sync_directory(self.directory)
        key = self.find(day)
        assert key is not None
        return key

    def _path(self, day: str) -> Path:
        if not _DAY.fullmatch(day):
            raise OutsideError(f"{day!r} is not a day")
        return self.directory / f"{day}.key"

    def _held(self, call: str) -> Path:
        if not _CALL.fullmatch(call):
            raise OutsideError(f"{call!r} is not a call's id")
        return self.directory / "held" / f"{call}.json"


def wipe(path: Path, begin: int, count: int) -> None:
    """Overwrite ``count`` bytes from ``begin`` on, then remove the file; harmless when it is gone.

    A disk that writes elsewhere (flash, snapshots) may keep the old bytes for a while: docs/security.md.
    """
    with _translated(path):
        try:
            with path.open("r+b") as file:
                file.seek(begin)
                file.write(os.urandom(count))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            sync_directory(path.parent)
        except FileNotFoundError:
            return


def sync_directory(directory: Path) -> None:
    """What was renamed, linked or removed in it stays so."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(path: Path, text: str) -> None:
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_directory(path.parent)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise OutsideError(f"{exc.filename or path}: {exc.strerror}") from exc
