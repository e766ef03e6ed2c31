"""The table of messages that callers left."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, insert, select

from ivrd.adapters.store.rows import moment
from ivrd.adapters.store.schema import voicemails
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
        "duration_ms": letter.duration_ms, "path": path,
    }  # fmt: skip
    connection.execute(insert(voicemails).values(row))
