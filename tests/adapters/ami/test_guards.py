"""What panoramisk lacks and the adapter adds; the letters are those of ADR 0003."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from ivrd.adapters.ami import AmiClient
from ivrd.adapters.ami.connection import MESSAGE_LIMIT, Connection
from ivrd.core.events import PhoneReachable, PhoneUnreachable
from ivrd.errors import StartError, SwitchError
from ivrd.settings.site import Ami
from tests.adapters.ami.conftest import SECRET, Message, Peer, ScriptedAmi, encode
from tests.contract.harness import EventLog, WallClock

RAW = Path("/spool/2026/11/24/1764.1.raw")


def make_client(settings: Ami, inbox: EventLog, secret: str = SECRET, **more: Any) -> AmiClient:
    more.setdefault("extensions", ["101", "102"])
    return AmiClient(settings, secret, inbox, WallClock(), structlog.get_logger(), **more)


@asynccontextmanager
async def running(client: AmiClient) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run(), name="ami")
        try:
            async with asyncio.timeout(5):
                await client.connected.wait()
            yield
        finally:
            task.cancel()


async def gone(client: AmiClient) -> None:
    async with asyncio.timeout(5):
        while client.connected.is_set():  # noqa: ASYNC110 - only its setting can be awaited
            await asyncio.sleep(0.005)


async def test_a_an_action_of_an_outage_fails_at_once_and_is_never_sent(
    asterisk: ScriptedAmi,
) -> None:
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        await asterisk.stop()
        await gone(client)
        loop = asyncio.get_running_loop()
        started = loop.time()
        with pytest.raises(SwitchError, match="not connected"):
            await client.stop_recording("1764.1")
        assert loop.time() - started < 0.5
        await asterisk.start()
        await asterisk.wait("Login", count=2)
        async with asyncio.timeout(5):
            await client.connected.wait()
        await client.stop_recording("1764.2")  # all that came before it would be here by now
    assert [m["Channel"] for m in asterisk.actions("StopMixMonitor")] == ["1764.2"]


async def test_a_an_action_cut_off_on_its_way_fails_at_once_and_is_not_repeated(
    asterisk: ScriptedAmi,
) -> None:
    def cut(peer: Peer, _action: Message) -> None:
        peer.close()

    asterisk.script["StopMixMonitor"] = cut
    client = make_client(asterisk.settings(action_timeout_s=30), EventLog())
    async with running(client):
        async with asyncio.timeout(2):
            with pytest.raises(SwitchError, match="connection lost"):
                await client.stop_recording("1764.1")
        await asterisk.wait("Login", count=2)
        async with asyncio.timeout(5):
            await client.connected.wait()
        del asterisk.script["StopMixMonitor"]
        await client.stop_recording("1764.2")
    assert [m["Channel"] for m in asterisk.actions("StopMixMonitor")] == ["1764.1", "1764.2"]


async def test_a_who_is_cancelled_as_the_connection_is_lost_leaves_no_error_that_nobody_sees(asterisk: ScriptedAmi) -> None:
    """Of several actions one is awaited: asyncio would complain of the others' errors when it forgets them."""
    asterisk.script["Setvar"] = lambda _peer, _action: None
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    connection = Connection(asterisk.settings(), SECRET, lambda _event: None)
    await connection.open()
    async with asyncio.TaskGroup() as tasks:
        several = [("Setvar", {"Variable": name, "Value": "1"}) for name in ("A", "B", "C")]
        task = tasks.create_task(connection.actions(several), name="several")
        await asterisk.wait("Setvar", count=3)
        connection.close()
        task.cancel()
    assert task.cancelled()
    del task
    gc.collect()
    assert complaints == []


async def test_b_an_action_without_an_answer_ends_in_time(asterisk: ScriptedAmi) -> None:
    asterisk.script["StopMixMonitor"] = lambda _peer, _action: None
    client = make_client(asterisk.settings(action_timeout_s=0.2), EventLog())
    async with running(client):
        with pytest.raises(SwitchError, match=r"StopMixMonitor: no answer within 0\.2 s"):
            await client.stop_recording("1764.1")
        assert client.connected.is_set()


async def test_a_first_order_to_record_looks_at_nothing_before(asterisk: ScriptedAmi) -> None:
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        await client.start_recording("1764.1", RAW, first=True)
        assert (len(asterisk.actions("MixMonitor")), asterisk.actions("Getvar")) == (1, [])


async def test_b_a_late_answer_is_not_taken_for_another_action(asterisk: ScriptedAmi) -> None:
    held: list[tuple[Peer, Message]] = []
    asterisk.script["Getvar"] = lambda peer, action: held.append((peer, action))
    client = make_client(asterisk.settings(action_timeout_s=0.2), EventLog())
    async with running(client):
        with pytest.raises(SwitchError, match="Getvar"):
            await client.start_recording("1764.1", RAW)

        def late_then_right(peer: Peer, action: Message) -> None:
            peer.reply(held[0][1], Value="stale")
            peer.reply(action, Value="")

        asterisk.script["Getvar"] = late_then_right
        await client.start_recording("1764.1", RAW)
    assert len(asterisk.actions("MixMonitor")) == 1


async def test_c_a_frozen_peer_is_noticed_and_left(asterisk: ScriptedAmi) -> None:
    client = make_client(asterisk.settings(heartbeat_s=0.1), EventLog())
    async with running(client):
        await asterisk.wait("Ping")
        asterisk.silent = True
        await gone(client)
        assert "Ping: no answer" in client.last_error
        asterisk.silent = False
        await asterisk.wait("Login", count=2)
        async with asyncio.timeout(5):
            await client.connected.wait()


async def test_c_a_peer_frozen_from_the_start_is_not_waited_for(asterisk: ScriptedAmi) -> None:
    asterisk.silent = True
    client = make_client(asterisk.settings(action_timeout_s=0.2), EventLog())
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run(), name="ami")
        await asterisk.wait("Login", count=2)  # the second one: the first was given up
        assert not client.connected.is_set()
        assert "Login: no answer" in client.last_error
        task.cancel()


@pytest.mark.parametrize("evil", ["1764.1\r\nAction: Originate", "1764.1\n", "\x00"])
async def test_d_a_field_cannot_bring_an_action_of_its_own(
    asterisk: ScriptedAmi, evil: str
) -> None:
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        before = len(asterisk.received)
        for order in (client.stop_recording(evil), client.start_recording(evil, RAW)):
            with pytest.raises(SwitchError, match="control character refused"):
                await order
        await client.stop_recording("1764.1")
    assert [m["Action"] for m in asterisk.received[before:]] == ["StopMixMonitor", "Setvar"]


@pytest.mark.parametrize(
    "evil", ["/r/a.raw,D,touch /tmp/x", "/r/$(id).raw", "r/relative.raw", "/r/a\n.raw", "/r/`id`"]
)
async def test_d_a_path_cannot_bring_a_command(asterisk: ScriptedAmi, evil: str) -> None:
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        with pytest.raises(SwitchError, match="must be absolute, without"):
            await client.start_recording("1764.1", Path(evil))
    assert asterisk.actions("MixMonitor") == []


async def test_e_a_character_split_over_two_packets_stays_whole(asterisk: ScriptedAmi) -> None:
    uri = "sip:Żółć-Ж中@127.0.0.1"
    status = {
        "Event": "ContactStatus",
        "EndpointName": "101",
        "URI": uri,
        "ContactStatus": "Reachable",
    }
    inbox = EventLog()
    client = make_client(asterisk.settings(), inbox)
    async with running(client):
        peer = await asterisk.connections.get()
        raw = encode(status)
        for index in range(len(raw)):  # one byte a packet: every character is split
            peer.send_bytes(raw[index : index + 1])
            await peer.drain()
            await asyncio.sleep(0)
        await inbox.wait(PhoneReachable, extension="101")
        # Only the very same contact makes the phone unreachable again.
        peer.send(status | {"ContactStatus": "Removed"})
        await inbox.wait(PhoneUnreachable, extension="101", count=2)


async def test_e_a_peer_that_never_ends_a_message_is_left(asterisk: ScriptedAmi) -> None:
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        peer = await asterisk.connections.get()
        peer.send_bytes(b"x" * (MESSAGE_LIMIT + 1))
        await asterisk.wait("Login", count=2)


async def test_f_an_error_response_is_an_error(asterisk: ScriptedAmi) -> None:
    asterisk.script["MixMonitor"] = lambda peer, action: peer.reply(
        action, Response="Error", Message="Permission denied"
    )
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        with pytest.raises(SwitchError, match="Permission denied") as caught:
            await client.start_recording("1764.1", RAW)
    assert caught.value.status == 400


async def test_g_a_wrong_secret_is_one_clear_message(asterisk: ScriptedAmi) -> None:
    client = make_client(asterisk.settings(), EventLog(), secret="wrong-one")
    with pytest.raises(StartError) as caught:
        await client.run()
    text = str(caught.value)
    assert "'ivrd'" in text
    assert "asterisk.ami.user" in text
    assert "manager.conf" in text
    assert "wrong-one" not in text


async def test_the_recorder_asks_before_it_starts_and_clears_when_it_stops(
    asterisk: ScriptedAmi,
) -> None:
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        await client.start_recording("1764.1", RAW)
        asterisk.script["Getvar"] = lambda peer, action: peer.reply(action, Value="0x7f00")
        await client.start_recording("1764.1", RAW)
        await client.stop_recording("1764.1")
    (started,) = asterisk.actions("MixMonitor")
    assert (started["Channel"], started["File"]) == ("1764.1", str(RAW))
    assert started["Options"] == "Di(IVRD_MONITOR)"
    (cleared,) = asterisk.actions("Setvar")
    assert (cleared["Variable"], cleared["Value"]) == ("IVRD_MONITOR", "")


async def test_a_recording_stopped_with_its_channel_is_harmless(asterisk: ScriptedAmi) -> None:
    asterisk.script["StopMixMonitor"] = lambda peer, action: peer.reply(
        action, Response="Error", Message="No such channel"
    )
    client = make_client(asterisk.settings(), EventLog())
    async with running(client):
        await client.stop_recording("1764.1")
    assert asterisk.actions("Setvar") == []


async def test_break_in_attempts_are_logged_with_address_and_account(asterisk: ScriptedAmi) -> None:
    with capture_logs() as logs:
        inbox = EventLog()
        client = make_client(asterisk.settings(), inbox)
        async with running(client):
            peer = await asterisk.connections.get()
            peer.send(
                {
                    "Event": "ChallengeResponseFailed",
                    "Service": "PJSIP",
                    "AccountID": "101",
                    "RemoteAddress": "IPV4/UDP/203.0.113.7/5060",
                },
                {
                    "Event": "ContactStatus",
                    "EndpointName": "101",
                    "URI": "sip:a",
                    "ContactStatus": "Reachable",
                },
            )
            await inbox.wait(PhoneReachable)
    (line,) = [entry for entry in logs if entry["event"] == "access refused by asterisk"]
    assert (line["log_level"], line["account"], line["address"], line["kind"]) == (
        "warning",
        "101",
        "203.0.113.7",
        "ChallengeResponseFailed",
    )
