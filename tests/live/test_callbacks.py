"""Callers who are called back, on real parts: both talk, the row says whose wish it was, a killed ivrd forgets nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rig.call import PhoneCall
from rig.phone import REJECT, Phone
from rig.site import SitePaths
from rig.tools import free_ports
from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

(SIP,) = free_ports(1)
CUSTOMER = "0215559876"
FLOWS = {
    "back": "start: c\nnodes:\n  c: {callback: {queue: umum, then: bye, otherwise: bye}}\n  bye: {hangup: {}}\n",
}
SITE = {
    "overrides": {
        "ivrd.yaml": {
            "dids": {"174": "back"},
            "asterisk": {
                "sip": {"port": SIP},
                # the carrier is this Asterisk itself, which rings the phone 103 for the customer's number
                "trunk": {"outbound": {"allow": ["021XXXXXXX"], "server": f"127.0.0.1:{SIP}"}},
            },
            "callbacks": {"allow": ["021XXXXXXX"], "dial": "agent_first", "attempts": 2, "retry_after_s": 30, "ring_timeout_s": 5},
        }
    }
}


@pytest.fixture(scope="module")
def site(site: SitePaths) -> SitePaths:
    """The site, and the customer's number at the carrier."""
    return with_customer(site)


def with_customer(site: SitePaths) -> SitePaths:
    """The phone 103 has the customer's number at the carrier."""
    extensions: Path = site.etc / "extensions.conf"
    extensions.write_text(extensions.read_text() + f"\n[from-trunk](+)\nexten => {CUSTOMER},1,Dial(PJSIP/103,20)\n same => n,Hangup(${{HANGUPCAUSE}})\n")
    return site


async def wish(centre: Centre) -> str:
    """The customer asks to be called back and hangs up; their call's id."""
    since = centre.wall.mark
    caller = await centre.dial("174", as_number=CUSTOMER)
    await caller.wait_heard(said_hz("callback-offer"))
    await caller.press("1")
    asked = await centre.wall.event("callback_requested", since)
    await caller.hang_up()
    return str(asked["call"])


async def called_back(centre: Centre, adi: Phone, customer: Phone) -> tuple[PhoneCall, PhoneCall]:
    """The agent's end and the customer's, who hear each other."""
    at_adi = await adi.next_call()
    assert at_adi.peer_number == CUSTOMER
    await at_adi.talking()
    at_customer = await customer.next_call()
    await at_customer.talking()
    await centre.both_hear(at_adi, at_customer)
    return at_adi, at_customer


async def row_of_the_attempt(centre: Centre, asked: str) -> dict[str, Any]:
    """The one row of the calls that were made for the wish, once it is there."""
    await centre.until(lambda: any(row["callback_of"] == asked for row in centre.rows(CUSTOMER)))
    (row,) = [row for row in centre.rows(CUSTOMER) if row["callback_of"] == asked]
    return row


async def test_agent_and_customer_talk_and_the_row_is_linked(centre: Centre) -> None:
    customer = await centre.phone("103")
    first = await wish(centre)
    await centre.wall.queue_is("umum", callbacks=1, callbacks_in_line=1)
    adi = await centre.agent("101")
    at_adi, at_customer = await called_back(centre, adi, customer)
    await centre.wall.agent_is("101", presence="talking")
    await at_customer.wait_length(1, since=at_customer.mark)
    await at_customer.hang_up()
    await at_adi.ended()
    await centre.until(lambda: len(centre.rows(CUSTOMER)) == 2, 10, lambda: str(centre.rows(CUSTOMER)))
    asked, back = sorted(centre.rows(CUSTOMER), key=lambda r: r["arrived_utc"])
    assert (asked["disposition"], asked["callback_of"], asked["call"]) == ("callback", "", first)
    assert (back["disposition"], back["callback_of"], back["agent"], back["did"]) == ("answered", first, "101", "174")
    recording = centre.recording(back)
    assert recording.duration_s > 0.5  # they heard each other for longer
    await centre.wall.queue_is("umum", callbacks=0, callbacks_in_line=0, callbacks_reached_today=1, callbacks_asked_today=1)
    metrics = await centre.ivrd.metrics()
    assert metrics['ivrd_callbacks_total{outcome="reached",queue="umum",what="closed"}'] == 1
    await centre.until(lambda: centre.wall.state("trunk/state")["in_use"] == 0)


async def test_a_killed_ivrd_forgets_nobody_and_a_busy_customer_is_tried_again(centre: Centre) -> None:
    adi = await centre.agent("101")
    await adi.unregister()
    await centre.wall.agent_is("101", reachable=False)
    await centre.phone("103", REJECT)
    first = await wish(centre)
    await centre.wall.queue_is("umum", callbacks_in_line=1)
    await centre.ivrd.kill()
    await centre.ivrd.start()
    since = centre.wall.mark
    await adi.register()
    at_adi = await adi.next_call()
    await at_adi.wait_heard(said_hz("callback-not-reached"))
    await at_adi.ended()
    attempted = await centre.wall.event("callback_attempted", since, outcome="busy")
    assert attempted["call"].startswith(first)
    await centre.wall.agent_is("101", presence="ready")
    # the customer calls by themselves and is served: nobody is rung for the old wish any more
    caller = await centre.dial(as_number=CUSTOMER)
    await caller.talking()
    await caller.press("10")
    at_adi = await adi.next_call()
    await centre.both_hear(caller, at_adi)
    closed = await centre.wall.event("callback_closed", since, outcome="served")
    assert closed["facts"]["queue"] == "umum"
    await caller.hang_up()
    await at_adi.ended()
    await centre.wall.queue_is("umum", callbacks_in_line=0)
