"""kill -9 and a new start while a customer is being called back, or a colleague asked: it goes on where it was, once."""

from __future__ import annotations

import pytest

from rig.call import PhoneCall
from rig.phone import RING, Phone
from rig.site import SitePaths, merged
from tests.live import test_callbacks as callbacks
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ
from tests.live.test_killed import Listening
from tests.live.test_transfers import ask

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
FLOWS = callbacks.FLOWS
SITE = merged(
    callbacks.SITE,
    {
        "overrides": {
            # phones ring on while ivrd is away
            "ivrd.yaml": {"callbacks": {"ring_timeout_s": 20}, "asterisk": {"sip": {"transfers": True}}},
            "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 20}}},
        }
    },
)


@pytest.fixture(scope="module")
def site(site: SitePaths) -> SitePaths:
    """The site, and the customer's number at the carrier."""
    return callbacks.with_customer(site)


async def anew(centre: Centre) -> None:
    """Killed, and started."""
    await centre.ivrd.kill()
    await centre.ivrd.start()


# --- a customer is called back (with the customer rung first: test_customer_first.py)


async def rung(centre: Centre) -> tuple[Phone, PhoneCall, PhoneCall, str]:
    """Adi has picked up, and the customer's phone rings: Adi's phone, the two ends, and the call that asked for it."""
    customer = await centre.phone("103", RING)
    asked = await callbacks.wish(centre)
    await centre.wall.queue_is("umum", callbacks_in_line=1)
    adi = await centre.agent("101")
    at_adi = await adi.next_call()
    await at_adi.talking()
    await centre.wall.event("callback_dialled", centre.since)  # told before ivrd is killed: counted below
    return adi, at_adi, await customer.next_call(), asked


async def kept_once(centre: Centre, asked: str, at_adi: PhoneCall, at_customer: PhoneCall) -> None:
    """The two talk, and hang up: one row, one recording, and a wish that was fulfilled once, by one call."""
    await centre.both_hear(at_adi, at_customer)
    await at_customer.wait_length(1, since=at_customer.mark)
    await at_customer.hang_up()
    await at_adi.ended()
    row = await callbacks.row_of_the_attempt(centre, asked)
    assert (row["disposition"], row["agent"], row["hung_up_by"], row["offers"]) == ("answered", "101", "caller", 1)
    assert centre.recording(row).duration_s > 0.5
    await centre.wall.queue_is("umum", callbacks=0, callbacks_in_line=0, callbacks_dialled=0)
    for kind in ("callback_dialled", "callback_answered", "callback_closed"):
        (_,) = centre.wall.events(kind, centre.since)


async def test_the_agent_has_picked_up_and_the_customers_phone_rings(centre: Centre) -> None:
    _, at_adi, at_customer, asked = await rung(centre)
    await anew(centre)
    assert not at_adi.is_over
    assert not at_customer.is_over
    await at_customer.answer()
    await kept_once(centre, asked, at_adi, at_customer)


async def test_agent_and_customer_talk(centre: Centre) -> None:
    _, at_adi, at_customer, asked = await rung(centre)
    await at_customer.answer()
    await centre.wall.event("callback_closed", centre.since)
    await centre.both_hear(at_adi, at_customer)
    ends = Listening(at_customer, at_adi.tone_hz), Listening(at_adi, at_customer.tone_hz)
    await anew(centre)
    await centre.both_hear(at_adi, at_customer)
    for end in ends:
        await end.went_on()
    await kept_once(centre, asked, at_adi, at_customer)


async def test_the_customer_picks_up_meanwhile_and_is_called_again_at_no_cost(centre: Centre) -> None:
    """Asterisk has nobody to give the customer to, and hangs up; the agent is not kept either."""
    adi, at_adi, at_customer, asked = await rung(centre)
    await centre.ivrd.kill()
    await at_customer.answer()
    await at_customer.ended()
    await centre.ivrd.start()
    await at_adi.ended()
    attempted = await centre.wall.event("callback_attempted", centre.since, outcome="lost")
    assert attempted["facts"]["attempt"] == 0
    assert (await callbacks.row_of_the_attempt(centre, asked))["disposition"] == "not_reached"
    await centre.wall.queue_is("umum", callbacks_in_line=1, callbacks_dialled=0)
    caller = await centre.dial(as_number=callbacks.CUSTOMER)  # and is served before that
    await caller.talking()
    await caller.press("10")
    served = await adi.next_call()
    await centre.both_hear(caller, served)
    await centre.wall.event("callback_closed", centre.since, outcome="served")
    await caller.hang_up()
    await served.ended()


# --- a colleague is asked about the caller, who is on hold


async def on_hold(centre: Centre) -> tuple[Phone, Phone, PhoneCall, PhoneCall]:
    """Adi has the caller on hold, Ayu is free: their phones, the caller and Adi's end."""
    adi = await centre.agent("101")
    ayu = await centre.agent("102", RING)
    await centre.feature(ayu, "*13")
    caller, at_adi = await centre.conversation(adi)
    await centre.feature(ayu, "*14")
    await at_adi.hold()
    await centre.wall.event("hold_started", centre.since, agent="101")
    await caller.wait_heard(MUSIC_HZ, since=caller.mark)
    return adi, ayu, caller, at_adi


async def given_to_ayu(centre: Centre, caller: PhoneCall, at_adi: PhoneCall, asking: PhoneCall, at_ayu: PhoneCall) -> None:
    """Adi presses transfer, and Ayu has the caller: two talks, one row."""
    assert await at_adi.give_to(asking)
    await centre.both_hear(caller, at_ayu)
    await at_adi.ended()
    await asking.ended()
    await centre.wall.agent_is("102", presence="talking")
    # Asterisk records the second talk when the first one's file is whole, which a busy machine is not sure of for three seconds
    await centre.until(lambda: any((centre.site.root / "var/spool").rglob("*.talk-2.raw")))
    await caller.wait_length(1, since=caller.mark)
    await caller.hang_up()
    await at_ayu.ended()
    row = await centre.final_row()
    assert (row["agent"], row["disposition"], row["passed_on"], row["offers"]) == ("102", "answered", "umum:101", 1)
    assert centre.recording(row).duration_s > 0.5
    assert len(row["earlier_recordings"].split(",")) == 1
    for kind in ("consult_began", "consult_ended"):
        (_,) = centre.wall.events(kind, centre.since)
    await centre.wall.queue_is("umum", waiting=0, talking=0)


@pytest.mark.parametrize("answers", ["afterwards", "meanwhile"])
async def test_the_colleagues_phone_rings(centre: Centre, answers: str) -> None:
    adi, ayu, caller, at_adi = await on_hold(centre)
    asking = await adi.dial("102")
    at_ayu = await ayu.next_call()
    await asking.rings()
    await centre.wall.event("consult_began", centre.since)
    music = Listening(caller, MUSIC_HZ)
    await centre.ivrd.kill()
    if answers == "meanwhile":
        await at_ayu.answer()
        await at_ayu.talking()
    await centre.ivrd.start()
    assert not asking.is_over
    await at_ayu.answer() if answers == "afterwards" else None
    await asking.talking()
    await centre.both_hear(asking, at_ayu)
    await music.went_on()
    await given_to_ayu(centre, caller, at_adi, asking, at_ayu)
    await centre.feature(ayu, "*12")


async def test_agent_and_colleague_talk_and_the_caller_is_given_over_afterwards(centre: Centre) -> None:
    adi, ayu, caller, at_adi = await on_hold(centre)
    asking, at_ayu = await ask(centre, adi, ayu, "102")
    ends = Listening(caller, MUSIC_HZ), Listening(asking, at_ayu.tone_hz), Listening(at_ayu, asking.tone_hz)
    await anew(centre)
    await centre.both_hear(asking, at_ayu)
    for end in ends:
        await end.went_on()
    await given_to_ayu(centre, caller, at_adi, asking, at_ayu)
    await centre.feature(ayu, "*12")
