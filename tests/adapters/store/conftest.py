"""A store of each kind: SQLite always, PostgreSQL where IVRD_TEST_POSTGRES names one (a URL)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, make_url

from ivrd.adapters.store import CdrStore
from ivrd.adapters.store.schema import metadata
from ivrd.core.cdr import Cdr, Disposition

WIB = ZoneInfo("Asia/Jakarta")

POSTGRES = os.environ.get("IVRD_TEST_POSTGRES", "")
ARRIVED = 1764032523.456


def make_cdr(call: str = "1764.12", **fields: object) -> Cdr:
    """A call that was answered, with ``fields`` changed."""
    values: dict[str, object] = {
        "call": call,
        "did": "169",
        "caller_number": "+6281234567890",
        "caller_name": "Budi",
        "language": "id",
        "flow": "169",
        "flow_version": "abc123",
        "menu_path": "welcome>main>cards",
        "tags": "card,blocked",
        "arrived_at": ARRIVED,
        "answered_at": ARRIVED + 0.1,
        "queued_at": ARRIVED + 20,
        "agent_answered_at": ARRIVED + 30,
        "ended_at": ARRIVED + 90,
        "queue": "cards",
        "skills": "cards",
        "agent": "101",
        "offers": 1,
        "wait_ms": 10_000,
        "talk_ms": 60_000,
        "hold_ms": 0,
        "wrap_up_ms": 0,
        "hung_up_by": "caller",
        "disposition": Disposition.ANSWERED,
        "cause": 16,
        "recording": "2025/11/25/1764.12.wav",
        "recording_ms": 60_000,
        "recording_sha256": "ab" * 32,
        "recording_note": "",
    }
    return Cdr(**{**values, **fields})  # type: ignore[arg-type]


@pytest.fixture
def cdr() -> Callable[..., Cdr]:
    return make_cdr


def fresh_postgres() -> str:
    """The URL of the test's PostgreSQL, with none of our tables in it."""
    engine = create_engine(make_url(POSTGRES).set(drivername="postgresql+psycopg"))
    metadata.drop_all(engine)
    engine.dispose()
    return POSTGRES


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/cdr.db" if request.param == "sqlite" else fresh_postgres()


@pytest.fixture
async def store(url: str, tmp_path: Path) -> AsyncIterator[CdrStore]:
    opened = CdrStore(url, WIB)
    await opened.open()
    yield opened
    await opened.close()
