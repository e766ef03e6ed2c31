"""Keys of desk phones (BLF) show agents and queues, as SIP tells them."""

from __future__ import annotations

import pytest

from rig.key import Key
from rig.phone import RING
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {"overrides": {"queues.yaml": {"queues": {"umum": {"ring_timeout_s": 20}}}}}
OFF, FLASHES, ON = "terminated", "early", "confirmed"


def key(centre: Centre, watches: str, extension: str = "102", password: str = "") -> Key:
    """A key of a colleague's phone."""
    secret = password or centre.site.secrets.phones[extension]
    return Key(centre.site.registrar, extension, secret, watches)


async def test_an_agent_s_lamp_follows_the_agent(centre: Centre) -> None:
    adi = await centre.phone("101", RING)
    async with key(centre, "agent-101") as lamp:
        await lamp.shows(OFF)
        await centre.feature(adi, "*131")  # refused: not logged in
        await centre.feature(adi, "*11")
        await centre.wall.agent_is("101", presence="ready")
        await centre.feature(adi, "*131")
        await lamp.shows(OFF, ON)
        await centre.feature(adi, "*14")
        await lamp.shows(ON, OFF)
        caller = await centre.caller("10")
        at_adi = await adi.next_call()
        await lamp.shows(OFF, FLASHES)
        await at_adi.answer()
        await lamp.shows(FLASHES, ON)
        await caller.hang_up()
        await lamp.shows(ON, OFF)
        await centre.feature(adi, "*12")
        await centre.wall.agent_is("101", presence="logged_out")


async def test_a_queue_s_lamp_tells_who_waits_and_whether_anybody_is_ready(centre: Centre) -> None:
    for extension in ("101", "102", "103"):
        phone = await centre.phone(extension)
        await centre.feature(phone, "*12")
    async with key(centre, "queue-umum") as lamp:
        await lamp.shows(ON)  # nobody waits, nobody is ready
        caller = await centre.caller("10")
        await lamp.shows(ON, FLASHES)
        await caller.wait_heard(MUSIC_HZ)
        await caller.hang_up()
        await lamp.shows(FLASHES, ON)
        await centre.agent("101")
        await lamp.shows(ON, OFF)


async def test_lamps_are_right_after_a_restart(centre: Centre) -> None:
    adi = await centre.agent("101")
    await centre.feature(adi, "*132")
    async with key(centre, "agent-101") as lamp:
        await lamp.shows(ON)
        await centre.ivrd.kill()
        await centre.ivrd.start()
        await centre.wall.agent_is("101", presence="paused", reason="salat")
        assert lamp.shown[-1] == ON
        await centre.feature(adi, "*14")
        await lamp.shows(ON, OFF)


async def test_a_name_that_is_not_there_and_a_stranger_are_refused(centre: Centre) -> None:
    centre.expected.add("access refused by asterisk")
    async with key(centre, "agent-999") as lamp:
        assert lamp.refused == 404
    with pytest.raises(TimeoutError):  # asked for a password again and again
        async with key(centre, "agent-101", password="wrong"):
            pass
