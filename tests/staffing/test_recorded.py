"""What call records say of a load."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

from ivrd.core.cdr import Cdr, Disposition
from ivrd.staffing import recorded

WIB = dt.timezone(dt.timedelta(hours=7))
AT_8 = dt.datetime(2026, 11, 24, 8, 0, tzinfo=WIB).timestamp()
ANSWERED = Cdr(
    call="1", did="169", caller_number="", caller_name="", language="id", flow="", flow_version="", menu_path="", tags="",
    arrived_at=AT_8, answered_at=AT_8, queued_at=AT_8 + 60, agent_answered_at=AT_8 + 70, ended_at=AT_8 + 370, queue="kbli", skills="",
    agent="101", offers=1, wait_ms=10_000, talk_ms=300_000, hold_ms=0, wrap_up_ms=30_000, hung_up_by="caller",
    disposition=Disposition.ANSWERED, cause=16, recording="", recording_ms=0, recording_sha256="", recording_note="",
)  # fmt: skip
GAVE_UP = dataclasses.replace(ANSWERED, agent="", wait_ms=50_000, talk_ms=0, wrap_up_ms=0, disposition=Disposition.ABANDONED_QUEUE)
IN_MENU = dataclasses.replace(GAVE_UP, queued_at=None, wait_ms=0, disposition=Disposition.ABANDONED_IVR)


def later(call: Cdr, seconds: float) -> Cdr:
    assert call.queued_at is not None
    return dataclasses.replace(call, queued_at=call.queued_at + seconds)


def test_half_hours_are_an_average_day_of_who_joined_a_queue() -> None:
    calls = [ANSWERED, GAVE_UP, IN_MENU, later(ANSWERED, 1800), later(ANSWERED, 86_400)]
    found = recorded.periods(calls, lambda at: dt.datetime.fromtimestamp(at, WIB), 330)
    assert [(p.start, p.calls, p.handling_s) for p in found] == [("08:00", 1.5, 330), ("08:30", 0.5, 330)]


def test_handling_is_talk_and_wrap_up_of_the_answered() -> None:
    assert recorded.handling_s([ANSWERED, GAVE_UP]) == 330
    assert recorded.handling_s([GAVE_UP]) is None


def test_patience_counts_the_waits_of_the_answered_too() -> None:
    assert recorded.patience_s([ANSWERED, GAVE_UP, IN_MENU]) == 60
    assert recorded.patience_s([ANSWERED]) == math.inf
