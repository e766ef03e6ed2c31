"""Legs that are made ahead: one for each ready agent, none for anybody else, and none is left behind."""

from __future__ import annotations

import asyncio
import signal

import pytest

from rig.phone import REJECT, RING
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ

SITE = {"overrides": {"queues.yaml": {"queues": {"umum": {"wrap_up_s": 1}}}}}
pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(autouse=True)
async def in_time():
    async with asyncio.timeout(40):
        yield


async def test_a_leg_comes_and_goes_with_the_agents_readiness(centre: Centre) -> None:
    adi = await centre.agent("101")
    await centre.warm("101")
    await centre.feature(adi, "*13")
    await centre.warm()
    await centre.feature(adi, "*14")
    await centre.warm("101")
    caller, _ = await centre.conversation(adi)
    await centre.warm()  # it is lent
    await caller.hang_up()
    await centre.final_row()
    await centre.warm("101")
    await centre.feature(adi, "*12")
    await centre.warm()


async def test_the_phone_shows_who_calls_and_music_goes_on_while_it_rings(centre: Centre) -> None:
    adi = await centre.agent("101", RING)
    await centre.warm("101")
    caller = await centre.caller("10")
    at_adi = await adi.next_call()
    assert at_adi.peer_number == centre.numbers[-1]
    await caller.wait_heard(MUSIC_HZ, since=caller.mark, for_s=1.0)
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await at_adi.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["hung_up_by"], row["agent"]) == ("answered", "agent", "101")


async def test_who_declines_hears_no_more_of_it_and_the_music_goes_on(centre: Centre) -> None:
    await centre.agent("101", REJECT)
    await centre.warm("101")
    caller = await centre.caller("10")
    await centre.wall.event("offer_ended", outcome="busy")
    await caller.wait_heard(MUSIC_HZ, since=caller.mark, for_s=0.5)
    bayu = await centre.agent("102")
    await centre.both_hear(caller, await bayu.next_call())
    await caller.hang_up()
    await centre.final_row()


async def test_a_phone_that_registers_elsewhere_is_rung_there(centre: Centre) -> None:
    adi = await centre.agent("101")
    await centre.warm("101")
    (before,) = await centre.asterisk.warm_legs()
    moved = await centre.phones.elsewhere("101", centre.site.secrets.phones["101"])
    while await centre.asterisk.warm_legs() in ([], [before]):  # noqa: ASYNC110 - Asterisk does not tell
        await asyncio.sleep(0.05)
    caller = await centre.caller("10")
    await centre.both_hear(caller, await moved.next_call())
    assert adi.incoming == []
    await caller.hang_up()
    await centre.final_row()


async def test_the_next_process_makes_its_own(centre: Centre) -> None:
    await centre.agent("101")
    await centre.agent("102")
    await centre.warm("101", "102")
    before = await centre.asterisk.warm_legs()
    await centre.ivrd.kill()
    assert await centre.asterisk.warm_legs() == before
    await centre.ivrd.start()
    await centre.warm("101", "102")
    assert not set(before) & set(await centre.asterisk.warm_legs())


async def test_none_is_left_when_it_stops(centre: Centre) -> None:
    await centre.agent("101")
    await centre.warm("101")
    centre.ivrd.signal(signal.SIGTERM)
    assert await centre.ivrd.wait(10) == 0
    assert await centre.asterisk.warm_legs() == []
    await centre.ivrd.start()
