"""Why a queue does not take a caller, or not keep one: the expected wait, closing time, and nobody there who could serve."""

from __future__ import annotations

from typing import Any

import pytest

from rig.call import PhoneCall
from rig.phone import Phone
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
FLOW = """start: l
nodes:
  l: {language: {set: LANGUAGE, then: q}}
  q: {queue: {to: QUEUE, overflow: bye, WHY: way}}
  way: {play: {say: [technical-apology], then: bye}}
  bye: {hangup: {why: overflow, cause: 42}}
"""


def flow(queue: str, why: str, language: str = "id") -> str:
    """Straight into a queue, which has one way out beside the overflow."""
    return FLOW.replace("QUEUE", queue).replace("WHY", why).replace("LANGUAGE", language)


FLOWS = {
    "long": flow("kbli", "expected"),
    "late": flow("lkpm", "closing"),
    "leave": flow("progres", "nobody").replace("overflow: bye, nobody: way", "overflow: way"),
    "english": flow("umum", "nobody", "en"),
}
SITE = {
    "overrides": {
        "ivrd.yaml": {"dids": {"171": "long", "172": "late", "173": "leave", "174": "english"}},
        "queues.yaml": {
            "queues": {
                "kbli": {"max_expected_wait_s": 60, "handling_time_s": 600},
                # the day is over before this wait could be
                "lkpm": {"closing_grace_s": 0, "max_wait_s": 86_400},
                "progres": {"without_agents": "leave"},
            }
        },
    }
}


async def sent_away(centre: Centre, caller: PhoneCall, why: str, language: str = "id") -> dict[str, Any]:
    """The caller hears the way of ``why`` and is gone: the row."""
    await caller.wait_heard(said_hz("technical-apology", language))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["overflow"], row["agent"], row["cause"]) == ("overflow", why, "", 42)
    return row


async def log_out(centre: Centre, *phones: Phone) -> None:
    """The agents go home: who only puts the phone away is logged in."""
    for phone in phones:
        await centre.feature(phone, "*12")
        await centre.wall.agent_is(phone.user, presence="logged_out")


async def test_the_expected_wait_is_too_long(centre: Centre) -> None:
    adi = await centre.agent("101")
    talking = await centre.caller(number="171")  # for whom somebody is free
    at_adi = await adi.next_call()
    await centre.both_hear(talking, at_adi)
    row = await sent_away(centre, await centre.caller(number="171"), "kbli:expected")
    assert row["expected_wait_s"] > 60
    assert row["wait_ms"] == 0
    await talking.hang_up()
    await at_adi.ended()
    await centre.wall.agent_is("101", presence="ready")
    await log_out(centre, adi)


async def test_while_all_pause_it_is_too_long(centre: Centre) -> None:
    adi = await centre.agent("101")
    await centre.feature(adi, "*13")
    await centre.wall.agent_is("101", presence="paused")
    row = await sent_away(centre, await centre.caller(number="171"), "kbli:expected")
    assert row["expected_wait_s"] is None
    await log_out(centre, adi)


async def test_whom_nobody_would_serve_before_closing_time(centre: Centre) -> None:
    await sent_away(centre, await centre.caller(number="172"), "lkpm:closing")
    adi = await centre.agent("101")
    caller = await centre.caller(number="172")
    await centre.both_hear(caller, await adi.next_call())  # others are
    await caller.hang_up()
    await centre.row(disposition="answered")
    await centre.wall.agent_is("101", presence="ready")
    await log_out(centre, adi)


async def test_a_queue_without_agents_is_left(centre: Centre) -> None:
    await sent_away(centre, await centre.caller(number="173"), "progres:nobody")


async def test_the_last_who_speaks_the_language_logs_out_while_the_caller_waits(centre: Centre) -> None:
    adi, ayu = await centre.agent("101"), await centre.agent("102")  # Ayu speaks no English
    await centre.feature(adi, "*13")
    await centre.wall.agent_is("101", presence="paused")
    caller = await centre.caller(number="174")
    await caller.wait_heard(MUSIC_HZ)
    await log_out(centre, adi)
    row = await sent_away(centre, caller, "umum:nobody", "en")
    assert row["wait_ms"] > 0
    assert ayu.incoming == []
    await log_out(centre, ayu)
