"""Outside the hours a caller is told so, and when to call again."""

from __future__ import annotations

import time

import pytest

from tests.live.centre import Centre
from tests.live.said import ENGLISH_WORD_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: open on one day of the week, three days from now
SITE = {
    "overrides": {
        "calendar.yaml": {
            "week": {**dict.fromkeys(DAYS), DAYS[(time.gmtime().tm_wday + 3) % 7]: ["08:00-17:00"]}
        }
    }
}


async def test_closed(centre: Centre) -> None:
    caller = await centre.caller("2")
    await caller.wait_heard(said_hz("closed-hours", "en"))
    await caller.wait_heard(said_hz("closed-opens-at", "en"))
    await caller.wait_heard(ENGLISH_WORD_HZ, for_s=0.1)  # the date and the time
    await caller.wait_heard(said_hz("goodbye", "en"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["hung_up_by"], row["cause"]) == ("closed", "system", 16)
    assert row["menu_path"].endswith("open-now>we-are-closed>end-closed")
    assert row["queued_utc"] is None
