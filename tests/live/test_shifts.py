"""Who works a shift is logged in, paused and logged out by it; who has worked much rests before the next call."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import yaml

from ivrd.daemon.clock import SystemClock
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = {day: ["00:00-24:00"] for day in DAYS}
SITE = {
    "agents": {"101": {"name": "Adi"}, "102": {"name": "Ayu", "shift": "siang"}},
    "overrides": {
        "ivrd.yaml": {
            "watch_every_s": 0.1,
            "acd": {"shifts": {"siang": {"week": ALWAYS}}, "occupancy": {"cap_percent": 1, "window_s": 60, "rest_s": 3}},
        }
    },
}


def change(centre: Centre, **shift: object) -> None:
    """The shift's hours or breaks are saved anew."""
    file = centre.site.config / "ivrd.yaml"
    site = yaml.safe_load(file.read_text())
    site["acd"]["shifts"]["siang"].update(shift)
    file.write_text(yaml.safe_dump(site, sort_keys=False))


async def test_a_shift_logs_in_pauses_in_its_break_and_logs_out(centre: Centre) -> None:
    ayu = await centre.phone("102")
    await centre.wall.agent_is("102", presence="ready")  # no code was dialled: the phone came, and the shift goes on
    caller = await centre.caller("10")
    at_ayu = await ayu.next_call()
    await centre.both_hear(caller, at_ayu)
    change(centre, breaks={"istirahat": ["00:00-24:00"]})  # a break begins while they talk
    await centre.wall.agent_is("102", presence="talking")
    await caller.wait_length(1, since=caller.mark)
    await caller.hang_up()
    await centre.wall.agent_is("102", presence="paused", reason="istirahat")
    change(centre, breaks={})
    await centre.wall.agent_is("102", presence="ready")
    today = dt.datetime.fromtimestamp(SystemClock().now(), ZoneInfo(centre.site.loaded.hours.timezone)).weekday()
    change(centre, week={DAYS[(today + 3) % 7]: ["08:00-16:00"]})
    await centre.wall.agent_is("102", presence="logged_out")


async def test_who_has_worked_much_rests_before_the_next_call(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, _ = await centre.conversation(adi)
    await caller.wait_length(1, since=caller.mark)
    await caller.hang_up()
    await centre.wall.until(lambda: centre.wall.agent("101")["resting_until"] is not None)
    resting_until = centre.wall.agent("101")["resting_until"]
    since = centre.wall.mark
    other = await centre.caller("10")
    at_adi = await adi.next_call()
    queued = await centre.wall.event("call_queued", since, queue="umum")
    offered = await centre.wall.event("call_offered", since, agent="101")
    assert queued["at"] < resting_until <= offered["at"]
    await centre.both_hear(other, at_adi)
    await other.hang_up()
    await centre.feature(adi, "*12")
