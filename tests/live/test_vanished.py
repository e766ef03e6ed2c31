"""A phone is gone from one moment to the next: no BYE, no answer, no audio. Nobody is left in silence for long."""

from __future__ import annotations

import time

import pytest

from rig import tones
from rig.lonely import lonely
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
TIMEOUT_S = 3
SITE = {"overrides": {"ivrd.yaml": {"asterisk": {"sip": {"rtp_timeout_s": TIMEOUT_S}}}}}
#: Asterisk looks at each call's audio once a timeout; the rest is a busy machine's
NOTICED_S = 2 * TIMEOUT_S + 3


def password(centre: Centre, extension: str) -> str:
    return centre.site.secrets.phones[extension]


async def logged_in(centre: Centre, extension: str) -> None:
    """From another phone of that number, which is then put away."""
    phone = await centre.agent(extension)
    await phone.leave()
    await centre.wall.agent_is(extension, reachable=False)


async def test_an_agents_phone_vanishes_while_talking(centre: Centre) -> None:
    centre.expected |= {"recording short"}
    await logged_in(centre, "101")
    async with lonely(centre.site.registrar, "phone", "101", password=password(centre, "101")) as phone:
        await phone.says("ready")
        await centre.wall.agent_is("101", reachable=True)
        caller = await centre.caller("10")
        await phone.says("talking")
        await centre.wall.agent_is("101", presence="talking")
        began = time.monotonic()
        await phone.vanish()
        await caller.ended(NOTICED_S)
    assert time.monotonic() - began >= TIMEOUT_S - 1
    row = await centre.final_row()
    assert (row["disposition"], row["agent"], row["hung_up_by"]) == ("answered", "101", "agent")
    assert tones.seconds_of(caller.tone_hz, centre.recording(row).left) > TIMEOUT_S - 1  # what the caller said all the same
    await centre.phone("101")  # it is plugged in again, and asked for its next call at once
    await centre.wall.agent_is("101", reachable=True)


async def test_a_caller_vanishes_while_talking(centre: Centre) -> None:
    adi = await centre.agent("102")
    number = "0812999001"
    centre.numbers.append(number)
    async with lonely(centre.site.registrar, "call", "169", number, "10") as caller:
        at_adi = await adi.next_call()
        await at_adi.talking()
        await caller.says("talking")
        await caller.vanish()
        await at_adi.ended(NOTICED_S)
    row = await centre.final_row(number)
    assert (row["disposition"], row["agent"], row["hung_up_by"]) == ("answered", "102", "caller")
    centre.recording(row)
    await centre.wall.agent_is("102", presence="ready")


async def test_a_caller_vanishes_while_waiting(centre: Centre) -> None:
    number = "0812999002"
    centre.numbers.append(number)
    async with lonely(centre.site.registrar, "call", "169", number, "10") as caller:
        await caller.says("talking")
        await centre.wall.event("call_queued", centre.since)
        await caller.vanish()
        await centre.row(number, timeout_s=NOTICED_S, disposition="abandoned_queue", hung_up_by="caller")


async def test_a_phone_vanishes_while_it_rings(centre: Centre) -> None:
    """The offer ends when its time is over; the next agent has the call, and the caller kept the place."""
    await logged_in(centre, "101")
    async with lonely(centre.site.registrar, "phone", "101", "--ring", password=password(centre, "101")) as phone:
        await phone.says("ready")
        await centre.wall.agent_is("101", reachable=True)
        caller = await centre.caller("10")
        await phone.says("ringing")
        await phone.vanish()
        ayu = await centre.agent("102")
        await caller.wait_heard(MUSIC_HZ)
        at_ayu = await ayu.next_call()
        await centre.both_hear(caller, at_ayu)
        await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["agent"], row["offers"]) == ("answered", "102", 2)
    await centre.phone("101")  # plugged in again: registered, and reachable at once
    await centre.wall.agent_is("101", reachable=True)
