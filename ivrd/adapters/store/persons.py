"""All that the store knows of one caller, and forgetting it (law 27/2022: the right to a copy, and to deletion)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from ivrd.adapters.store.batches import batches
from ivrd.adapters.store.rows import utc
from ivrd.adapters.store.schema import callbacks, cdr, voicemails

#: table -> the column with the caller's number, the column with the time
_TABLES: Mapping[str, tuple[Table, str, str]] = {
    "calls": (cdr, "caller_number", "ended_utc"),
    "callbacks": (callbacks, "number", "requested_utc"),
    "voicemails": (voicemails, "caller_number", "left_utc"),
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Rows as they are, by table, oldest first."""

    calls: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    callbacks: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    voicemails: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    dialled: Sequence[Mapping[str, Any]] = field(default_factory=tuple)  #: calls of others that led to the number: theirs, but for that


def find(connection: Connection, numbers: Collection[str], outside: Collection[str] = ()) -> Person:
    """All rows of a caller, under whichever of ``numbers`` they stand.

    ``outside``: those of them that are nobody's extension here; whom a flow dialled, or an agent gave a caller to, is looked for by these.
    """
    found = {}
    for name, (table, number, time) in _TABLES.items():
        wanted = select(table).where(table.c[number].in_(numbers)).order_by(table.c[time])
        found[name] = [dict(row) for row in connection.execute(wanted).mappings()]
    led = select(cdr).where(cdr.c.dialled.in_(outside)).order_by(cdr.c.ended_utc)
    found["dialled"] = [dict(row) for row in connection.execute(led).mappings()]
    return Person(**found)


def forget(
    connection: Connection, numbers: Collection[str], alias: str, before: float, outside: Collection[str] = ()
) -> dict[str, int]:
    """Put ``alias`` for the number in every row from before ``before``, take the name out; rows by table.

    What counts calls, waits and talks stays; what tells whose they were does not.
    """
    changed = {}
    for name, (table, number, time) in _TABLES.items():
        values: dict[str, Any] = {number: alias}
        if name == "calls":
            values |= {"caller_name": ""}
        elif name == "callbacks":
            # who is deleted is not called back; the note is somebody's words about the caller
            values |= {"done_note": "", "done_utc": func.coalesce(table.c.done_utc, utc(before))}
            values |= {"done_local": func.coalesce(table.c.done_local, "")}
        old = (table.c[number].in_(numbers)) & (table.c[time] < utc(before))
        changed[name] = connection.execute(update(table).where(old).values(values)).rowcount
    led = cdr.c.dialled.in_(outside) & (cdr.c.ended_utc < utc(before))
    changed["dialled"] = connection.execute(update(cdr).where(led).values(dialled=alias)).rowcount
    return changed


def recordings_gone(connection: Connection, paths: Collection[str], note: str) -> int:
    """The files were deleted: rows say so, and keep the checksum of what there was."""
    changed = 0
    for batch in batches(paths):
        gone = update(cdr).where(cdr.c.recording.in_(batch)).values(recording="", recording_note=note)
        changed += connection.execute(gone).rowcount
    return changed + _earlier_gone(connection, set(paths), note)


def _earlier_gone(connection: Connection, paths: set[str], note: str) -> int:
    """The same of talks before the last one of a call, of which there are few."""
    changed, c = 0, cdr.c
    wanted = select(c.call, c.earlier_recordings, c.recording_note).where(c.earlier_recordings != "")
    for call, earlier, said in connection.execute(wanted).all() if paths else ():
        left = [path for path in earlier.split(",") if path not in paths]
        if len(left) < len(earlier.split(",")):
            words = said if note in said else "; ".join(filter(None, (said, note)))
            values = {"earlier_recordings": ",".join(left), "recording_note": words}
            changed += connection.execute(update(cdr).where(c.call == call).values(values)).rowcount
    return changed


def settled(rows: Sequence[Mapping[str, Any]], before: float) -> list[Mapping[str, Any]]:
    """Those that the daemon will not write again (a call's row is written once more at the end of wrap-up)."""
    return [row for row in rows if next(row[time] for _, _, time in _TABLES.values() if time in row) < utc(before)]
