"""From an address that is not the trunk's nobody gets in, whatever they call themselves: no channel, no call, no row."""

from __future__ import annotations

import pytest

from tests.live.centre import Centre
from tests.live.stranger import Stranger

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SCANNED = "0899000111"
#: what may stand in From: nobody we know, nobody at all, the endpoints' own names
SENDERS = (
    f"<sip:{SCANNED}@127.0.0.1>",
    '"Anonymous" <sip:anonymous@anonymous.invalid>',
    "<sip:127.0.0.1>",
    "<sip:trunk@127.0.0.1>",
    "<sip:101@127.0.0.1>",
)
UNAUTHORIZED = 401


@pytest.mark.parametrize("via", ["", "127.0.0.1"], ids=["own", "trunk's"])
async def test_strangers_are_asked_for_a_password_that_they_do_not_have(centre: Centre, via: str) -> None:
    """Also when Via, Contact and the carrier's own header claim the trunk's address."""
    centre.expected.add("access refused by asterisk")
    before = len(centre.ivrd.lines())
    more = f"P-Asserted-Identity: <sip:{SCANNED}@127.0.0.1>"
    with Stranger(centre.site.registrar) as stranger:
        for sender in SENDERS:
            for method, user in (("INVITE", "169"), ("INVITE", "*11"), ("REGISTER", ""), ("OPTIONS", "169"), ("OPTIONS", "")):
                answer = await stranger.ask(method, sender, user, via=via, more=more)
                assert answer.status == UNAUTHORIZED, (method, sender, user)
    assert await centre.asterisk.channels() == []

    # Who calls by the trunk is served, and is the only one that ivrd was told of.
    await (await centre.caller("1")).hang_up()
    await centre.row()
    arrived = [line for line in centre.ivrd.lines()[before:] if line["event"] == "call arrived"]
    assert len(arrived) == 1
    for number in (SCANNED, "anonymous", "trunk", "101", ""):
        assert centre.rows(number) == []
    assert "Contact:" not in await centre.asterisk.console("pjsip show contacts")  # nobody registered


async def test_the_same_requests_by_the_trunk_are_let_in(centre: Centre) -> None:
    """So that it is the address that keeps the others out, and not how they ask."""
    with Stranger(centre.site.registrar, "127.0.0.1") as carrier:
        assert (await carrier.ask("OPTIONS", SENDERS[0], "169")).status == 200
        assert (await carrier.ask("INVITE", SENDERS[0], "168")).status == 404
