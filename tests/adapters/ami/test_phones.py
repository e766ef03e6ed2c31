"""Which phones are reachable: snapshots, changes, and contacts that overlap."""

from __future__ import annotations

from ivrd.adapters.ami.phones import PhoneWatch
from ivrd.core.events import PhoneReachable, PhoneUnreachable
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
        assert len(inbox.events) == 2
        (await asterisk.connections.get()).close()
        await asterisk.wait("PJSIPShowContacts", count=2)
        await client.connected.wait()
        await asterisk.wait("Login", count=2)
        await client.stop_recording("1764.1")
        assert len(inbox.events) == 2
