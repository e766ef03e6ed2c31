"""The table of callback requests: one open row a number and queue."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from ivrd.adapters.store.rows import moment
from ivrd.adapters.store.schema import callbacks
from ivrd.core.state import Callback


@dataclass(frozen=True, kw_only=True)
class KeptCallback:
    """A request as a person sees it."""

    id: str  #: the call that asked first
    queue: str
    number: str
    language: str
    requested_local: str  #: of the first time
    times: int  #: how often the number asked
    done_local: str | None
    done_note: str


def keep(connection: Connection, wish: Callback, zone: dt.tzinfo) -> int:
    """Add the request, or count it with an open one of the same number and queue; how many are open.

    The same call's request twice is one.
    """
    table = callbacks.c
    seen = select(table.id).where((table.last_call == wish.call) & (table.queue == wish.queue))
    if connection.execute(seen).first() is None:
        is_open = (table.number == wish.number) & (table.queue == wish.queue) & table.done_utc.is_(None)
        requested_utc, requested_local = moment(wish.at, zone)
        merged = connection.execute(
            update(callbacks).where(is_open).values(times=table.times + 1, last_call=wish.call)
        )
        if merged.rowcount == 0:
            row = {
                "id": f"{wish.call}/{wish.queue}", "queue": wish.queue, "number": wish.number,
                "language": wish.language, "requested_utc": requested_utc,
                "requested_local": requested_local, "times": 1, "last_call": wish.call, "done_note": "",
            }  # fmt: skip
            connection.execute(insert(callbacks).values(row))
    return open_ones(connection).get(wish.queue, 0)


def open_ones(connection: Connection) -> dict[str, int]:
    """Queue -> open requests; queues without any are left out."""
    table = callbacks.c
    counted = (
        select(table.queue, func.count()).where(table.done_utc.is_(None)).group_by(table.queue)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def find(connection: Connection, queue: str, *, done: bool) -> list[KeptCallback]:
    """Open requests (and with ``done`` all), oldest first; of all queues when ``queue`` is ""."""
    table = callbacks.c
    wanted = select(callbacks).order_by(table.requested_utc, table.id)
    if queue:
        wanted = wanted.where(table.queue == queue)
    if not done:
        wanted = wanted.where(table.done_utc.is_(None))
    names = KeptCallback.__dataclass_fields__
    return [KeptCallback(**{n: row[n] for n in names}) for row in connection.execute(wanted).mappings()]


def mark_done(connection: Connection, ident: str, note: str, at: float, zone: dt.tzinfo) -> bool:
    """Somebody has seen to it. False when there is no such open request."""
    table = callbacks.c
    done_utc, done_local = moment(at, zone)
    changed = connection.execute(
        update(callbacks)
        .where((table.id == ident) & table.done_utc.is_(None))
        .values(done_utc=done_utc, done_local=done_local, done_note=note)
    )
    return changed.rowcount == 1


def open_keys(connection: Connection) -> set[tuple[str, str]]:
    """(queue, number) of every open request."""
    table = callbacks.c
    found = connection.execute(select(table.queue, table.number).where(table.done_utc.is_(None)))
    return {(row[0], row[1]) for row in found}


def close(connection: Connection, queue: str, number: str, note: str, at: float, zone: dt.tzinfo) -> int:
    """Mark the number's open request in the queue done, if there is one; how many are open in the queue."""
    table = callbacks.c
    done_utc, done_local = moment(at, zone)
    is_open = (table.number == number) & (table.queue == queue) & table.done_utc.is_(None)
    connection.execute(
        update(callbacks).where(is_open).values(done_utc=done_utc, done_local=done_local, done_note=note)
    )
    return open_ones(connection).get(queue, 0)
