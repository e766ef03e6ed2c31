"""The table of decisions: why each call came to whom, as one text a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from functools import cache

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ivrd.adapters.store.schema import decisions
from ivrd.core.acd.decision import Decision

_FIELDS = frozenset(f.name for f in fields(Decision))
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DELETE = delete(decisions).where(decisions.c.call == bindparam("of"))


def keep(connection: Connection, call: str, why: Sequence[Decision]) -> None:
    """In place of what was kept of the call before. Nothing for a call that never waited."""
    if why:
        text = _ENCODER.encode([vars(decision) for decision in why])
        connection.execute(_upsert(connection.dialect.name), {"call": call, "why": text})
    else:
        connection.execute(_DELETE, {"of": call})


@cache
def _upsert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Made once, as query.upsert is, and for the same reason."""
    statement = postgresql.insert(decisions) if dialect == "postgresql" else sqlite.insert(decisions)
    return statement.on_conflict_do_update(index_elements=[decisions.c.call], set_={"why": statement.excluded.why})


def find(connection: Connection, call: str) -> list[Decision]:
    """Of a call, oldest first; [] when there are none."""
    text = connection.execute(select(decisions.c.why).where(decisions.c.call == call)).scalar_one_or_none()
    # a newer ivrd may have written more of each
    return [Decision(**{k: v for k, v in d.items() if k in _FIELDS}) for d in json.loads(text or "[]")]
