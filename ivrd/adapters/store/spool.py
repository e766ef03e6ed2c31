"""Rows that the store does not take now, on disk in their order: one line of JSON each (ADR 71)."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr, Disposition
from ivrd.errors import StoreError

FILE = "rows.spool"
_CDR = frozenset(f.name for f in fields(Cdr))
_DECISION = frozenset(f.name for f in fields(Decision))

Row = tuple[Cdr, list[Decision]]


class RowSpool:
    """A file in ``directory``. All methods block, as long as the disk does; one caller at a time.

    What was stored is only forgotten when all of it was: a process that is killed while it drains begins again at
    the first row, and storing a row twice leaves one.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self.rows = 0  #: waiting
        self._done = 0  #: bytes of rows that the store has
        self._size = 0

    def open(self) -> None:
        """Count what the last process left. StoreError."""
        with self._translated():
            if not self.path.exists():
                return
            whole = self.path.read_bytes().rpartition(b"\n")[0]
            self._size = len(whole) + 1 if whole else 0
            os.truncate(self.path, self._size)  # a row that was cut off is still in the journal
            self.rows = whole.count(b"\n") + 1 if whole else 0

    def append(self, cdr: Cdr, why: Sequence[Decision]) -> None:
        """When this returns the row is on disk. StoreError when it is not; then there is nothing of it."""
        line = json.dumps({"cdr": asdict(cdr), "why": [asdict(d) for d in why]}, separators=(",", ":")).encode() + b"\n"
        with self._translated():
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self._write(file, line)
            finally:
                os.close(file)
        self._size += len(line)
        self.rows += 1

    def _write(self, file: int, line: bytes) -> None:
        try:
            if os.pwrite(file, line, self._size) != len(line):
                raise OSError(28, "the disk took half a row")
            os.fsync(file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file, self._size)
            raise

    def first(self, most: int) -> tuple[list[Row], int]:
        """The oldest rows, ``most`` of them, and how many bytes they are. StoreError."""
        with self._translated(), self.path.open("rb") as file:
            file.seek(self._done)
            lines = [line for _, line in zip(range(min(most, self.rows)), file, strict=False)]
        return [_row(line) for line in lines], sum(map(len, lines))

    def forget(self, rows: int, size: int) -> None:
        """The oldest ``rows``, of ``size`` bytes, are in the store. StoreError."""
        self.rows -= rows
        self._done += size
        if self.rows == 0:
            with self._translated():
                os.truncate(self.path, 0)
            self._done = self._size = 0

    def holds(self, call: str) -> bool:
        """Whether a row of the call waits. StoreError."""
        needle = json.dumps({"call": call}, separators=(",", ":"))[1:-1].encode()
        with self._translated(), self.path.open("rb") as file:
            file.seek(self._done)
            return any(needle in line for line in file)

    @contextlib.contextmanager
    def _translated(self) -> Any:
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise StoreError(f"the spool of rows {self.path}: {exc}") from exc


def _row(line: bytes) -> Row:
    """What a line says; fields of a newer version are left out."""
    values = json.loads(line)
    cdr = {k: v for k, v in values["cdr"].items() if k in _CDR}
    cdr["disposition"] = Disposition(cdr["disposition"])
    return Cdr(**cdr), [Decision(**{k: v for k, v in d.items() if k in _DECISION}) for d in values["why"]]
