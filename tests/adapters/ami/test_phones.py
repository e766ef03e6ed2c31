"""Which phones are reachable, and which in use: snapshots, changes, and contacts that overlap."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from ivrd.adapters.ami import wire
from ivrd.adapters.ami.phones import PhoneWatch, UseWatch
from ivrd.core.events import PhoneFree, PhoneInUse, PhoneReachable, PhoneUnreachable
from ivrd.errors import SwitchError
from tests.adapters.ami.conftest import Message, Peer, ScriptedAmi
from tests.adapters.ami.test_guards import make_client, running
from tests.contract.harness import EventLog

AT = 5.0
UP_101, DOWN_101 = PhoneReachable(at=AT, extension="101"), PhoneUnreachable(at=AT, extension="101")
DOWN_102 = PhoneUnreachable(at=AT, extension="102")


def test_the_first_snapshot_tells_of_every_phone_and_later_ones_only_of_changes() -> None:
    watch = PhoneWatch(["102", "101"])
    assert watch.snapshot([("101", "sip:a"), ("trunk", "sip:carrier")], AT) == [UP_101, DOWN_102]
    assert watch.snapshot([("101", "sip:b")], AT) == []
    assert watch.snapshot([], AT) == [DOWN_101]


def test_a_phone_that_registers_from_a_new_port_stays_reachable() -> None:
    watch = PhoneWatch(["101"])
    watch.snapshot([("101", "sip:old")], AT)
    assert watch.contact("101", "sip:new", True, AT) == []
    assert watch.contact("101", "sip:old", False, AT) == []
    assert watch.contact("101", "sip:new", False, AT) == [DOWN_101]


def test_where_a_phone_is_reached() -> None:
    watch = PhoneWatch(["101"])
    watch.snapshot([("101", "sip:old")], AT)
    assert watch.contacts() == {"101": {"sip:old"}}
    watch.contact("101", "sip:new", True, AT)
    watch.contact("101", "sip:old", False, AT)
    assert watch.contacts() == {"101": {"sip:new"}}


def test_a_contact_of_nobody_we_watch_says_nothing() -> None:
    assert PhoneWatch(["101"]).contact("999", "sip:x", True, AT) == []


def listing(uri: str, status: str) -> dict[str, str]:
    return {"Event": "ContactList", "Endpoint": "101", "Uri": uri, "Status": status}


async def test_contacts_are_read_on_connect(asterisk: ScriptedAmi) -> None:
    def contacts(peer: Peer, action: Message) -> None:
        peer.reply(action, EventList="start", Message="A listing of Contacts follows")
        for contact in (listing("sip:a", "Unreachable"), listing("sip:b", "NonQualified")):
            peer.send({"ActionID": action["ActionID"]} | contact)
        peer.send(
            {
                "Event": "ContactListComplete",
                "ActionID": action["ActionID"],
                "EventList": "Complete",
            }
        )

    asterisk.script["PJSIPShowContacts"] = contacts
    inbox = EventLog()
    async with running(make_client(asterisk.settings(), inbox)):
        assert [(type(e), e.extension) for e in inbox.events] == [
            (PhoneReachable, "101"),
            (PhoneUnreachable, "102"),
            (PhoneFree, "101"),
            (PhoneFree, "102"),
        ]


async def test_a_change_on_the_heels_of_the_snapshot_is_not_lost(asterisk: ScriptedAmi) -> None:
    def empty_then_a_phone(peer: Peer, action: Message) -> None:
        none = {"Response": "Error", "ActionID": action["ActionID"], "Message": "No Contacts found"}
        came = {
            "Event": "ContactStatus",
            "EndpointName": "101",
            "URI": "sip:a",
            "ContactStatus": "NonQualified",
        }
        peer.send(none, came)  # in one packet: both are parsed before anybody wakes up

    asterisk.script["PJSIPShowContacts"] = empty_then_a_phone
    inbox = EventLog()
    async with running(make_client(asterisk.settings(), inbox)):
        await inbox.wait(PhoneReachable, extension="101")


async def test_a_reconnect_tells_only_what_changed_meanwhile(asterisk: ScriptedAmi) -> None:
    inbox = EventLog()
    client = make_client(asterisk.settings(), inbox)
    async with running(client):
        assert len(inbox.events) == 4
        (await asterisk.connections.get()).close()
        await asterisk.wait("PJSIPShowContacts", count=2)
        await client.connected.wait()
        await asterisk.wait("Login", count=2)
        await client.stop_recording("1764.1")
        assert len(inbox.events) == 4


def test_the_first_survey_tells_how_each_phone_is_used_and_later_ones_what_changed() -> None:
    watch = UseWatch(["101", "102"])
    assert watch.survey({"101", "999"}, 1.0) == [PhoneInUse(at=1.0, extension="101"), PhoneFree(at=1.0, extension="102")]
    assert watch.survey({"101"}, 2.0) == []
    assert watch.used("101", False, 3.0) == [PhoneFree(at=3.0, extension="101")]
    assert watch.used("101", False, 4.0) == []
    assert watch.used("trunk", True, 4.0) == []


@pytest.mark.parametrize(
    ("device", "phone"), [("PJSIP/101", "101"), ("Custom:agent-101", ""), ("PJSIP/trunk", "trunk"), ("", "")]
)
def test_devices_that_are_phones(device: str, phone: str) -> None:
    assert wire.phone_of(device) == phone


def test_states_of_use() -> None:
    assert [s for s in ("NOT_INUSE", "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD", "UNAVAILABLE", "INVALID", "") if wire.is_in_use(s)] == [
        "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a)b", "a b", "", "a,b", "${X}"])
def test_a_lamp_s_name_is_a_name_and_no_more(name: str) -> None:
    with pytest.raises(SwitchError, match="not sent"):
        wire.lamp(name)
    assert wire.lamp("queue-tambah-bidang") == "DEVICE_STATE(Custom:queue-tambah-bidang)"


async def test_lamps_of_one_moment_are_one_write_and_each_has_its_answer(asterisk: ScriptedAmi) -> None:
    client = make_client(asterisk.settings(), EventLog())
    assert {why.status for why in (await client.set_lamps({"agent-101": "INUSE"})).values()} == {0}, "not connected"
    async with running(client):
        before = len(asterisk.received)
        held: list[tuple[Peer, Message]] = []
        asterisk.script["Setvar"] = lambda peer, action: held.append((peer, action))
        async with asyncio.TaskGroup() as group:
            lamps = {"agent-101": "INUSE", "a b": "BUSY", "queue-umum": "RINGING"}
            asking = group.create_task(client.set_lamps(lamps), name="asking")
            await asterisk.wait("Setvar", count=2)  # the second is here although nothing has been answered
            (peer, first), (_, second) = held
            peer.reply(second, Response="Error", Message="no such function")
            peer.reply(first, Message="Variable Set")
        failed = asking.result()
        assert {name: why.status for name, why in failed.items()} == {"a b": 400, "queue-umum": 400}
        assert [(m["Variable"], m["Value"]) for m in asterisk.received[before:]] == [
            ("DEVICE_STATE(Custom:agent-101)", "INUSE"),
            ("DEVICE_STATE(Custom:queue-umum)", "RINGING"),
        ]


async def test_of_lamps_that_are_not_answered_in_time_those_are_shown_that_were_answered(asterisk: ScriptedAmi) -> None:
    client = make_client(asterisk.settings(action_timeout_s=0.2), EventLog())
    async with running(client):
        asterisk.script["Setvar"] = lambda peer, action: peer.reply(action) if "102" in action["Variable"] else None
        failed = await client.set_lamps({"agent-101": "INUSE", "agent-102": "INUSE", "agent-103": "INUSE"})
        assert {name: str(why) for name, why in failed.items()} == dict.fromkeys(
            ("agent-101", "agent-103"), "Setvar: no answer within 0.2 s"
        )


async def test_we_are_told_of_phones_in_use_and_of_no_other_event_of_a_call(asterisk: ScriptedAmi) -> None:
    inbox = EventLog()
    async with running(make_client(asterisk.settings(), inbox)):
        wanted, unwanted = (action["Filter"] for action in asterisk.actions("Filter"))
        assert wanted.startswith("^Event: (")
        assert "DeviceStateChange" in wanted
        assert unwanted == "!Device: (Custom:|PJSIP/trunk)"
        assert asterisk.actions("Events")[0]["EventMask"] == "system,security,call"
        peer = await asterisk.connections.get()
        peer.send({"Event": "DeviceStateChange", "Device": "PJSIP/101", "State": "INUSE"})
        await inbox.wait(PhoneInUse, extension="101")


async def test_an_asterisk_that_refuses_the_filter_costs_the_private_calls_and_no_more(asterisk: ScriptedAmi) -> None:
    asterisk.script["Filter"] = lambda peer, action: peer.reply(action, Response="Error", Message="Permission denied")
    inbox = EventLog()
    client = make_client(asterisk.settings(), inbox)
    with capture_logs() as logs:
        async with running(client):
            assert client.connected.is_set()
            assert asterisk.actions("Events") == []
    assert "private calls of agents will not be seen" in [line["event"] for line in logs]


async def test_an_asterisk_that_is_starting_is_asked_again_who_is_on_the_phone(asterisk: ScriptedAmi) -> None:
    """Its manager answers before the module that knows the phones is there."""
    asterisk.script["DeviceStateList"] = lambda peer, action: peer.reply(action, Response="Error", Message="Invalid/unknown command")
    client = make_client(asterisk.settings(heartbeat_s=0.05), EventLog())
    with capture_logs() as logs:
        async with running(client):
            await asterisk.wait("DeviceStateList", count=3)
            del asterisk.script["DeviceStateList"]
            await asterisk.wait("Ping", count=len(asterisk.actions("Ping")) + 3)
            asked = len(asterisk.actions("DeviceStateList"))
            await asterisk.wait("Ping", count=len(asterisk.actions("Ping")) + 3)
            assert len(asterisk.actions("DeviceStateList")) == asked
    said = [line["event"] for line in logs]
    assert said.count("private calls of agents will not be seen") == 1
    assert said.count("private calls of agents are seen again") == 1


async def test_an_asterisk_that_has_not_begun_entirely_is_asked_nothing(asterisk: ScriptedAmi) -> None:
    """Its modules are loaded after its manager: lamps would be refused, phones not known."""
    asterisk.booted = False
    client = make_client(asterisk.settings(), EventLog())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(client.run())
        peer = await asterisk.connections.get()
        await asterisk.wait("Login")
        await asyncio.sleep(0)
        assert (asterisk.actions("PJSIPShowContacts"), client.connected.is_set()) == ([], False)
        peer.send({"Event": "FullyBooted", "Status": "Fully Booted"})
        await client.connected.wait()
        assert len(asterisk.actions("PJSIPShowContacts")) == 1
        task.cancel()
