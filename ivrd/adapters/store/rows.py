"""A Cdr as a row and back. Pure.

Each time is stored twice: ``*_utc`` to calculate with, ``*_local`` (ISO 8601 with offset) to read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, get_type_hints

from ivrd.adapters.store.schema import TIMES, cdr
from ivrd.core.cdr import Cdr, Disposition

COLUMNS: tuple[str, ...] = tuple(column.name for column in cdr.columns)

_OTHERS = tuple(name for name in get_type_hints(Cdr) if name not in TIMES)


def to_row(record: Cdr, zone: dt.tzinfo) -> dict[str, Any]:
    """All columns of ``record``; ``zone`` is the centre's (WIB for 169)."""
    row: dict[str, Any] = {}
    for name in TIMES:
        stage = name.removesuffix("_at")
        row[f"{stage}_utc"], row[f"{stage}_local"] = moment(getattr(record, name), zone)
    for name in _OTHERS:
        row[name] = _plain(getattr(record, name))
    return {name: row[name] for name in COLUMNS}


def from_row(row: Mapping[str, Any]) -> Cdr:
    """The Cdr of a row; times come back to the microsecond."""
    values: dict[str, Any] = {name: row[name] for name in _OTHERS}
    for name in TIMES:
        moment = row[f"{name.removesuffix('_at')}_utc"]
        values[name] = None if moment is None else moment.replace(tzinfo=dt.UTC).timestamp()
    values["disposition"] = Disposition(values["disposition"])
    return Cdr(**values)


def utc(at: float) -> dt.datetime:
    """A time as the ``*_utc`` columns hold it."""
    return dt.datetime.fromtimestamp(at, dt.UTC).replace(tzinfo=None)


def moment(at: float | None, zone: dt.tzinfo) -> tuple[dt.datetime | None, str | None]:
    """A time as the ``*_utc`` and ``*_local`` columns hold it."""
    if at is None:
        return None, None
    local = dt.datetime.fromtimestamp(at, zone)
    return utc(at), local.isoformat(sep=" ", timespec="milliseconds")


def _plain(value: object) -> object:
    """Text that every database takes: a caller's name may hold anything at all."""
    if isinstance(value, Disposition):
        return value.value
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    return value
