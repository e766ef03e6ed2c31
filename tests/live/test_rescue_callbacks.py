"""ivrd freezes or dies while a customer whom it has called back waits for the agent: the fallback has them, and their wish stays open."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rig.call import PhoneCall
from rig.phone import RING, Phone
from rig.process import Child
from rig.rescuer import rescuing
from rig.site import SitePaths, merged
from tests.live import test_callbacks as callbacks
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz
from tests.live.test_rescue import AFTER_S, ivrd_is_back

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
FLOWS = callbacks.FLOWS
PATIENT_S = 20  #: how fast it is, test_rescue.py says
SITE = merged(
    callbacks.SITE,
    {
        "overrides": {
            "ivrd.yaml": {
                "callbacks": {"dial": "customer_first", "ring_timeout_s": 30, "attempts": 1},
                "asterisk": {"fallback": {"rescue_after_s": AFTER_S, "max_wait_s": 20}},
            },
            "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 10}}},
        }
    },
)
NUMBER = callbacks.CUSTOMER


@pytest.fixture(scope="module")
def site(site: SitePaths) -> SitePaths:
    """The site, and the customer's number at the carrier."""
    return callbacks.with_customer(site)


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def rescuer(centre: Centre) -> AsyncIterator[Child]:
    """`ivrd rescue`, as systemd would run it."""
    async with rescuing(centre.site.config, centre.site.logs / "rescue.log") as child:
        yield child


async def rung(centre: Centre) -> tuple[Phone, PhoneCall, str]:
    """Adi, who is kept free; the customer's phone, which rings; and the call that asked for it."""
    customer = await centre.phone("103", RING)
    asked = await callbacks.wish(centre)
    adi = await centre.agent("101", RING)
    return adi, await customer.next_call(), asked


async def moved(at_customer: PhoneCall, mark: int) -> None:
    await at_customer.wait_heard(said_hz("fallback-wait"), since=mark, timeout_s=PATIENT_S)


async def has_the_row_of_the_fallback(centre: Centre, asked: str) -> None:
    """One row more, which says so; the wish is open, and the only attempt there may be has not been used."""
    attempted = await centre.wall.event("callback_attempted", centre.since, outcome="fallback")
    assert attempted["facts"]["attempt"] == 0
    row = await callbacks.row_of_the_attempt(centre, asked)
    assert (row["disposition"], row["hung_up_by"], row["agent"]) == ("fallback", "system", "")
    await centre.wall.queue_is("umum", callbacks_in_line=1, callbacks_dialled=0)


async def calls_and_is_served(centre: Centre, adi: Phone) -> None:
    """The customer calls by themselves: nobody is to be called back any more."""
    caller = await centre.dial(as_number=NUMBER)
    await caller.talking()
    await caller.press("10")
    at_adi = await adi.next_call()
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await centre.wall.event("callback_closed", centre.since, outcome="served")
    await caller.hang_up()
    await at_adi.ended()
    await centre.wall.queue_is("umum", callbacks=0)


async def test_frozen_while_the_agents_phone_rings(centre: Centre) -> None:
    adi, at_customer, asked = await rung(centre)
    await at_customer.answer()
    await at_customer.wait_heard(said_hz("callback-greeting"))
    offered = await adi.next_call()
    await at_customer.wait_heard(MUSIC_HZ)  # greeted, and in the bridge
    centre.ivrd.signal(signal.SIGSTOP)
    try:
        await moved(at_customer, at_customer.mark)
        await offered.ended()
        at_adi = await adi.next_call()  # the plain queue rings whoever is there
        await at_adi.answer()
        await centre.both_hear(at_customer, at_adi)
    finally:
        centre.ivrd.signal(signal.SIGCONT)
    centre.expected |= {"broker away", "part not ready"}
    await ivrd_is_back(centre)
    await has_the_row_of_the_fallback(centre, asked)
    await centre.both_hear(at_customer, at_adi)
    await at_customer.hang_up()
    await at_adi.ended()
    await calls_and_is_served(centre, adi)


async def test_killed_while_the_customer_waits_and_nobodys_phone_rings(centre: Centre) -> None:
    """The customer is in no bridge, since nobody's phone rang any more when the greeting was over; and ivrd is back while they talk to whoever the fallback found."""
    adi, at_customer, asked = await rung(centre)
    await at_customer.answer()
    offered = await adi.next_call()
    await offered.reject()
    await at_customer.wait_heard(MUSIC_HZ, since=at_customer.mark)
    await centre.ivrd.kill()
    await moved(at_customer, at_customer.mark)
    at_adi = await adi.next_call()
    await at_adi.answer()
    await centre.both_hear(at_customer, at_adi)
    await centre.ivrd.start()
    await ivrd_is_back(centre)
    await has_the_row_of_the_fallback(centre, asked)
    await centre.both_hear(at_customer, at_adi)  # not taken for a call of ours that is over
    await at_customer.hang_up()
    await at_adi.ended()
    await calls_and_is_served(centre, adi)


async def test_frozen_while_the_customers_phone_rings(centre: Centre) -> None:
    """It rings for nobody, and no more: that is no attempt."""
    adi, at_customer, _ = await rung(centre)
    centre.ivrd.signal(signal.SIGSTOP)
    try:
        await at_customer.ended(PATIENT_S)
    finally:
        centre.ivrd.signal(signal.SIGCONT)
    centre.expected |= {"broker away", "part not ready"}
    await ivrd_is_back(centre)
    attempted = await centre.wall.event("callback_attempted", centre.since, outcome="lost")
    assert attempted["facts"]["attempt"] == 0
    await centre.wall.queue_is("umum", callbacks_in_line=1, callbacks_dialled=0)
    await calls_and_is_served(centre, adi)
