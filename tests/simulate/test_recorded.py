"""Call records become callers again."""

from __future__ import annotations

import dataclasses
import datetime as dt

from ivrd.core.cdr import Cdr, Disposition
from ivrd.simulation.recorded import shifts

WIB = dt.timezone(dt.timedelta(hours=7))
AT_8 = dt.datetime(2026, 11, 24, 8, 10, tzinfo=WIB).timestamp()
ANSWERED = Cdr(
    call="1", did="169", caller_number="", caller_name="", language="en", flow="", flow_version="", menu_path="", tags="",
    arrived_at=AT_8, answered_at=AT_8, queued_at=AT_8 + 60, agent_answered_at=AT_8 + 70, ended_at=AT_8 + 370, queue="kbli", skills="",
    agent="101", offers=1, wait_ms=10_000, talk_ms=300_000, hold_ms=0, wrap_up_ms=30_000, hung_up_by="caller",
    disposition=Disposition.ANSWERED, cause=16, recording="", recording_ms=0, recording_sha256="", recording_note="",
)  # fmt: skip
GAVE_UP = dataclasses.replace(ANSWERED, call="2", agent="", wait_ms=50_000, talk_ms=0, wrap_up_ms=0, disposition=Disposition.ABANDONED_QUEUE)
TOMORROW = dataclasses.replace(ANSWERED, call="3", queued_at=AT_8 + 86_400)
IN_MENU = dataclasses.replace(GAVE_UP, call="4", queued_at=None)


def local(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, WIB)


def test_what_was_seen_is_kept_and_what_was_not_is_drawn() -> None:
    found = shifts([TOMORROW, GAVE_UP, IN_MENU, ANSWERED], local, seed=1)
    assert [len(s.callers) for s in found] == [2, 1]
    answered, gave_up = found[0].callers
    assert (answered.queue, answered.language, answered.handling_s, answered.at) == ("kbli", "en", 330, AT_8 + 60)
    assert answered.patience_s > 10
    assert (gave_up.patience_s, gave_up.handling_s) == (50, 330)
    assert (local(found[0].opens).strftime("%H:%M"), local(found[0].closes).strftime("%H:%M")) == ("08:00", "08:30")
    assert shifts([ANSWERED, GAVE_UP, TOMORROW], local, seed=1) == found
    assert shifts([ANSWERED, GAVE_UP, TOMORROW], local, seed=2) != found
