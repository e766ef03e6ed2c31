"""Which phones are reachable, and which in use: snapshots, changes, and contacts that overlap."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from ivrd.adapters.ami import wire
from ivrd.adapters.ami.phones import PhoneWatch, UseWatch
from ivrd.core.events import PhoneFree, PhoneInUse, PhoneReachable, PhoneUnreachable
from ivrd.errors import SwitchError
from tests.adapters.ami.conftest import Message, Peer, Script, ScriptedAmi
from tests.adapters.ami.test_guards import gone, make_client, running
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


def test_a_contact_between_question_and_answer_is_newer_than_the_answer_and_nothing_flickers() -> None:
    watch = PhoneWatch(["101", "102"])
    watch.snapshot([("102", "sip:b")], AT)
    watch.ask()
    assert watch.contact("101", "sip:a", True, AT) == []
    assert watch.contact("102", "sip:b", False, AT) == []
    assert watch.snapshot([("102", "sip:b")], AT) == [UP_101, DOWN_102]
    assert watch.contact("101", "sip:a", False, AT) == [DOWN_101]


def test_a_contact_that_waited_for_an_answer_that_never_came_is_told() -> None:
    watch = PhoneWatch(["101", "102"])
    watch.snapshot([], AT)
    watch.ask()
    watch.contact("101", "sip:a", True, AT)
    assert watch.unanswered(AT) == [UP_101]
    assert watch.contact("101", "sip:a", False, AT) == [DOWN_101]


def test_a_contact_that_waited_when_the_connection_was_lost_is_not_told_after_the_next_snapshot() -> None:
    watch = PhoneWatch(["101"])
    watch.snapshot([], AT)
    watch.ask()
    watch.contact("101", "sip:a", True, AT)
    watch.ask()
    assert watch.snapshot([], AT) == []


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


def test_a_use_between_question_and_answer_is_newer_than_the_answer() -> None:
    watch = UseWatch(["101", "102"])
    watch.survey({"102"}, 1.0)
    watch.ask()
    assert watch.used("101", True, 2.0) == watch.used("102", False, 2.0) == watch.used("999", True, 2.0) == []
    assert watch.survey({"102"}, 3.0) == [PhoneInUse(at=3.0, extension="101"), PhoneFree(at=3.0, extension="102")]
    watch.ask()
    watch.used("101", False, 4.0)
    assert watch.unanswered(5.0) == [PhoneFree(at=5.0, extension="101")]
    assert watch.used("101", True, 6.0) == [PhoneInUse(at=6.0, extension="101")]


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


class Phones:
    """Answers surveys: what Asterisk knows, of which it need not have told."""

    def __init__(self, asterisk: ScriptedAmi) -> None:
        self.contacts: set[str] = set()  #: extensions
        self.in_use: set[str] = set()
        self._asterisk = asterisk
        self.answer()

    def answer(self) -> None:
        self._asterisk.script |= {"PJSIPShowContacts": self.list_contacts, "DeviceStateList": self.list_devices}

    def list_contacts(self, peer: Peer, action: Message) -> None:
        if not self.contacts:
            peer.reply(action, Response="Error", Message="No Contacts found\n")
            return
        found = [{"Event": "ContactList", "Endpoint": e, "Uri": f"sip:{e}", "Status": "Reachable"} for e in sorted(self.contacts)]
        self._list(peer, action, found, "ContactListComplete")

    def list_devices(self, peer: Peer, action: Message) -> None:
        found = [device(e, "INUSE") for e in sorted(self.in_use)]
        self._list(peer, action, found, "DeviceStateListComplete")

    async def surveyed(self) -> None:
        """A survey that begins from now on is over."""
        await self._asterisk.wait("PJSIPShowContacts", count=len(self._asterisk.actions("PJSIPShowContacts")) + 1)
        await self._asterisk.wait("Ping", count=len(self._asterisk.actions("Ping")) + 1)

    @staticmethod
    def _list(peer: Peer, action: Message, found: list[Message], complete: str) -> None:
        peer.reply(action, EventList="start")
        peer.send(*({"ActionID": action["ActionID"]} | each for each in found))
        peer.send({"Event": complete, "ActionID": action["ActionID"], "EventList": "Complete"})


def contact(extension: str, status: str) -> Message:
    return {"Event": "ContactStatus", "EndpointName": extension, "URI": f"sip:{extension}", "ContactStatus": status}


def device(extension: str, state: str) -> Message:
    return {"Event": "DeviceStateChange", "Device": f"PJSIP/{extension}", "State": state}


SOON = 0.03


async def test_what_asterisk_never_told_of_is_found_by_asking_again(asterisk: ScriptedAmi) -> None:
    phones, inbox = Phones(asterisk), EventLog()
    phones.contacts, phones.in_use = {"101"}, {"101"}
    moved: list[tuple[str, bool]] = []
    client = make_client(asterisk.settings(survey_s=SOON), inbox, moved=lambda extension, there: moved.append((extension, there)))
    async with running(client):
        assert len(inbox.events) == 4
        phones.contacts, phones.in_use = {"102"}, {"102"}
        await inbox.wait(PhoneUnreachable, extension="101")
        await inbox.wait(PhoneReachable, extension="102")
        await inbox.wait(PhoneFree, extension="101")
        await inbox.wait(PhoneInUse, extension="102")
        assert sorted(moved) == [("101", False), ("102", True)]
        await phones.surveyed()
        assert len(inbox.events) == 8, "what is as it was is not told again"
        assert (len(asterisk.actions("Login")), len(asterisk.actions("Events"))) == (1, 1)


async def test_asterisk_is_asked_no_more_often_than_it_is_to_be(asterisk: ScriptedAmi) -> None:
    Phones(asterisk)
    async with running(make_client(asterisk.settings(heartbeat_s=0.01, survey_s=3600), EventLog())):
        await asterisk.wait("Ping", count=20)
        assert (len(asterisk.actions("PJSIPShowContacts")), len(asterisk.actions("DeviceStateList"))) == (1, 1)


async def test_what_is_told_while_the_answer_is_on_its_way_is_newer_than_the_answer(asterisk: ScriptedAmi) -> None:
    phones, inbox = Phones(asterisk), EventLog()
    phones.contacts, phones.in_use = {"101"}, {"101"}

    def goes_meanwhile(peer: Peer, action: Message) -> None:
        peer.send(contact("101", "Removed"), contact("102", "Reachable"))
        phones.list_contacts(peer, action)

    def hangs_up_meanwhile(peer: Peer, action: Message) -> None:
        peer.send(device("101", "NOT_INUSE"), device("102", "RINGING"))
        phones.list_devices(peer, action)

    async with running(make_client(asterisk.settings(survey_s=SOON), inbox)):
        asterisk.script |= {"PJSIPShowContacts": goes_meanwhile, "DeviceStateList": hangs_up_meanwhile}
        await phones.surveyed()
        await inbox.wait(PhoneInUse, extension="102")
        assert [(type(e), e.extension) for e in inbox.events[4:]] == [
            (PhoneUnreachable, "101"),
            (PhoneReachable, "102"),
            (PhoneFree, "101"),
            (PhoneInUse, "102"),
        ], "each once: nobody comes and goes who never did"


@pytest.mark.parametrize("refused", [True, False])
async def test_a_survey_that_is_not_answered_changes_nothing_and_costs_nothing(asterisk: ScriptedAmi, refused: bool) -> None:
    """But for what is told meanwhile."""
    phones, inbox = Phones(asterisk), EventLog()
    phones.contacts, phones.in_use = {"101"}, {"101"}

    def only(event: Message) -> Script:
        def said(peer: Peer, action: Message) -> None:
            peer.send(event)
            if refused:
                peer.reply(action, Response="Error", Message="Out of order")

        return said

    client = make_client(asterisk.settings(heartbeat_s=0.2, survey_s=SOON), inbox)
    async with running(client):
        asterisk.script["PJSIPShowContacts"] = only(contact("102", "Reachable"))
        await inbox.wait(PhoneReachable, extension="102")
        await phones.surveyed()
        phones.contacts = {"101", "102"}
        phones.answer()
        asterisk.script["DeviceStateList"] = only(device("102", "INUSE"))
        phones.in_use = set()
        await phones.surveyed()
        assert [(type(e), e.extension) for e in inbox.events[4:]] == [(PhoneReachable, "102"), (PhoneInUse, "102")]
        phones.answer()
        await inbox.wait(PhoneFree, extension="101")
    assert len(asterisk.actions("Login")) == 1


@pytest.mark.parametrize("action", ["PJSIPShowContacts", "DeviceStateList"])
async def test_a_peer_that_freezes_as_it_is_asked_for_phones_is_left_as_soon_as_another(asterisk: ScriptedAmi, action: str) -> None:
    phones = Phones(asterisk)
    client = make_client(asterisk.settings(action_timeout_s=30, heartbeat_s=0.1, survey_s=SOON), EventLog())

    def freeze(_peer: Peer, _action: Message) -> None:
        asterisk.silent = True

    async with running(client):
        asterisk.script[action] = freeze
        async with asyncio.timeout(2):
            await gone(client)
        assert "Ping: no answer" in client.last_error
        asterisk.silent = False
        phones.answer()
        async with asyncio.timeout(5):
            await client.connected.wait()
