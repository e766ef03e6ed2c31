"""Appends events, starts generations, keeps the directory to itself.

A killed process loses nothing: the kernel has a line as soon as ``append`` returns. A power cut
may lose the last ``fsync_every_s``: a thread syncs, because a disk can take tens of milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from pathlib import Path

from ivrd.adapters.journal import files
from ivrd.adapters.journal.codec import encode
from ivrd.adapters.journal.lock import StateLock
from ivrd.core.events import Event
from ivrd.errors import OutsideError, StartError

#: generations beside the present one
KEEP = 10


class FileJournal:
    """ports.Journal on files in ``directory``.

    ``load`` first, then ``open``, then ``append`` and ``write_snapshot``, at the end ``close``.
    One event loop's thread calls all of them.
    """

    def __init__(self, directory: Path, *, keep: int = KEEP, fsync_every_s: float = 0.2) -> None:
        self.notes: list[str] = []  #: what ``load`` had to leave out, in words for the log
        self.served_before = False  #: ``load`` found what another process left
        self.size_bytes = 0  #: of the present journal file
        self.lock = StateLock(directory)
        self._directory = directory
        self._keep = keep
        self._generation = 1
        self._file = -1
        self._syncer = _Syncer(fsync_every_s)

    # --- life

    def load(self) -> tuple[bytes | None, list[Event]]:
        """The newest whole snapshot (None at the first start) and all events after it.

        Takes the directory for this process. Raises StartError when another ivrd has it, and
        OutsideError when it cannot be read.
        """
        try:
            self._take_directory()
            return self._read()
        except OSError as exc:
            raise OutsideError(f"cannot read the journal: {exc}") from exc

    def open(self) -> None:
        """Go on with the newest journal, or begin the first. Raises OutsideError."""
        try:
            self._open_generation(self._generation)
        except OSError as exc:
            raise OutsideError(f"cannot write the journal: {exc}") from exc
        self._syncer.switch(-1, self._file)
        self._syncer.start()

    def close(self) -> None:
        """Sync and let go of the directory; harmless twice."""
        self._syncer.stop()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self.lock.release()

    @property
    def generation(self) -> int:
        """The number of the present journal: it only rises, also from leader to leader."""
        return self._generation

    # --- every event

    def append(self, event: Event) -> None:
        """Write one event; when this returns, a killed process does not lose it.

        Raises OutsideError when the disk is full or gone; the file then ends at a whole line.
        """
        line = encode(event)
        try:
            written = os.write(self._file, line)
        except OSError as exc:
            raise self._cannot_append(exc.strerror or str(exc)) from exc
        if written != len(line):
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size_bytes)
            raise self._cannot_append("the disk took half a line")
        self.size_bytes += written
        self._syncer.dirty()

    # --- generations

    async def write_snapshot(self, state: bytes) -> None:
        """Begin a generation with ``state``, which must hold all events appended until now.

        Events may be appended while this is awaited: they go to the new journal, which is begun
        first. Until the snapshot stands, ``load`` finds the old one and both journals.
        """
        generation = self._begin_generation()
        await asyncio.to_thread(self._finish_generation, generation, state)

    def write_snapshot_now(self, state: bytes) -> None:
        """The same, blocking: for the end of the process."""
        self._finish_generation(self._begin_generation(), state)

    def _begin_generation(self) -> int:
        generation = self._generation + 1
        old = self._file
        try:
            self._open_generation(generation)
        except OSError as exc:
            raise OutsideError(f"cannot begin journal {generation}: {exc}") from exc
        self._generation = generation
        self._syncer.switch(old, self._file)
        return generation

    def _finish_generation(self, generation: int, state: bytes) -> None:
        """Put the snapshot under its name in one step, then forget old generations."""
        final = files.snapshot_path(self._directory, generation)
        part = final.with_suffix(".part")
        try:
            with part.open("wb") as out:
                out.write(files.snapshot_bytes(generation, state))
                out.flush()
                os.fsync(out.fileno())
            part.replace(final)
            _sync_directory(self._directory)
            self._forget_before(generation - self._keep)
        except OSError as exc:
            with contextlib.suppress(OSError):  # half of one would take the room that calls need, at each try another
                part.unlink(missing_ok=True)
            raise OutsideError(f"cannot write the snapshot {final}: {exc}") from exc

    def _forget_before(self, oldest: int) -> None:
        for kind, path in (("journal", files.journal_path), ("snapshot", files.snapshot_path)):
            for generation in files.generations(self._directory, kind):
                if generation < oldest:
                    path(self._directory, generation).unlink(missing_ok=True)

    # --- helpers

    def _take_directory(self) -> None:
        if not self.lock.take():
            raise StartError(
                f"another ivrd runs with the state directory {self._directory}: stop it first, start this one with "
                "--standby to wait for its end, or give it its own paths.state in config/ivrd.yaml"
            )

    def _read(self) -> tuple[bytes | None, list[Event]]:
        snapshot, first = self._newest_snapshot()
        journals = [g for g in files.generations(self._directory, "journal") if g >= first]
        self._generation = max([first, *journals])
        missing = sorted(set(range(first, self._generation)) - set(journals))
        if missing:
            raise OutsideError(
                f"{files.journal_path(self._directory, missing[0])} is missing, but newer "
                "journals are there: put it back, or move all of them away"
            )
        events: list[Event] = []
        for generation in journals:
            path = files.journal_path(self._directory, generation)
            read = files.read_journal(path, last=generation == self._generation)
            events += read.events
            if read.note:
                self.notes.append(read.note)
                os.truncate(path, read.whole_bytes)
        return snapshot, events

    def _newest_snapshot(self) -> tuple[bytes | None, int]:
        for generation in reversed(files.generations(self._directory, "snapshot")):
            path = files.snapshot_path(self._directory, generation)
            state = files.read_snapshot(path)
            self.served_before = True
            if state is not None:
                return state, generation
            self.notes.append(f"{path}: not whole, went back to the one before")
        return None, 1

    def _open_generation(self, generation: int) -> None:
        path = files.journal_path(self._directory, generation)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        file = os.open(path, flags, 0o600)
        size = os.fstat(file).st_size
        if size == 0:
            try:
                size = os.write(file, files.journal_header(generation))
                _sync_directory(self._directory)
            except OSError:
                os.close(file)  # it will be tried again and again
                raise
        self._file, self.size_bytes = file, size

    def _cannot_append(self, why: str) -> OutsideError:
        path = files.journal_path(self._directory, self._generation)
        return OutsideError(f"cannot write to {path}: {why}. Free some space: calls go on, but a restart would not know of them")


class _Syncer:
    """A thread that syncs the present file at most every ``every_s``, off the loop."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._file = -1
        self._retired: list[int] = []
        self._guard = threading.Lock()
        self._dirty = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.syncs = 0  #: how often the disk was asked, for tests and the curious

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="journal-fsync", daemon=True)
        self._thread.start()

    def dirty(self) -> None:
        if not self._dirty.is_set():
            self._dirty.set()

    def switch(self, old: int, new: int) -> None:
        """``new`` is written from now on; ``old`` (when not -1) is synced once more and closed."""
        with self._guard:
            self._file = new
            if old >= 0:
                self._retired.append(old)
        self._dirty.set()

    def stop(self) -> None:
        if self._thread is None:
            return
        self._stopping.set()
        self._dirty.set()
        self._thread.join()
        self._thread = None
        self._sync()
        self._file = -1

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._dirty.wait()
            self._sync()
            self._stopping.wait(self._every_s)

    def _sync(self) -> None:
        self._dirty.clear()
        with self._guard:
            file, retired, self._retired = self._file, self._retired, []
        for each in (*retired, file):
            if each >= 0:
                with contextlib.suppress(OSError):  # append meets the same disk and says so
                    os.fsync(each)
                self.syncs += 1
        for each in retired:
            os.close(each)


def _sync_directory(directory: Path) -> None:
    """Make names durable: a rename is only on disk when its directory is."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
