"""The tables, and the steps that bring an older store to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, get_type_hints

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)

from ivrd.core.cdr import Cdr
from ivrd.errors import StoreError

metadata = MetaData()

TIMES = tuple(f.name for f in dataclasses.fields(Cdr) if f.name.endswith("_at"))
"""Stages of a call; each is two columns: <stage>_utc and <stage>_local."""


def _columns() -> list[Column[Any]]:
    """The fields of a Cdr, in their order; a new field needs a step below."""
    columns: list[Column[Any]] = []
    for name, kind in get_type_hints(Cdr).items():
        if name in TIMES:
            stage, required = name.removesuffix("_at"), kind is float
            columns += [
                Column(f"{stage}_utc", DateTime, nullable=not required),
                Column(f"{stage}_local", Text, nullable=not required),
            ]
        else:
            column_type = BigInteger if kind in (int, int | None) else Text
            columns.append(Column(name, column_type, primary_key=name == "call", nullable=kind == int | None))
    return columns


cdr = Table("cdr", metadata, *_columns())
Index("cdr_arrived_utc", cdr.c.arrived_utc)
Index("cdr_queue_arrived_utc", cdr.c.queue, cdr.c.arrived_utc)
Index("cdr_agent_arrived_utc", cdr.c.agent, cdr.c.arrived_utc)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("requested_utc", DateTime, nullable=False),
    Column("requested_local", Text, nullable=False),
    Column("times", BigInteger, nullable=False),  # how often the number asked
    Column("last_call", Text, nullable=False),
    Column("done_utc", DateTime),
    Column("done_local", Text),
    Column("done_note", Text, nullable=False),
)
Index("callbacks_open", callbacks.c.queue, callbacks.c.number, callbacks.c.done_utc)

voicemails = Table(
    "voicemails",
    metadata,
    Column("message", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("box", Text, nullable=False),
    Column("caller_number", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("left_utc", DateTime, nullable=False),
    Column("left_local", Text, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("path", Text, nullable=False),  # "": it was deleted
    Column("note", Text, nullable=False, server_default=""),  # why it was deleted
)

decisions = Table(
    "decisions",
    metadata,
    Column("call", Text, primary_key=True),
    Column("why", Text, nullable=False),  # JSON: a list of core/acd/decision.py's Decision
)

version = Table("ivrd_schema", metadata, Column("version", Integer, nullable=False))

Step = Callable[[Connection], None]


def _create(connection: Connection) -> None:
    metadata.create_all(connection, tables=[cdr])


def _add_survey(connection: Connection) -> None:
    """csat and nps."""
    _add_columns(connection, "csat", "nps")


def _add_callbacks(connection: Connection) -> None:
    metadata.create_all(connection, tables=[callbacks])


def _add_voicemails(connection: Connection) -> None:
    metadata.create_all(connection, tables=[voicemails])
    _add_columns(connection, "voicemail")


def _add_guard(connection: Connection) -> None:
    _add_columns(connection, "guard")


def _add_dialled(connection: Connection) -> None:
    _add_columns(connection, "dialled", "dial_result", "dialled_ms")


def _add_waiting(connection: Connection) -> None:
    """How the call waited, and for whom it was made."""
    _add_columns(connection, "overflow", "expected_wait_s", "callback_of")


def _add_decisions(connection: Connection) -> None:
    metadata.create_all(connection, tables=[decisions])


def _add_transfers(connection: Connection) -> None:
    """Talks before the last one of a call."""
    _add_columns(connection, "passed_on", "earlier_ms", "earlier_recordings")


def _add_notes(connection: Connection) -> None:
    """Why a message was deleted."""
    _add_columns(connection, "note", table=voicemails)


def _add_ended_from(connection: Connection) -> None:
    """How the end is known of a call that ended while ivrd was away."""
    _add_columns(connection, "ended_from")


def _add_columns(connection: Connection, *names: str, table: Table = cdr) -> None:
    """Columns that a table of an older step lacks; one that was made just now has them."""
    present = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for name in names:
        if name not in present:
            kind = table.c[name].type.compile(connection.dialect)
            zero = "0" if isinstance(table.c[name].type, BigInteger) else "''"
            rule = "" if table.c[name].nullable else f" NOT NULL DEFAULT {zero}"
            connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {name} {kind}{rule}"))


STEPS: Sequence[Step] = (_create, _add_survey, _add_callbacks, _add_voicemails, _add_guard, _add_dialled, _add_waiting, _add_decisions, _add_transfers, _add_notes, _add_ended_from)
"""STEPS[n] brings a store of version n to n + 1. Steps are added at the end, never changed."""


def upgrade(connection: Connection, steps: Sequence[Step] = STEPS) -> None:
    """Bring the store to ``len(steps)``, inside the caller's transaction.

    Raises StoreError when a newer ivrd wrote it.
    """
    metadata.create_all(connection, tables=[version])
    present = connection.execute(select(version.c.version)).scalar_one_or_none()
    if present is None:
        connection.execute(insert(version).values(version=0))
        present = 0
    _refuse_newer(present, len(steps))
    for step in steps[present:]:
        step(connection)
    connection.execute(update(version).values(version=len(steps)))


def check(connection: Connection) -> None:
    """Is this a store that we can read as it is? Raises StoreError with what to do."""
    if not inspect(connection).has_table(version.name):
        raise StoreError("the CDR store is empty: has ivrd run with this configuration?")
    present = connection.execute(select(version.c.version)).scalar_one_or_none() or 0
    _refuse_newer(present, len(STEPS))
    if present < len(STEPS):
        raise StoreError(
            f"the CDR store has version {present}, this ivrd needs {len(STEPS)}: "
            "start the daemon once, it brings the store up to date"
        )


def _refuse_newer(present: int, known: int) -> None:
    if present > known:
        raise StoreError(
            f"the CDR store has version {present}, but this ivrd knows versions up to {known}: "
            "run the newer ivrd that wrote it"
        )
