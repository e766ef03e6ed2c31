"""A trunk of three channels, one of them kept: who comes beyond hears why, and those who are in notice nothing."""

from __future__ import annotations

import pytest

from rig.phone import Phone
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {"overrides": {"ivrd.yaml": {"asterisk": {"trunk": {"channels": 4, "reserve": 1, "full_says": "trunk-full", "full_cause": 42}}}}}


async def test_the_call_too_many_is_told_so_and_the_next_is_busy(centre: Centre) -> None:
    adi: Phone = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    waiting = await centre.caller("10")
    await waiting.wait_heard(MUSIC_HZ)
    menu = await centre.caller("1")
    await centre.until(lambda: centre.wall.state("trunk/state").get("in_use") == 3)
    told = await centre.caller()
    told_number = centre.numbers[-1]
    await told.wait_heard(said_hz("trunk-full"), for_s=0.3)
    busy = await centre.dial()
    await busy.ended()
    await told.ended()
    await centre.both_hear(caller, at_adi)
    await waiting.wait_heard(MUSIC_HZ, since=waiting.mark)
    for number, cause in ((told_number, 42), (centre.numbers[-1], 42)):
        row = await centre.row(number)
        assert (row["disposition"], row["guard"], row["cause"]) == ("refused", "trunk_full", cause)
    assert (await centre.row())["answered_utc"] is None
    metrics = await centre.ivrd.metrics()
    assert metrics['ivrd_calls_guarded_total{guard="trunk_full"}'] == 2
    assert (metrics["ivrd_trunk_channels"], metrics["ivrd_trunk_in_use"]) == (4, 3)
    await menu.hang_up()
    await centre.until(lambda: centre.wall.state("trunk/state")["in_use"] == 2)
    assert centre.wall.state("trunk/state")["blocked_today"] == 2
    again = await centre.caller("10")
    await again.wait_heard(MUSIC_HZ)
    for call in (again, waiting, caller):
        await call.hang_up()
    await at_adi.ended()
