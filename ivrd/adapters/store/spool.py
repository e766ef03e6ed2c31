"""Rows that the store does not take now, on disk in their order: one line of JSON each (ADR 71).

A line from which no row can be made (a disk's damage, or a newer version's after a downgrade) holds up no other: it is kept in a file beside.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_type_hints

from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr, Disposition
from ivrd.errors import StoreError

FILE = "rows.spool"
DAMAGED = f"{FILE}.damaged"  #: beside it
_CDR = get_type_hints(Cdr)
_DECISION = frozenset(f.name for f in fields(Decision))

Row = tuple[Cdr, list[Decision]]
Line = tuple[bytes, Row | None]
"""As it stands in the file, and what it says; None: nothing that could be read."""


class RowSpool:
    """A file in ``directory``. All methods block, as long as the disk does; one caller at a time.

    What was stored is only forgotten when all of it was: a process that is killed while it drains begins again at
    the first row, and storing a row twice leaves one.
    """

    def __init__(self, directory: Path) -> None:
        self.path, self.damaged = directory / FILE, directory / DAMAGED
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

    def first(self, most: int) -> list[Line]:
        """The oldest lines, ``most`` of them. StoreError."""
        with self._translated(), self.path.open("rb") as file:
            file.seek(self._done)
            return [(line, _row(line)) for _, line in zip(range(min(most, self.rows)), file, strict=False)]

    def forget(self, lines: Sequence[bytes], unfit: Sequence[bytes] = ()) -> None:
        """The oldest ``lines`` are in the store; but those that are ``unfit`` for it are kept in ``damaged``. StoreError."""
        with self._translated():
            if unfit:
                self._keep(unfit)
            if len(lines) >= self.rows:
                os.truncate(self.path, 0)
                self.rows = self._done = self._size = 0
                return
        self.rows -= len(lines)
        self._done += sum(map(len, lines))

    def _keep(self, unfit: Sequence[bytes]) -> None:
        """Each once: a process that is killed while it drains comes here again."""
        with open(os.open(self.damaged, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
            *before, torn = file.read().split(b"\n")
            file.write((b"\n" if torn else b"") + b"".join(line for line in unfit if line[:-1] not in before))
            file.flush()
            os.fsync(file.fileno())

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


def _row(line: bytes) -> Row | None:
    """What a line says; fields of a newer version are left out. None: nothing that is a row."""
    try:
        values = json.loads(line)
        cdr = {k: v for k, v in values["cdr"].items() if k in _CDR}
        cdr["disposition"] = Disposition(cdr["disposition"])
        row = Cdr(**cdr), [Decision(**{k: v for k, v in d.items() if k in _DECISION}) for d in values["why"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return row if all(_is_a(value, _CDR[name]) for name, value in cdr.items()) else None


def _is_a(value: object, kind: Any) -> bool:
    """A store would refuse another one for ever; JSON has no difference between 1 and 1.0."""
    return isinstance(value, kind) or (type(value) in (int, float) and (isinstance(0, kind) or isinstance(0.0, kind)))
