"""What deleting a caller does not reach, found and named: rows that wait, damaged stores, the journal (ADR 106)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivrd.adapters.journal import files
from ivrd.adapters.journal.journal import KEEP
from ivrd.adapters.store.client import CdrStore
from ivrd.adapters.store.spool import DAMAGED
from ivrd.adapters.store.spool import FILE as SPOOL
from ivrd.daemon.snapshots import SNAPSHOT_EVERY_S
from ivrd.errors import OutsideError

#: each generation is replaced by the next within SNAPSHOT_EVERY_S, and goes when so many came after it
GONE_AFTER_H = round((KEEP + 1) * SNAPSHOT_EVERY_S / 3600)


@dataclass(kw_only=True)
class Remains:
    """Lines for the operator."""

    to_do: list[str] = field(default_factory=list)  #: somebody has to see to it
    going: list[str] = field(default_factory=list)  #: goes by itself

    @classmethod
    def of(cls, numbers: Sequence[str], outside: Sequence[str], state: Path, store: CdrStore) -> Remains:
        """Of a number in all its spellings; ``outside``: those that may stand as dialled. OutsideError when a file cannot be read."""
        found = cls()
        try:
            found._spool(numbers, outside, state / SPOOL, "which the store has not taken yet; run this again when it has")
            found._spool(numbers, outside, state / DAMAGED, "set aside because they could not be read; delete those lines, or the file")
            found.to_do += [f"not looked into: {path}: a damaged store; recover and delete there, or delete the file" for path in store.set_aside_before()]
            found._journal(numbers, state)
        except OSError as exc:
            raise OutsideError(f"cannot look for what is left of the number: {exc}") from exc
        return found

    def _spool(self, numbers: Sequence[str], outside: Sequence[str], path: Path, what: str) -> None:
        lines = path.read_bytes().splitlines() if path.exists() else []
        rows = sum(_holds(line, numbers, outside) for line in lines)
        if rows:
            self.to_do.append(f"kept: {rows} rows in {path}, {what}")

    def _journal(self, numbers: Sequence[str], state: Path) -> None:
        journals = [p for g in files.generations(state, "journal") if _in(p := files.journal_path(state, g), numbers)]
        snapshots = files.generations(state, "snapshot")
        older = [p for g in snapshots[:-1] if _in(p := files.snapshot_path(state, g), numbers)]
        if names := ", ".join(path.name for path in (*journals, *older)):
            self.going.append(f"still in {state}: {names}; gone when ivrd has run for another {GONE_AFTER_H} hours")
        if snapshots and _in(files.snapshot_path(state, snapshots[-1]), numbers):
            self.going.append(
                "still remembered by ivrd: a call of the number, a guard's count (`guards.window_s`), whom it talked to last (`affinity.days`) "
                "a promise to call back, or a message that waits for its mailbox (a day); gone when that is over, and from the journal so many hours after that"
            )


def _holds(line: bytes, numbers: Collection[str], outside: Collection[str]) -> bool:
    try:
        row = json.loads(line)["cdr"]
        return row["caller_number"] in numbers or row.get("dialled", "") in outside
    except (ValueError, KeyError, TypeError, AttributeError):
        return any(number.encode() in line for number in numbers)


def _in(path: Path, numbers: Iterable[str]) -> bool:
    """Between quotes, as JSON has it: a longer number that holds this one is another."""
    text = path.read_bytes()
    return any(b'"%s"' % number.encode() in text for number in numbers)
