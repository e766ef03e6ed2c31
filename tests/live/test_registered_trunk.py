"""A carrier that wants Asterisk to register with it: by the password of the secrets, and calls come to where it said."""

from __future__ import annotations

import pytest

from rig.carrier import Carrier
from rig.tools import free_ports
from tests.live.centre import Centre
from tests.live.stranger import Stranger

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
(CARRIER,) = free_ports(1)
USER = "ministry169"
SITE = {"overrides": {"ivrd.yaml": {"asterisk": {"trunk": {"kind": "register", "addresses": [], "server": f"127.0.0.1:{CARRIER}", "user": USER}}}}}


async def test_asterisk_registers_and_is_called(centre: Centre) -> None:
    async with Carrier(CARRIER, USER, centre.site.secrets.trunk) as carrier:
        await centre.asterisk.console("pjsip send register trunk-registration")  # it tried before the carrier was there, and waits half a minute
        await centre.until(lambda: carrier.contact != "", 5)
        host, _, port = centre.site.registrar.partition(":")
        assert f"sip:169@{host}:{port}" in carrier.contact
        assert carrier.refused == 0
        adi = await centre.agent("101")
        caller, at_adi = await centre.conversation(adi)
        await caller.hang_up()
        await at_adi.ended()
        row = await centre.final_row()
        assert (row["disposition"], row["agent"]) == ("answered", "101")
        await centre.until(lambda: centre.wall.state("alert/trunk")["raised"] is False, 10)


async def test_a_carrier_that_knows_another_password_is_told_of_and_calls_nobody(centre: Centre) -> None:
    """Whoever operates the centre is told; and who is not the carrier's address is let in by no registration."""
    centre.expected |= {"alarm"}
    async with Carrier(CARRIER, USER, "another") as carrier:
        await centre.asterisk.console("pjsip send register trunk-registration")
        await centre.until(lambda: carrier.refused > 0, 5)
        assert carrier.contact == ""
    with Stranger(centre.site.registrar) as stranger:
        answer = await stranger.ask("INVITE", f"<sip:{USER}@127.0.0.2>", "169")
        assert answer.status in (401, 403, 404)
    await centre.until(lambda: centre.wall.state("alert/trunk")["raised"], 20)
    (fault,) = centre.wall.state("alert/trunk")["faults"]
    assert fault["message"].startswith(f"Asterisk is not registered with the carrier at 127.0.0.1:{CARRIER}: ")
    async with Carrier(CARRIER, USER, centre.site.secrets.trunk):
        await centre.asterisk.console("pjsip send register trunk-registration")
        await centre.until(lambda: not centre.wall.state("alert/trunk")["raised"], 15)
