"""The statements of a row as each database is given them, also where none runs to try them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from ivrd.adapters.store import decisions, query

DIALECTS = (postgresql.dialect(), sqlite.dialect())  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_decisions_are_inserted_or_take_the_place_of_those_before(dialect: Dialect) -> None:
    text = _said(decisions._upsert, dialect)
    assert text.startswith("INSERT INTO decisions (call, why) VALUES (")
    assert text.endswith("ON CONFLICT (call) DO UPDATE SET why = excluded.why")


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_a_row_is_inserted_or_takes_the_place_of_the_one_before(dialect: Dialect) -> None:
    text = _said(query.upsert, dialect)
    assert text.startswith("INSERT INTO cdr (")
    assert "ON CONFLICT (call) DO UPDATE SET did = excluded.did, " in text
    assert "call = excluded.call" not in text


def _said(statement: Callable[[str], Any], dialect: Dialect) -> str:
    return " ".join(str(statement(dialect.name).compile(dialect=dialect)).split())
