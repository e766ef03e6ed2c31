"""Without legs made ahead (``asterisk.ari.warm_legs: false``): each phone is dialled when it is its turn."""

from __future__ import annotations

import pytest

from rig.phone import ANSWER, RING
from tests.live.centre import Centre

SITE = {
    "overrides": {
        "ivrd.yaml": {"asterisk": {"ari": {"warm_legs": False}}},
        "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 15, "wrap_up_s": 1}}},
    }
}
pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def test_a_call(centre: Centre) -> None:
    adi = await centre.agent("101")
    assert await centre.asterisk.warm_legs() == []
    caller, _ = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["agent"]) == ("answered", "101")
    centre.recording(row)


async def test_answered_during_the_outage(centre: Centre) -> None:
    """Asterisk drops the agent, as nobody is there to connect; the caller keeps the place."""
    adi = await centre.agent("102", RING)
    caller = await centre.caller("10")
    at_adi = await adi.next_call()
    await centre.ivrd.kill()
    await at_adi.answer()
    await at_adi.ended()
    adi.policy = ANSWER
    await centre.ivrd.start()
    await centre.both_hear(caller, await adi.next_call())  # rung again, without being asked
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["agent"], row["offers"]) == ("answered", "102", 2)
    centre.recording(row)
