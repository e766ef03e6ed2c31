"""Routing policies that touch phones: several rung at once, a second answer, relaxing while nobody answers, whom the caller knows."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from ivrd.cli import main
from rig.phone import ANSWER, RING
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
USUAL = dict.fromkeys(("perizinan", "kbli", "regulasi", "data", "sinkronisasi"), 5)
SITE = {
    "agents": {
        "101": {"name": "Adi", "languages": ["id", "en"], "skills": {**USUAL, "lkpm": 9}},
        "102": {"name": "Ayu", "skills": [*USUAL, "lkpm"]},
        "103": {"name": "Bagus", "skills": {**USUAL, "lkpm": 3}},
    },
    "overrides": {
        "ivrd.yaml": {"acd": {"pause_after_misses": 0, "reoffer_after_s": 3}},
        "queues.yaml": {
            "queues": {
                "umum": {"ring": "all", "wrap_up_s": 0},
                "progres": {"affinity": {"days": 1, "hold_s": 5}, "wrap_up_s": 0, "ring_timeout_s": 10},
                "lkpm": {"skills": {"lkpm": 9}, "relax": [{"after_s": 3, "lower": {"lkpm": 1}}], "wrap_up_s": 0, "ring_timeout_s": 10},
            }
        },
    }
}  # fmt: skip


async def test_all_phones_ring_and_the_others_stop_when_one_is_answered(centre: Centre) -> None:
    adi, bagus = await centre.agent("101", RING), await centre.agent("103", RING)
    caller = await centre.caller("10")
    at_adi, at_bagus = await adi.next_call(), await bagus.next_call()
    await at_bagus.answer()
    await centre.both_hear(caller, at_bagus)
    await at_adi.ended()
    await centre.wall.event("offer_ended", centre.since, agent="101", outcome="withdrawn")
    await centre.wall.agent_is("101", presence="ready")
    await caller.hang_up()
    row = await centre.row()
    assert (row["agent"], row["offers"]) == ("103", 2)


async def test_two_who_answer_at_the_same_moment_are_one_talk(centre: Centre) -> None:
    """Whoever is second is hung up at once, and ready again; the caller hears one agent."""
    phones = {"101": await centre.agent("101", ANSWER), "103": await centre.agent("103", ANSWER)}
    caller = await centre.caller("10")
    ends = {agent: await phone.next_call() for agent, phone in phones.items()}
    winner = (await centre.wall.event("call_answered", centre.since))["facts"]["agent"]
    loser = "103" if winner == "101" else "101"
    await ends[loser].ended()
    await centre.both_hear(caller, ends[winner])
    await centre.wall.agent_is(loser, presence="ready")
    await caller.hang_up()
    assert (await centre.row())["agent"] == winner


async def test_why_is_told_of_a_call_under_way_and_of_one_that_is_over_by_http_to_nobody(
    centre: Centre, capsys: pytest.CaptureFixture[str]
) -> None:
    """No token is configured here."""

    async def told() -> str:
        assert await asyncio.to_thread(main, ["--config", str(centre.site.config), "why", call]) == 0
        return capsys.readouterr().out

    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    call = next(line["call"] for line in centre.lines_of_this_test() if line["event"] == "call arrived")
    assert "offered to 101 (Adi) of queue umum" in await told()
    assert centre.rows(centre.numbers[-1]) == []
    async with aiohttp.ClientSession() as http, http.get(f"{centre.ivrd.url}/calls/{call}/why") as answer:
        assert answer.status == 404
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    assert (await centre.final_row())["call"] == call
    assert "101 (Adi): answered" in await told()


async def test_a_level_that_nobody_free_has_is_not_asked_for_after_a_while(centre: Centre) -> None:
    adi, bagus = await centre.agent("101", RING), await centre.agent("103", ANSWER)
    caller = await centre.caller("12")
    unanswered = await adi.next_call()
    assert bagus.incoming == []
    await unanswered.reject()  # before the step: nobody else may be asked yet
    await centre.both_hear(caller, await bagus.next_call())
    await caller.hang_up()
    row = await centre.row()
    assert (row["agent"], row["offers"]) == ("103", 2)
    assert row["wait_ms"] >= 3000


async def test_who_calls_again_rings_at_the_agent_they_know_though_another_is_idle_for_longer(centre: Centre) -> None:
    ayu = await centre.agent("102", ANSWER)
    caller = await centre.caller("114")
    number = centre.numbers[-1]
    at_ayu = await ayu.next_call()
    await centre.both_hear(caller, at_ayu)
    adi = await centre.agent("101", ANSWER)  # idle from now on: longer than Ayu will be
    await caller.hang_up()
    await at_ayu.ended()
    await centre.wall.agent_is("102", presence="ready")
    again = await centre.dial(as_number=number)
    await again.talking()
    await again.press("114")
    await centre.both_hear(again, await ayu.next_call())
    await again.hang_up()
    await centre.until(lambda: len(centre.rows(number)) == 2)
    assert [row["agent"] for row in centre.rows(number)] == ["102", "102"]
    other = await centre.caller("114")  # whom nobody knows
    await centre.both_hear(other, await adi.next_call())
    await other.hang_up()
    assert (await centre.row())["agent"] == "101"
