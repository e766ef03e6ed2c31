"""The lock on the state directory: whoever has it leads.

It is the kernel's (flock): it ends with the process that has it, never before and never later. So there is no
moment with two leaders, and none after a crash in which nobody can lead.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from ivrd.errors import OutsideError

FILE = "lock"
_FLOCK = "hhqqi4x"  #: struct flock of fcntl(2): type, whence, start, length, process


@dataclass(frozen=True, kw_only=True)
class Beat:
    """A sign of life of the leader: another one than before, that is all it tells."""

    pid: int
    mtime_ns: int


class StateLock:
    """The lock on ``directory``, for this process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.left_at = 0.0  #: the last sign of life of whoever had it before us, once we have it; seconds since the epoch
        self._file = -1

    @property
    def held(self) -> bool:
        """Whether we have it."""
        return self._file >= 0

    def take(self) -> bool:
        """Have it from now on, until ``release`` or the process's end; False when another process has it. OSError."""
        if self.held:
            return True
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self.directory / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.left_at = os.fstat(file).st_mtime
            # for `ivrd reload`; true as long as the lock is held. In place: a full disk has room for that
            os.ftruncate(file, os.pwrite(file, b"%d\n" % os.getpid(), 0))
        except BlockingIOError:
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        self._file = file
        with contextlib.suppress(OSError):  # of this kind of lock the kernel tells who has it; see ``proven``
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True

    def release(self) -> None:
        """Let go; harmless twice."""
        if self.held:
            os.close(self._file)
            self._file = -1

    def beat(self) -> None:
        """A sign of life, for who waits. OSError."""
        os.utime(self._file)

    def is_lost(self) -> bool:
        """Whether the file was removed or replaced: then somebody else may have taken the one that is there now."""
        try:
            return not os.path.samestat(os.stat(self.directory / FILE), os.fstat(self._file))
        except FileNotFoundError:
            return True
        except OSError:  # a disk that fails says nothing of it, and is no reason to stop
            return False

    def seen(self) -> Beat | None:
        """The newest sign of life of the one who has it; None when it cannot be told. Not for the leader itself."""
        try:
            with (self.directory / FILE).open("rb") as file:
                text, stat = file.read(32).strip(), os.fstat(file.fileno())
        except OSError:
            return None
        return Beat(pid=int(text), mtime_ns=stat.st_mtime_ns) if text.isdigit() else None

    def proven(self) -> int:
        """Process id of the one that leads, as the kernel counts here; 0 when it runs elsewhere (container, machine). OSError."""
        file = os.open(self.directory / FILE, os.O_RDWR | os.O_CLOEXEC)
        try:
            asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
        finally:
            os.close(file)
        return max(0, pid) if kind != fcntl.F_UNLCK else 0


def holder(directory: Path) -> int | None:
    """Process id of the ivrd that runs with ``directory``; None when none does. OutsideError when nobody may know."""
    try:
        lock = os.open(directory / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise OutsideError(f"{directory}: {exc.strerror}: ask as the user that ivrd runs as") from exc
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(lock, 32).strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(lock)
    return None
