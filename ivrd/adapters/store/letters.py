"""The table of messages that callers left, and how a row says that its file is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, insert, select, update

from ivrd.adapters.store.batches import batches
from ivrd.adapters.store.rows import moment
from ivrd.adapters.store.schema import cdr, voicemails
from ivrd.ports import Letter


def keep(connection: Connection, letter: Letter, path: str, zone: dt.tzinfo) -> None:
    """Add the message; one that is there already stays as it is."""
    table = voicemails.c
    if connection.execute(select(table.message).where(table.message == letter.message)).first():
        return
    left_utc, left_local = moment(letter.left_at, zone)
    row = {
        "message": letter.message, "call": letter.call, "box": letter.box, "caller_number": letter.number,
        "language": letter.language, "left_utc": left_utc, "left_local": left_local,
        "duration_ms": letter.duration_ms, "path": path, "note": "",
    }  # fmt: skip
    connection.execute(insert(voicemails).values(row))


def of_call(connection: Connection, call: str) -> Sequence[str]:
    """Paths of the messages that a call left and that are still there, oldest first."""
    table = voicemails.c
    wanted = select(table.path).where((table.call == call) & (table.path != "")).order_by(table.left_utc)
    return connection.execute(wanted).scalars().all()


def past(connection: Connection, before: str) -> Sequence[str]:
    """Paths of messages that were left on a local day before ``before`` (2026-11-24) and are still there."""
    table = voicemails.c
    wanted = select(table.path).where((table.left_local < before) & (table.path != "")).order_by(table.left_utc)
    return connection.execute(wanted).scalars().all()


def gone(connection: Connection, paths: Collection[str], note: str) -> None:
    """The files were deleted, and why: their rows say so, and those of their calls lead nowhere any more."""
    for batch in batches(paths):
        connection.execute(update(cdr).where(cdr.c.voicemail.in_(batch)).values(voicemail=""))
        connection.execute(update(voicemails).where(voicemails.c.path.in_(batch)).values(path="", note=note))
