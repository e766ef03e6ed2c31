"""The table of decisions: why each call came to whom, as one text a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Connection, delete, insert, select

from ivrd.adapters.store.schema import decisions
from ivrd.core.acd.decision import Decision

_FIELDS = frozenset(f.name for f in fields(Decision))


def keep(connection: Connection, call: str, why: Sequence[Decision]) -> None:
    """In place of what was kept of the call before. Nothing for a call that never waited."""
    connection.execute(delete(decisions).where(decisions.c.call == call))
    if why:
        text = json.dumps([vars(decision) for decision in why], separators=(",", ":"))
        connection.execute(insert(decisions).values(call=call, why=text))


def find(connection: Connection, call: str) -> list[Decision]:
    """Of a call, oldest first; [] when there are none."""
    text = connection.execute(select(decisions.c.why).where(decisions.c.call == call)).scalar_one_or_none()
    # a newer ivrd may have written more of each
    return [Decision(**{k: v for k, v in d.items() if k in _FIELDS}) for d in json.loads(text or "[]")]
