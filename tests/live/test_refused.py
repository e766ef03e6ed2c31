"""Asterisk refuses what is asked of it when a connection begins, when a message is left, and when a caller is given away; or
a mailbox has no room for the message.

The requests of every call are in test_link.py. One of each in the suite; ``make chaos`` has all (IVRD_CHAOS=1).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.phone import RING, PhoneCall
from rig.smalldisk import fill, small_disk
from rig.tools import RigError
from rig.wires import Refusal
from tests.live.centre import Centre
from tests.live.said import said_hz
from tests.live.test_link import FLOWS as PATIENT
from tests.live.test_link import SITE as USUAL
from tests.live.test_link import TROUBLE, Four, back
from tests.live.test_store_disk import remount
from tests.live.test_verbs import BEEP_HZ, delivered

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
BAD_LINES = True
FLOWS = PATIENT | {
    "message": """start: v
nodes:
  v: {voicemail: {box: umum, silence_s: 2, min_s: 1, then: bye, otherwise: sorry}}
  sorry: {play: {say: [technical-apology], then: bye}}
  bye: {hangup: {}}
""",
}
SITE = {
    "overrides": {
        **USUAL["overrides"],
        "ivrd.yaml": {
            **USUAL["overrides"]["ivrd.yaml"],
            "dids": {"171": "patient", "175": "message"},
            "voicemail": {"boxes": {"umum": {"directory": "var/voicemail"}}, "encrypt": True},
            "asterisk": {**USUAL["overrides"]["ivrd.yaml"]["asterisk"], "sip": {"transfers": True}},
        },
        "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 60, "wrap_up_s": 1}, "lkpm": {"extension": "801", "wrap_up_s": 1}}},
    }
}
STATUSES = (503, 500, 403)
AT_A_START = {
    "which events": r"PUT applications/[^/]+/eventFilter",
    "channels": r"GET channels$",
    "which are ours": r"GET applications/",
    "bridges": r"GET bridges$",
    "since when": r"GET asterisk/info",
    "whose leg": r"GET channels/[^/]+/variable",
}


@pytest.mark.parametrize(
    ("name", "status"),
    [pytest.param(*case, marks=() if case == ("whose leg", 503) else pytest.mark.chaos) for case in itertools.product(AT_A_START, STATUSES)],
)
async def test_what_is_asked_at_a_start_is_refused_twice(centre: Centre, name: str, status: int) -> None:
    """ivrd is killed, and comes to an Asterisk that does not say all it knows: nobody is cut off for it."""
    centre.expected |= TROUBLE
    four = await Four.come(centre)
    refusal = centre.ari.refuse(Refusal(pattern=AT_A_START[name], status=status, times=2))
    try:
        await centre.ivrd.kill()
        await centre.ivrd.start()
        await centre.until(lambda: refusal.refused == 2, 5)
        await back(centre)
        await four.end_well(centre)
    finally:
        centre.ari.mend()


@pytest.mark.parametrize("status", [pytest.param(status, marks=() if status == 503 else pytest.mark.chaos) for status in STATUSES])
async def test_a_message_cannot_be_recorded_and_the_caller_hears_so(centre: Centre, status: int) -> None:
    centre.expected |= TROUBLE
    refusal = centre.ari.refuse(Refusal(pattern=r"POST channels/[^/]+/record", status=status, times=1))
    try:
        caller = await centre.caller(number="175")
        await caller.wait_heard(said_hz("technical-apology"))
        await caller.ended()
    finally:
        centre.ari.mend()
    assert refusal.refused == 1
    row = await centre.row()
    assert (row["disposition"], row["voicemail"]) == ("completed_ivr", "")


FETCHED = {"file": r"GET recordings/stored/", "live one dropped": r"DELETE recordings/live/", "stored one dropped": r"DELETE recordings/stored/"}


@pytest.mark.parametrize(
    ("name", "status"), [pytest.param(*case, marks=() if case == ("file", 503) else pytest.mark.chaos) for case in itertools.product(FETCHED, STATUSES)]
)
async def test_a_message_that_was_left_is_delivered_though_asterisk_refuses_twice(centre: Centre, name: str, status: int) -> None:
    centre.expected |= TROUBLE | {"message left at asterisk"}
    refusal = centre.ari.refuse(Refusal(pattern=FETCHED[name], status=status, times=2 if name == "file" else 1))
    try:
        caller = await leaves_a_message(centre)
        await delivered(centre, caller.tone_hz)
        assert refusal.refused == refusal.times
    finally:
        centre.ari.mend()


async def leaves_a_message(centre: Centre) -> PhoneCall:
    """A caller who speaks for a second and a half, and hangs up."""
    caller = await centre.caller(number="175")
    await caller.wait_heard(BEEP_HZ, for_s=0.15)
    await asyncio.sleep(1.5)  # the message: the caller's tone
    await caller.hang_up()
    return caller


async def comes_late(centre: Centre, caller: PhoneCall, within_s: float) -> None:
    """The message is delivered in the end, once, and the row, which was there before, says so."""
    row = await centre.row()
    await centre.until(lambda: bool(centre.rows(centre.numbers[-1])[0]["voicemail"]), within_s)
    await delivered(centre, caller.tone_hz)
    assert len(centre.wall.events("voicemail_left", call=row["call"])) == 1
    assert len(list(mailbox(centre).glob(f"*{row['call']}*"))) == 1
    assert (await centre.row())["recording_note"] == ""


def mailbox(centre: Centre) -> Path:
    return centre.site.root / "var" / "voicemail"


NOT_YET = {"message not delivered", "alarm", "alarm over"}


async def test_asterisk_refuses_a_message_for_a_quarter_of_a_minute_and_it_is_delivered_all_the_same(centre: Centre) -> None:
    centre.expected |= TROUBLE | NOT_YET
    refusal = centre.ari.refuse(Refusal(pattern=FETCHED["file"], status=503))
    try:
        caller = await leaves_a_message(centre)
        row = await centre.row()
        assert row["recording_note"].startswith("message not delivered yet: ")
        await asyncio.sleep(15)
    finally:
        centre.ari.mend()
    assert refusal.refused > 10
    await comes_late(centre, caller, 15)


@pytest.fixture
def full(centre: Centre) -> Iterator[Path]:
    """The mailbox is on a disk that is full, to the last block: its filler."""
    try:
        with small_disk(mailbox(centre), 256) as disk:
            yield fill(disk)
    except RigError as exc:
        pytest.skip(str(exc))


async def test_the_mailbox_s_disk_is_full_and_the_message_is_delivered_when_there_is_room(centre: Centre, full: Path) -> None:
    centre.expected |= NOT_YET
    caller = await leaves_a_message(centre)
    row = await centre.row()
    assert (row["disposition"], row["voicemail"]) == ("voicemail", "")
    assert "No space left on device" in row["recording_note"]
    assert list(mailbox(centre).iterdir()) == [full]
    full.unlink()
    await comes_late(centre, caller, 15)


@pytest.mark.chaos
async def test_the_mailbox_is_read_only_and_the_message_is_delivered_when_it_is_not(centre: Centre, full: Path) -> None:
    centre.expected |= NOT_YET
    full.unlink()
    remount(mailbox(centre), "ro")
    caller = await leaves_a_message(centre)
    assert "Read-only file system" in (await centre.row())["recording_note"]
    remount(mailbox(centre), "rw")
    await comes_late(centre, caller, 15)


@pytest.mark.chaos
async def test_a_message_waits_for_a_minute_somebody_is_told_and_a_new_ivrd_delivers_it_at_once(centre: Centre, full: Path) -> None:
    centre.expected |= TROUBLE | NOT_YET
    caller = await leaves_a_message(centre)
    await centre.wall.until(lambda: centre.wall.state("alert/messages").get("raised") is True, 75)
    (fault,) = centre.wall.state("alert/messages")["faults"]
    assert "(umum 1): cannot write the message" in fault["message"]
    assert (await centre.ivrd.metrics())['ivrd_alarm{alarm="messages"}'] == 1
    await centre.ivrd.kill()
    full.unlink()
    await centre.ivrd.start()
    await comes_late(centre, caller, 10)
    await centre.wall.until(lambda: centre.wall.state("alert/messages").get("raised") is False, 10)


@pytest.mark.parametrize("status", [pytest.param(status, marks=() if status == 503 else pytest.mark.chaos) for status in STATUSES])
async def test_a_phone_cannot_be_told_of_its_transfer_and_the_caller_is_given_away_all_the_same(centre: Centre, status: int) -> None:
    centre.expected |= TROUBLE
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    ayu = await centre.agent("102", RING)
    refusal = centre.ari.refuse(Refusal(pattern=r"POST channels/[^/]+/transfer_progress", status=status))
    try:
        await at_adi.transfer(f"sip:801@{centre.site.registrar}")
        at_ayu = await ayu.next_call()
        await at_ayu.answer()
        await centre.both_hear(caller, at_ayu)
    finally:
        centre.ari.mend()
    assert refusal.refused > 0
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["queue"], row["agent"], row["disposition"], row["passed_on"]) == ("lkpm", "102", "answered", "umum:101")
    await centre.feature(ayu, "*12")


@pytest.mark.parametrize("status", [pytest.param(status, marks=() if status == 503 else pytest.mark.chaos) for status in STATUSES])
async def test_asterisk_does_not_take_a_caller_over_at_once_who_is_given_to_a_colleague(centre: Centre, status: int) -> None:
    centre.expected |= TROUBLE
    ayu = await centre.agent("102", RING)
    adi = await centre.agent("101")
    await centre.feature(ayu, "*13")
    caller, at_adi = await centre.conversation(adi)
    await centre.feature(ayu, "*14")
    refusal = centre.ari.refuse(Refusal(pattern=r"POST channels/[^/]+/continue", status=status, times=2))
    try:
        assert await at_adi.transfer(f"sip:102@{centre.site.registrar}")
        at_ayu = await ayu.next_call()
        await at_ayu.answer()
        await centre.both_hear(caller, at_ayu)
    finally:
        centre.ari.mend()
    assert refusal.refused == 2
    await caller.hang_up()
    row = await centre.row(dial_result="transferred")
    assert (row["disposition"], row["agent"], row["dialled"]) == ("answered", "101", "102")
    await at_ayu.ended()
    await centre.feature(ayu, "*12")
