"""Legs that are made ahead, against a scripted server: made, dialled, lent, given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from aiohttp import web

from ivrd.adapters.ari import AriClient
from ivrd.adapters.ari.warm import MOST_AT_ONCE
from ivrd.core.events import AgentAnswered, AgentRinging, ChannelGone, SwitchSeen, TransferAsked
from ivrd.errors import SwitchError
from tests.adapters.ari.conftest import PASSWORD, ScriptedAri, says
from tests.contract.harness import EventLog, WallClock

LEG, CALL = "1764.1.agent-101.1", "1764.1"
OTHER = "1764.1.agent-102.2"


class Switch:
    """A client whose phones are kept warm, and what Asterisk says of the legs."""

    def __init__(self, server: ScriptedAri, client: AriClient, inbox: EventLog) -> None:
        self.server, self.client, self.inbox = server, client, inbox
        self.socket: Any = None

    async def asked(self, order: str, count: int = 1) -> None:
        """Wait for the ``count``-th such order."""
        async with asyncio.timeout(5):
            while sum(r.startswith(order) for r in self.server.requests) < count:  # noqa: ASYNC110 - a scripted server
                await asyncio.sleep(0.005)

    def made(self) -> list[str]:
        """Ids of the channels that were made, in order."""
        pairs = zip(self.server.requests, self.server.queries, strict=True)
        return [query["channelId"] for order, query in pairs if order == "POST channels/create"]

    async def says(self, kind: str, channel: str, state: str = "Down", **more: object) -> None:
        """An event."""
        await self.socket.send_json({"type": kind, "channel": {"id": channel, "state": state}, **more})

    async def warm(self, *extensions: str) -> list[str]:
        """Have these phones' legs made, and in Stasis."""
        before = len(self.made())
        self.client.warm.keep(frozenset(extensions))
        await self.asked("POST channels/create", before + len(extensions))
        channels = self.made()[before:]
        for channel in channels:
            await self.says("StasisStart", channel, args=["warm"])
        await self.settled()
        return channels

    async def settled(self) -> None:
        """What was said before has been heard."""
        seen = len(self.inbox.of(ChannelGone, channel="marker"))
        await self.says("ChannelDestroyed", "marker")
        await self.inbox.wait(ChannelGone, count=seen + 1, channel="marker")


@asynccontextmanager
async def switch(server: ScriptedAri) -> AsyncIterator[Switch]:
    inbox = EventLog()
    client = AriClient(server.settings(), PASSWORD, inbox, WallClock(), structlog.get_logger())
    async with asyncio.TaskGroup() as tasks:
        mine = [tasks.create_task(client.run(), name="ari"), tasks.create_task(client.warm.run(), name="warm")]
        async with asyncio.timeout(5):
            await client.connected.wait()
        made = Switch(server, client, inbox)
        made.socket = await server.sockets.get()
        yield made
        for task in mine:
            task.cancel()


async def test_an_offer_dials_the_leg_that_is_there_and_brings_it_into_the_calls_bridge(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        (own,) = await at.warm("101")
        await at.client.offer(LEG, "101", "0812", "Help (id)", 15)
        assert asterisk.requests[-5:] == [
            f"POST channels/{own}/variable",
            f"POST channels/{own}/dial",
            f"POST channels/{own}/variable",
            f"POST bridges/{CALL}.bridge",
            f"POST bridges/{CALL}.bridge/addChannel",
        ]
        display, dial, whose, _, member = asterisk.queries[-5:]
        assert display == {"variable": "CONNECTEDLINE(all,i)", "value": '"Help (id)" <0812>'}
        assert dial == {}  # Asterisk 22.10 may crash on a time-out here (ADR 113)
        assert whose == {"variable": "IVRD_LEG", "value": LEG}
        assert member == {"channel": own}


async def test_the_bridge_that_an_offer_has_made_is_not_made_again(asterisk: ScriptedAri) -> None:
    bridge = f"{CALL}.bridge"
    async with switch(asterisk) as at:
        await at.warm("101")
        await at.client.offer(LEG, "101", "0812", "", 15)
        orders = len(asterisk.requests)
        await at.client.open_bridge(bridge)
        assert len(asterisk.requests) == orders
        await at.client.open_bridge(bridge)  # it is wanted again: it may be gone
        assert asterisk.requests[orders:] == [f"POST bridges/{bridge}"]


async def test_a_bridge_that_the_offer_could_not_make_or_that_is_gone_is_made(asterisk: ScriptedAri) -> None:
    bridge = f"{CALL}.bridge"
    async with switch(asterisk) as at:
        await at.warm("101", "102")
        asterisk.answers[f"POST bridges/{bridge}"] = says(500, error="Unable to create bridge")
        await at.client.offer(LEG, "101", "0812", "", 15)
        del asterisk.answers[f"POST bridges/{bridge}"]
        await at.client.open_bridge(bridge)
        assert asterisk.requests[-1] == f"POST bridges/{bridge}"
        await at.client.offer(OTHER, "102", "0812", "", 15)
        asterisk.answers[f"POST bridges/{bridge}/addChannel"] = says(404, message="Bridge not found")
        with pytest.raises(SwitchError):
            await at.client.connect(bridge, (CALL,))
        await at.client.open_bridge(bridge)
        assert asterisk.requests[-1] == f"POST bridges/{bridge}"


async def test_its_events_and_orders_are_those_of_the_leg(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        (own,) = await at.warm("101")
        await at.client.offer(LEG, "101", "0812", "", 15)
        await at.says("ChannelStateChange", own, "Ringing")
        await at.inbox.wait(AgentRinging, call=CALL, leg=LEG)
        await at.says("ChannelStateChange", own, "Up")
        await at.inbox.wait(AgentAnswered, call=CALL, leg=LEG)
        orders = len(asterisk.requests)
        await at.client.connect(f"{CALL}.bridge", (LEG,))  # it is there
        assert len(asterisk.requests) == orders
        await at.client.connect(f"{CALL}.bridge", (LEG, CALL))
        assert asterisk.queries[-1] == {"channel": CALL}
        await at.client.hang_up(LEG, 16)
        assert asterisk.requests[-1] == f"DELETE channels/{own}"
        await at.says("StasisEnd", own, "Up")
        await at.settled()
        await at.client.hang_up(LEG, 16)  # it has left us, and may still be there
        assert asterisk.requests[-2:] == [f"DELETE channels/{own}"] * 2
        await at.says("ChannelDestroyed", own, "Up", cause=17)
        await at.settled()
        assert [e.cause for e in at.inbox.of(ChannelGone, channel=LEG)] == [17]
        orders = len(asterisk.requests)
        await at.client.hang_up(LEG, 16)  # it is no more: nobody is asked
        assert len(asterisk.requests) == orders
        assert at.client.warm.own(LEG) == LEG  # lent no longer


async def test_who_presses_the_transfer_key_is_the_leg_and_the_answer_goes_to_its_channel(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        (own,) = await at.warm("101")
        await at.client.offer(LEG, "101", "0812", "", 15)
        wanted = {"requested_destination": {"destination": "102"}}
        await at.socket.send_json({"type": "ChannelTransfer", "refer_to": wanted, "referred_by": {"source_channel": {"id": own}}})
        await at.inbox.wait(TransferAsked, call=CALL, leg=LEG, to="102")
        await at.client.answer_transfer(LEG, taken=False)
        assert asterisk.requests[-1] == f"POST channels/{own}/transfer_progress"
        assert asterisk.queries[-1] == {"states": "channel_declined"}


async def test_the_other_call_of_a_transfer_is_the_leg_too(asterisk: ScriptedAri) -> None:
    """A phone that sends REFER on the call to the colleague names that to the caller within."""
    async with switch(asterisk) as at:
        (own,) = await at.warm("101")
        await at.client.offer(LEG, "101", "0812", "", 15)
        wanted = {"destination_channel": {"id": own}}
        await at.socket.send_json({"type": "ChannelTransfer", "refer_to": wanted, "referred_by": {"source_channel": {"id": "a2"}}})
        await at.inbox.wait(TransferAsked, call="a2", leg="a2", other=LEG)


async def test_a_leg_in_a_transfer_is_hung_up_when_its_phone_has_been_told(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        (own,) = await at.warm("101")
        await at.client.offer(LEG, "101", "0812", "", 15)
        asked = {"type": "ChannelTransfer", "refer_to": {"destination_channel": {"id": own}}, "referred_by": {"source_channel": {"id": "a2"}}}
        await at.socket.send_json(asked)
        await at.inbox.wait(TransferAsked, other=LEG)
        await at.client.answer_transfer("a2", taken=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(at.client.hang_up(LEG, 16))
            await at.settled()
            await at.client.stop_prompt("later")  # other orders go on, and would come after it
            assert f"DELETE channels/{own}" not in asterisk.requests
            await at.socket.send_json({**asked, "state": "channel_answered"})
        assert asterisk.requests[-1] == f"DELETE channels/{own}"


async def test_a_phone_without_one_is_dialled_cold(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        at.client.warm.keep(frozenset({"101"}))
        await at.asked("POST channels/create")  # but it is not in Stasis yet
        await at.client.offer(LEG, "101", "0812", "", 15)
        assert asterisk.requests[-1] == "POST channels"


async def test_nor_is_a_leg_dialled_while_nobody_would_notice_that_the_phone_moves(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        await at.warm("101")
        at.client.warm.usable = lambda: False
        await at.client.offer(LEG, "101", "0812", "", 15)
        assert asterisk.requests[-1] == "POST channels"


async def test_a_leg_that_cannot_be_dialled_is_given_up_and_the_phone_dialled_cold(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        (own,) = await at.warm("101")
        asterisk.answers[f"POST channels/{own}/dial"] = says(404, message="Channel not found")
        await at.client.offer(LEG, "101", "0812", "", 15)
        assert "POST channels" in asterisk.requests
        await at.asked(f"DELETE channels/{own}")
        await at.client.hang_up(LEG, 16)
        assert asterisk.requests[-1] == f"DELETE channels/{LEG}"


async def test_a_phone_that_has_moved_gets_a_new_leg_and_one_that_is_gone_none(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        (old,) = await at.warm("101")
        at.client.warm.moved("101", True)
        await at.asked(f"DELETE channels/{old}")
        await at.asked("POST channels/create", 2)
        assert at.made()[1] != old
        at.client.warm.moved("101", False)
        await at.asked(f"DELETE channels/{at.made()[1]}")
        await at.settled()
        assert len(at.made()) == 2


async def test_who_is_no_longer_ready_has_none(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        first, second = await at.warm("101", "102")
        at.client.warm.keep(frozenset({"102"}))
        await at.asked(f"DELETE channels/{first}")
        await at.client.warm.end()
        assert asterisk.requests[-1] == f"DELETE channels/{second}"
        at.client.warm.keep(frozenset({"101"}))
        await at.settled()
        assert len(at.made()) == 2


async def test_one_that_cannot_be_made_keeps_no_other_from_being_made(asterisk: ScriptedAri) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500 if request.query["endpoint"] == "PJSIP/101" else 204)

    asterisk.answers["POST channels/create"] = refuse
    async with switch(asterisk) as at:
        at.client.warm.keep(frozenset({"101", "102"}))
        await at.asked("POST channels/create", 2)
        await at.says("StasisStart", at.made()[1], args=["warm"])
        await at.settled()
        await at.client.offer(LEG, "101", "0812", "", 15)
        assert asterisk.requests[-1] == "POST channels"
        await at.client.offer(OTHER, "102", "0812", "", 15)
        assert asterisk.requests[-1] != "POST channels"


async def test_a_whole_floor_is_made_and_hung_up_some_at_a_time(asterisk: ScriptedAri) -> None:
    floor = [str(101 + n) for n in range(2 * MOST_AT_ONCE + 1)]
    async with switch(asterisk) as at:
        channels = await at.warm(*floor)
        assert len(set(channels)) == len(floor)
        at.client.warm.keep(frozenset())
        await at.asked("DELETE channels/", len(floor))
        assert sorted(r for r in asterisk.requests if r.startswith("DELETE")) == sorted(f"DELETE channels/{c}" for c in channels)


async def test_two_phones_that_ring_for_one_caller_do_not_hear_each_other(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        await at.warm("101", "102")
        await at.client.offer(LEG, "101", "0812", "", 15)
        await at.client.offer(OTHER, "102", "0812", "", 15)
        members = [r for r in asterisk.requests if r.endswith("addChannel")]
        assert len(members) == 1
        await at.client.connect(f"{CALL}.bridge", (OTHER,))
        assert asterisk.requests[-1].endswith("addChannel")


async def test_nor_do_two_that_are_rung_at_once(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        first, second = await at.warm("101", "102")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(at.client.offer(LEG, "101", "0812", "", 15), name="first")
            tasks.create_task(at.client.offer(OTHER, "102", "0812", "", 15), name="second")
        assert {f"POST channels/{own}/dial" for own in (first, second)} <= set(asterisk.requests)
        (member,) = [q for r, q in zip(asterisk.requests, asterisk.queries, strict=True) if r.endswith("addChannel")]
        assert member == {"channel": first}
        orders = len(asterisk.requests)
        await at.client.connect(f"{CALL}.bridge", (LEG,))  # it is there
        assert len(asterisk.requests) == orders
        await at.client.connect(f"{CALL}.bridge", (OTHER,))
        assert asterisk.queries[-1] == {"channel": second}


async def test_where_the_first_could_not_be_dialled_the_next_waits_in_the_bridge(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        first, second = await at.warm("101", "102")
        asterisk.answers[f"POST channels/{first}/dial"] = says(404, message="Channel not found")
        await at.client.offer(LEG, "101", "0812", "", 15)
        await at.client.offer(OTHER, "102", "0812", "", 15)
        members = [q for r, q in zip(asterisk.requests, asterisk.queries, strict=True) if r.endswith("addChannel")]
        assert members[-1] == {"channel": second}


async def test_the_next_process_knows_whose_each_is(asterisk: ScriptedAri) -> None:
    asterisk.channels = [{"id": "ivrd-warm.101.1-1", "state": "Up"}, {"id": "ivrd-warm.102.1-2", "state": "Down"}]
    asterisk.answers["GET channels/ivrd-warm.101.1-1/variable"] = says(200, value=LEG)
    asterisk.answers["GET channels/ivrd-warm.102.1-2/variable"] = says(404)

    async def bridges(_request: web.Request) -> web.StreamResponse:
        return web.json_response([{"id": f"{CALL}.bridge", "channels": [CALL, "ivrd-warm.101.1-1"]}])

    asterisk.answers["GET bridges"] = bridges
    async with switch(asterisk) as at:
        seen = await at.inbox.wait(SwitchSeen)
        assert [(c.channel, c.state) for c in seen.channels] == [(LEG, "Up")]
        assert seen.bridges[0].channels == (CALL, LEG)
        await at.asked("DELETE channels/ivrd-warm.102.1-2")
        await at.says("ChannelDestroyed", "ivrd-warm.101.1-1", "Up", cause=16)
        await at.inbox.wait(ChannelGone, call=CALL, channel=LEG)


async def test_a_busy_asterisk_that_does_not_say_whose_each_is_is_asked_again_and_nobody_is_cut_off(asterisk: ScriptedAri) -> None:
    """Whoever talks at that leg would be hung up on, for it would seem to be nobody's."""
    asterisk.channels = [{"id": "ivrd-warm.101.1-1", "state": "Up"}]
    answers = iter([says(503), says(200, value=LEG)])

    async def whose(request: web.Request) -> web.StreamResponse:
        return await next(answers)(request)

    asterisk.answers["GET channels/ivrd-warm.101.1-1/variable"] = whose
    async with switch(asterisk) as at:
        seen = await at.inbox.wait(SwitchSeen)
        assert [c.channel for c in seen.channels] == [LEG]
        assert "DELETE channels/ivrd-warm.101.1-1" not in asterisk.requests


async def test_one_that_was_made_while_the_connection_was_lost_is_hung_up(asterisk: ScriptedAri) -> None:
    async with switch(asterisk) as at:
        await at.says("StasisStart", "ivrd-warm.101.9-9", args=["warm"])
        await at.asked("DELETE channels/ivrd-warm.101.9-9")
