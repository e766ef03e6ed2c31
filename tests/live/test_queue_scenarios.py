"""What Asterisk's own tests of app_queue play, played here (docs/queue-scenarios.md lists all of them)."""

from __future__ import annotations

import asyncio

import pytest

from rig.phone import RING, PhoneCall
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {
    "overrides": {
        "queues.yaml": {
            "queues": {
                "umum": {"ring_timeout_s": 10},
                "kbli": {"priority": 5, "wrap_up_s": 3},
                "lkpm": {"wrap_up_s": 0},
            }
        }
    }
}
KBLI, UMUM = "111", "10"


async def waits(centre: Centre, keys: str) -> tuple[PhoneCall, str]:
    """A caller who waits: the call, and the number."""
    since = centre.wall.mark
    caller = await centre.caller(keys)
    await centre.wall.event("call_queued", since)
    return caller, centre.numbers[-1]


async def redirect(centre: Centre, channel: str, to: str) -> None:
    """As an operator's program does: the manager's Redirect, and ivrd is not asked."""
    ami = centre.site.loaded.site.asterisk.ami
    reader, writer = await asyncio.open_connection(ami.host, ami.port)
    login = f"Action: Login\r\nUsername: {ami.user}\r\nSecret: {centre.site.secrets.ami}\r\nEvents: off\r\n\r\n"
    order = f"Action: Redirect\r\nChannel: {channel}\r\nContext: ivrd-transfer\r\nExten: {to}\r\nPriority: 1\r\n\r\n"
    writer.write((login + order).encode())
    async with asyncio.timeout(5):
        await reader.readuntil(b"Redirect successful")
    writer.close()


async def test_priority_goes_before_the_longer_wait(centre: Centre) -> None:
    adi = await centre.agent("101", RING)
    await centre.feature(adi, "*13")
    plain, plain_number = await waits(centre, UMUM)
    urgent, urgent_number = await waits(centre, KBLI)
    await centre.feature(adi, "*14")
    first = await adi.next_call()
    assert first.peer_number == urgent_number
    await first.answer()
    await centre.both_hear(urgent, first)
    await first.hang_up()
    second = await adi.next_call()
    assert second.peer_number == plain_number
    await plain.hang_up()
    await urgent.ended()
    await centre.row(plain_number, disposition="abandoned_queue")
    await centre.wall.agent_is("101", presence="ready")


async def test_wrap_up_of_one_queue_holds_for_all_and_of_one_agent_for_nobody_else(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi, KBLI)
    await at_adi.hang_up()
    await caller.ended()
    ended = await centre.wall.agent_is("101", presence="wrap_up")
    other, _ = await waits(centre, UMUM)
    ayu = await centre.agent("102", RING)
    at_ayu = await ayu.next_call()  # Adi, who has waited longer for a call, wraps up
    assert centre.wall.agent("101")["presence"] == "wrap_up"
    assert ended["wrap_up_until"]
    await at_ayu.answer()
    await centre.both_hear(other, at_ayu)
    await at_ayu.hang_up()
    await other.ended()
    await centre.wall.agent_is("101", presence="ready")
    await centre.feature(ayu, "*12")


async def test_a_phone_in_a_talk_is_not_rung(centre: Centre) -> None:
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    waiting, _ = await waits(centre, UMUM)
    await waiting.wait_heard(MUSIC_HZ)
    assert len(adi.incoming) == 1
    await talking.hang_up()
    at_adi = await adi.next_call()
    await centre.both_hear(waiting, at_adi)
    await waiting.hang_up()


async def test_the_reason_of_a_pause_can_be_changed(centre: Centre) -> None:
    adi = await centre.agent("101")
    for code, key, reason in (("*131", "pause-break", "istirahat"), ("*133", "pause-meeting", "rapat")):
        session = await centre.feature(adi, code)
        assert session.heard_tone(said_hz(key))
        await centre.wall.agent_is("101", presence="paused", reason=reason)
    await centre.feature(adi, "*14")
    await centre.wall.agent_is("101", presence="ready", reason="")


@pytest.mark.parametrize("ringing", [False, True], ids=["waiting", "while a phone rings"])
async def test_a_caller_whom_an_operator_redirects_leaves_nothing_behind(centre: Centre, ringing: bool) -> None:
    adi = await centre.agent("101", RING)
    ayu = await centre.phone("102", RING)
    if not ringing:
        await centre.feature(adi, "*13")
    caller, number = await waits(centre, UMUM)
    at_adi = await adi.next_call() if ringing else None
    (channel,) = [c for c in await centre.asterisk.channels() if c.startswith("PJSIP/trunk-")]
    await redirect(centre, channel, "102")
    at_ayu = await ayu.next_call()
    if at_adi is not None:
        await at_adi.ended()
    await at_ayu.answer()
    await centre.both_hear(caller, at_ayu)
    row = await centre.row(number)
    assert (row["agent"], row["talk_ms"], row["queue"]) == ("", 0, "umum")
    await at_ayu.hang_up()
    await caller.ended()
    if not ringing:
        await centre.feature(adi, "*14")
    await centre.wall.agent_is("101", presence="ready")
