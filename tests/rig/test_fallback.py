"""Calls while ivrd is away, on a real Asterisk: words or a person, never silence; nobody else in."""

from __future__ import annotations

import asyncio
import time

import pytest

from rig.phone import ANSWER, REJECT, RING, CallRefused, Phone, Phones, Policy
from rig.site import SitePaths
from rig.tools import RigError

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
CALLER = "0811222333"


async def register(
    phones: Phones, site: SitePaths, extension: str, policy: Policy = ANSWER
) -> Phone:
    return await phones.phone(extension, site.secrets.phones[extension], policy)


async def test_a_caller_is_told_to_wait_and_gets_a_phone_that_rings(
    phones: Phones, site: SitePaths, said_hz: dict[str, float]
) -> None:
    agent = await register(phones, site, "101", RING)
    caller = await phones.call("169", CALLER)
    await caller.talking()
    await caller.wait_heard(said_hz["id/fallback-wait"])
    ringing = await agent.next_call()
    assert ringing.peer_number == CALLER
    music = caller.mark
    await caller.wait_loud(0.5, since=music)  # music, while it rings

    await ringing.answer()
    await ringing.talking()
    await caller.wait_heard(agent.tone_hz)
    await ringing.wait_heard(caller.tone_hz)
    await caller.press("12#")
    await ringing.pressed("12#")
    await ringing.hang_up()
    await caller.ended()
    assert ringing.digits == ["1", "2", "#"]


async def test_hold_and_resume_from_the_phone(phones: Phones, site: SitePaths) -> None:
    agent = await register(phones, site, "101")
    caller = await phones.call("169", CALLER)
    talk = await agent.next_call()
    await caller.wait_heard(agent.tone_hz)
    await talk.hold()
    held = caller.mark
    await caller.wait_loud(0.5, since=held + 8000)
    assert not caller.heard_tone(agent.tone_hz, since=held + 8000)  # music instead
    await talk.resume()
    await caller.wait_heard(agent.tone_hz, since=caller.mark)
    await talk.wait_heard(caller.tone_hz, since=talk.mark)
    await caller.hang_up()
    await talk.ended()


async def test_the_call_goes_to_whoever_picks_up(phones: Phones, site: SitePaths) -> None:
    away = await register(phones, site, "101", RING)
    busy = await register(phones, site, "102", REJECT)
    there = await register(phones, site, "103")
    caller = await phones.call("169", CALLER)
    await caller.wait_heard(there.tone_hz, timeout_s=10)
    assert (len(away.incoming), len(busy.incoming)) == (1, 1)
    await away.incoming[0].ended()
    await caller.hang_up()


async def test_nobody_picks_up_and_both_apologies_are_heard(
    phones: Phones, site: SitePaths, said_hz: dict[str, float]
) -> None:
    agent = await register(phones, site, "101", RING)
    caller = await phones.call("169", CALLER)
    await agent.next_call()
    await caller.wait_heard(said_hz["id/fallback-apology"], timeout_s=15)
    await caller.wait_heard(said_hz["en/fallback-apology"])
    await caller.ended()


async def test_no_phone_at_all_goes_to_the_apology_at_once(
    phones: Phones, said_hz: dict[str, float]
) -> None:
    caller = await phones.call("169", CALLER)
    await caller.wait_heard(said_hz["id/fallback-apology"], timeout_s=4)
    await caller.ended()


async def test_a_number_that_we_do_not_serve_is_404(phones: Phones) -> None:
    for number in ("168", "16", "1690", "101", "*11", "s"):
        call = await phones.call(number, CALLER)
        with pytest.raises(CallRefused) as refused:
            await call.talking()
        assert refused.value.status == 404, number


async def test_a_refusal_that_comes_while_the_event_loop_is_busy_is_not_lost(
    phones: Phones,
) -> None:
    stranger = await phones.stranger(CALLER)
    asyncio.get_running_loop().call_soon(time.sleep, 0.3)  # 404 is here before dial() goes on
    call = await stranger.dial("168")
    assert call.is_over
    with pytest.raises(CallRefused):
        await call.talking()


async def test_a_phone_dials_feature_codes_and_nothing_else(
    phones: Phones, site: SitePaths, said_hz: dict[str, float]
) -> None:
    agent = await register(phones, site, "101")
    for number in ("102", "169", "0811222333", "*99"):
        call = await agent.dial(number)
        with pytest.raises(CallRefused) as refused:
            await call.talking()
        assert refused.value.status == 404, number
    sorry = await agent.dial("*11")
    await sorry.wait_heard(said_hz["id/feature-unavailable"])
    await sorry.ended()


async def test_strangers_stay_outside(phones: Phones, site: SitePaths) -> None:
    with pytest.raises(RigError, match=r"40[134]"):
        await phones.phone("999", "guess")  # no such phone
    with pytest.raises(RigError, match=r"40[13]"):
        await phones.phone("101", "guess")  # wrong password
    pretender = await phones.stranger("101", "guess")
    call = await pretender.dial("*11")
    with pytest.raises(CallRefused) as refused:
        await call.talking()
    assert refused.value.status in (401, 403)
