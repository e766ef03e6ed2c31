"""The table of decisions: why each call came to whom, as one text a call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ivrd.adapters.store.schema import decisions
from ivrd.core.acd.decision import Decision

_FIELDS = frozenset(f.name for f in fields(Decision))
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DELETE = delete(decisions).where(decisions.c.call == bindparam("of"))


def keep(connection: Connection, of: Mapping[str, Sequence[Decision]]) -> None:
    """Call -> its decisions, in place of what was kept before. Nothing for a call that never waited."""
    texts = [{"call": call, "why": _text(why)} for call, why in of.items() if why]
    if texts:
        connection.execute(_upsert(connection.dialect.name), texts)
    if none := [{"of": call} for call, why in of.items() if not why]:
        connection.execute(_DELETE, none)


def _text(why: Sequence[Decision]) -> str:
    return _ENCODER.encode([vars(decision) for decision in why])


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
