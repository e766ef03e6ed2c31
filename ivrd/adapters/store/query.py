"""Which calls are asked for. Pure: builds statements, runs none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from ivrd.adapters.store.rows import utc
from ivrd.adapters.store.schema import cdr


@dataclass(frozen=True, kw_only=True)
class CdrFilter:
    """What a call must be to be found; what is left out does not matter."""

    since: float | None = None  #: arrived at or after; seconds since the epoch, UTC
    until: float | None = None  #: arrived before
    disposition: str = ""
    queue: str = ""
    agent: str = ""
    caller_ends: str = ""  #: last digits of the caller's number
    call: str = ""


def newest(wanted: CdrFilter, limit: int | None) -> Select[Any]:
    """The newest ``limit`` calls (None: all), newest first."""
    statement = select(cdr).where(*_conditions(wanted))
    return statement.order_by(cdr.c.arrived_utc.desc(), cdr.c.call.desc()).limit(limit)


@cache
def upsert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Insert the row that it is executed with, or overwrite the one with its call id.

    Made once: to make the statement costs ten times what it costs to run it.
    """
    statement = postgresql.insert(cdr) if dialect == "postgresql" else sqlite.insert(cdr)
    others = {c.name: statement.excluded[c.name] for c in cdr.columns if c.name != "call"}
    return statement.on_conflict_do_update(index_elements=[cdr.c.call], set_=others)


def _conditions(wanted: CdrFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield cdr.c.arrived_utc >= utc(wanted.since)
    if wanted.until is not None:
        yield cdr.c.arrived_utc < utc(wanted.until)
    for name in ("disposition", "queue", "agent", "call"):
        if value := getattr(wanted, name):
            yield cdr.c[name] == value
    if wanted.caller_ends:
        yield cdr.c.caller_number.endswith(wanted.caller_ends, autoescape=True)
