"""Called back with the customer rung first: an agent is kept free meanwhile, and has the call at once."""

from __future__ import annotations

import pytest

from rig.phone import RING
from rig.site import SitePaths, merged
from tests.live import test_callbacks as agent_first
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
FLOWS = agent_first.FLOWS
SITE = merged(agent_first.SITE, {"overrides": {"ivrd.yaml": {"callbacks": {"dial": "customer_first", "ring_timeout_s": 15}}, "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 15}}}}})


@pytest.fixture(scope="module")
def site(site: SitePaths) -> SitePaths:
    """The site, and the customer's number at the carrier."""
    return agent_first.with_customer(site)


async def test_the_customer_answers_and_the_agent_kept_free_has_the_call(centre: Centre) -> None:
    customer = await centre.phone("103", RING)
    first = await agent_first.wish(centre)
    await centre.wall.queue_is("umum", callbacks_in_line=1)
    adi = await centre.agent("101", RING)
    at_customer = await customer.next_call()
    await centre.wall.event("callback_dialled", centre.since, agent="101")
    other = await centre.caller("10")  # a caller who comes meanwhile waits: Adi is kept free
    await centre.wall.event("call_queued", centre.since, queue="umum")
    assert adi.incoming == []
    await at_customer.answer()
    await at_customer.wait_heard(said_hz("callback-greeting"))
    at_adi = await adi.next_call()
    assert at_adi.peer_number == agent_first.CUSTOMER
    await other.hang_up()
    await at_adi.answer()
    await centre.both_hear(at_adi, at_customer)
    await at_customer.wait_length(1, since=at_customer.mark)
    await at_customer.hang_up()
    await at_adi.ended()
    number = agent_first.CUSTOMER
    await centre.until(lambda: len(centre.rows(number)) == 2, 10, lambda: str(centre.rows(number)))
    back = max(centre.rows(number), key=lambda r: r["arrived_utc"])
    assert (back["disposition"], back["callback_of"], back["agent"]) == ("answered", first, "101")
    assert centre.recording(back).duration_s > 0.5
    await centre.wall.queue_is("umum", callbacks=0, callbacks_in_line=0, callbacks_reached_today=1)


async def test_the_agent_kept_free_takes_a_pause_and_the_customers_phone_rings_no_more(centre: Centre) -> None:
    customer = await centre.phone("103", RING)
    await agent_first.wish(centre)
    await centre.wall.queue_is("umum", callbacks_in_line=1)
    adi = await centre.agent("101", RING)
    at_customer = await customer.next_call()
    await centre.wall.queue_is("umum", callbacks_dialled=1)
    await centre.feature(adi, "*13")
    await at_customer.ended()
    attempted = await centre.wall.event("callback_attempted", centre.since, outcome="agent_left")
    assert attempted["facts"]["attempt"] == 0  # it costs the customer none
    await centre.wall.queue_is("umum", callbacks_in_line=1, callbacks_dialled=0)
    # the customer wonders who that was, calls, and is served: the wish is settled
    caller = await centre.dial(as_number=agent_first.CUSTOMER)
    await caller.talking()
    await caller.press("10")
    await centre.agent("101", RING)
    at_adi = await adi.next_call()
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await centre.wall.event("callback_closed", centre.since, outcome="served")
    await caller.hang_up()
    await at_adi.ended()
    await centre.wall.queue_is("umum", callbacks_in_line=0)


async def test_killed_while_the_customer_waits_and_the_agents_phone_rings(centre: Centre) -> None:
    """The same phone rings on for the same customer: one call, one row, and the wish is fulfilled once."""
    customer = await centre.phone("103", RING)
    asked = await agent_first.wish(centre)
    await centre.wall.queue_is("umum", callbacks_in_line=1)
    adi = await centre.agent("101", RING)
    at_customer = await customer.next_call()
    await at_customer.answer()
    at_adi = await adi.next_call()
    await at_customer.wait_heard(said_hz("callback-greeting"))
    await centre.wall.event("call_offered", centre.since, agent="101")  # told before ivrd is killed: counted below
    await centre.ivrd.kill()
    await centre.ivrd.start()
    await at_customer.wait_heard(MUSIC_HZ, since=at_customer.mark)
    assert not at_adi.is_over
    await at_adi.answer()
    await centre.both_hear(at_adi, at_customer)
    await at_customer.wait_length(1, since=at_customer.mark)
    await at_customer.hang_up()
    await at_adi.ended()
    row = await agent_first.row_of_the_attempt(centre, asked)
    assert (row["disposition"], row["agent"], row["hung_up_by"], row["offers"]) == ("answered", "101", "caller", 1)
    assert centre.recording(row).duration_s > 0.5
    await centre.wall.queue_is("umum", callbacks=0, callbacks_in_line=0, callbacks_dialled=0)
    for kind in ("callback_dialled", "call_offered", "callback_closed"):
        (_,) = centre.wall.events(kind, centre.since)
