"""What an agent's phone can do to a call by SIP alone: forward it (302), give it away (REFER). ivrd decides."""

from __future__ import annotations

import pytest

from rig import tones
from rig.forwarder import Forwarder
from rig.phone import RING, Phone, PhoneCall
from rig.tools import free_ports
from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
(SIP,) = free_ports(1)
FAR = "0215559876"
FLOWS = {
    "there": """start: hello
nodes:
  hello: {play: {say: [closed-hours, closed-hours, closed-hours], then: bye}}
  bye: {hangup: {}}
"""
}
SITE = {
    "overrides": {
        "ivrd.yaml": {
            "dids": {FAR: "there"},
            "asterisk": {
                "sip": {"port": SIP, "transfers": True},
                # the carrier is this Asterisk itself: the number outside is another one of ours
                "trunk": {"outbound": {"allow": [FAR], "server": f"127.0.0.1:{SIP}", "per_agent_day": 1}},
            },
        },
        "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 10}, "lkpm": {"extension": "801", "wrap_up_s": 1}}},
    }
}


@pytest.mark.parametrize("target", ["103", "*11", "169", "0811222333"])
async def test_a_phone_that_forwards_does_not_take_the_call_away(centre: Centre, target: str) -> None:
    """Whatever it forwards to, nobody else is rung for it: the offer has failed, and the next agent is asked."""
    bagus = await centre.phone("103", RING)
    adi = await centre.agent("101")
    await adi.unregister()
    await centre.wall.agent_is("101", reachable=False)
    async with Forwarder(centre.site.registrar, "101", centre.site.secrets.phones["101"], target) as phone:
        await centre.wall.agent_is("101", reachable=True, presence="ready")
        caller = await centre.caller("10")
        ended = await centre.wall.event("offer_ended", centre.since, agent="101")
        assert ended["facts"]["outcome"] == "forwarded"
        ayu = await centre.agent("102", RING)
        at_ayu = await ayu.next_call()
        assert phone.asked == 1
        await at_ayu.answer()
        await centre.both_hear(caller, at_ayu)
        assert bagus.incoming == []
        await caller.hang_up()
        row = await centre.final_row()
        assert (row["agent"], row["disposition"]) == ("102", "answered")
    await centre.feature(ayu, "*12")


async def test_a_caller_is_given_to_a_colleague_who_is_free(centre: Centre) -> None:
    ayu = await centre.agent("102", RING)
    adi = await centre.agent("101")
    await centre.feature(ayu, "*13")
    caller, at_adi = await centre.conversation(adi)
    await centre.feature(ayu, "*14")
    assert await at_adi.transfer(f"sip:102@{centre.site.registrar}")
    at_ayu = await ayu.next_call()
    await centre.wall.agent_is("101", presence="ready")
    await centre.wall.agent_is("102", presence="ready", private_call=True)  # nobody offers her another one
    await at_ayu.answer()
    await centre.both_hear(caller, at_ayu)
    row = await centre.row(dial_result="transferred")
    assert (row["disposition"], row["agent"], row["dialled"]) == ("answered", "101", "102")
    centre.recording(row)
    await caller.hang_up()
    await at_ayu.ended()
    await centre.feature(ayu, "*12")


async def test_a_caller_is_given_to_another_queue_and_both_talks_are_kept(centre: Centre) -> None:
    """Adi (umum) gives the caller to LKPM's 801: Ayu, who serves it, has the caller; recordings and row have both talks."""
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await caller.wait_length(1, since=caller.mark)
    ayu = await centre.agent("102", RING)
    assert await at_adi.transfer(f"sip:801@{centre.site.registrar}")
    at_ayu = await ayu.next_call()
    await centre.wall.event("call_passed_on", centre.since, agent="101", to="lkpm")
    await at_adi.ended()
    await at_ayu.answer()
    await centre.both_hear(caller, at_ayu)
    await caller.wait_length(1, since=caller.mark)
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["queue"], row["agent"], row["disposition"]) == ("lkpm", "102", "answered")
    assert (row["passed_on"], row["dial_result"]) == ("umum:101", "")
    assert row["earlier_ms"] > 1000 * centre.site.loaded.queues["umum"].wrap_up_s
    assert centre.recording(row).duration_s > 0.5
    assert row["recording"] == row["earlier_recordings"].replace(".wav", ".talk-2.wav")
    assert tones.read_stereo(centre.recordings / row["earlier_recordings"]).duration_s > 0.5
    await centre.feature(ayu, "*12")


@pytest.mark.parametrize(("to", "refer_on"), [("102", "first"), ("801", "second")])
async def test_a_colleague_is_asked_first_and_then_has_the_caller(centre: Centre, to: str, refer_on: str) -> None:
    """Adi holds the caller, asks Ayu (or LKPM, whom she serves), and presses transfer (REFER with Replaces on one of his calls): two talks, one row, nothing of the question in either."""
    adi = await centre.agent("101")
    ayu = await centre.agent("102", RING)
    await centre.feature(ayu, "*13")
    caller, at_adi = await centre.conversation(adi)
    await centre.feature(ayu, "*14")
    await caller.wait_length(1, since=caller.mark)
    await at_adi.hold()
    asking, at_ayu = await ask(centre, adi, ayu, to)
    mark = caller.mark
    await caller.wait_length(0.5, since=mark)
    assert not caller.heard_tone(at_ayu.tone_hz, mark), "the caller hears none of it"
    assert await (at_adi.give_to(asking) if refer_on == "first" else asking.give_to(at_adi))
    await centre.both_hear(caller, at_ayu)
    await at_adi.ended()
    await asking.ended()
    await centre.wall.agent_is("102", presence="talking")
    await caller.wait_length(1, since=caller.mark)
    await at_ayu.hang_up()
    await caller.ended()
    row = await centre.final_row()
    assert (row["queue"], row["agent"], row["disposition"]) == ("umum", "102", "answered")
    assert (row["passed_on"], row["dial_result"], row["hung_up_by"]) == ("umum:101", "", "agent")
    assert row["recording"] == row["earlier_recordings"].replace(".wav", ".talk-2.wav")
    assert centre.recording(row).duration_s > 0.5
    first = tones.read_stereo(centre.recordings / row["earlier_recordings"])
    assert tones.is_heard(adi.tone_hz, first.right, 0.3)
    assert not tones.is_heard(ayu.tone_hz, first.right, 0.3)
    await centre.feature(ayu, "*12")


@pytest.mark.parametrize("ends", ["colleague", "agent", "early"])
async def test_a_question_that_comes_to_nothing_leaves_the_caller_with_the_agent(centre: Centre, ends: str) -> None:
    """The colleague hangs up; the agent does; or transfer is pressed while it rings, which is declined."""
    adi = await centre.agent("101")
    ayu = await centre.agent("102", RING)
    await centre.feature(ayu, "*13")
    caller, at_adi = await centre.conversation(adi)
    await centre.feature(ayu, "*14")
    await at_adi.hold()
    if ends == "early":
        asking = await adi.dial("102")
        at_ayu = await ayu.next_call()
        assert not await at_adi.give_to(asking)
        await asking.hang_up()
    else:
        asking, at_ayu = await ask(centre, adi, ayu, "102")
        await (at_ayu if ends == "colleague" else asking).hang_up()
    await asking.ended()
    await at_ayu.ended()
    await at_adi.resume()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["agent"], row["passed_on"], row["dial_result"]) == ("101", "", "")
    await centre.feature(ayu, "*12")


async def test_the_question_itself_cannot_be_given_away(centre: Centre) -> None:
    """A blind transfer of the second call, by whoever asks or is asked: declined at once, and all three go on."""
    adi = await centre.agent("101")
    ayu = await centre.agent("102", RING)
    await centre.feature(ayu, "*13")
    caller, at_adi = await centre.conversation(adi)
    await centre.feature(ayu, "*14")
    await at_adi.hold()
    asking, at_ayu = await ask(centre, adi, ayu, "102")
    for phone in (asking, at_ayu):
        assert not await phone.transfer(f"sip:103@{centre.site.registrar}")
    await centre.both_hear(asking, at_ayu)
    assert await asking.give_to(at_adi)
    await centre.both_hear(caller, at_ayu)
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["agent"], row["passed_on"]) == ("102", "umum:101")
    await centre.feature(ayu, "*12")


async def ask(centre: Centre, adi: Phone, ayu: Phone, to: str) -> tuple[PhoneCall, PhoneCall]:
    """Adi dials, Ayu answers: the two ends of their call."""
    asking = await adi.dial(to)
    at_ayu = await ayu.next_call()
    assert at_ayu.peer_number == "101"
    await at_ayu.answer()
    await asking.talking()
    await centre.both_hear(asking, at_ayu)
    return asking, at_ayu


@pytest.mark.parametrize("target", ["102", "0215550000", "*11", "169", "nobody"])
async def test_a_transfer_that_cannot_be_is_refused_and_the_talk_goes_on(centre: Centre, target: str) -> None:
    """102 is not logged in; nothing outside may be dialled."""
    adi = await centre.agent("101")
    ayu = await centre.phone("102", RING)
    caller, at_adi = await centre.conversation(adi)
    assert not await at_adi.transfer(f"sip:{target}@{centre.site.registrar}")
    await centre.wall.event("transfer_refused", centre.since, agent="101")
    await centre.both_hear(caller, at_adi)
    assert ayu.incoming == []
    await caller.hang_up()
    assert (await centre.final_row())["dial_result"] == ""


async def test_one_agent_gives_so_many_callers_a_day_to_numbers_outside_and_no_more(centre: Centre) -> None:
    """The second one is refused and the team leaders are told; the caller and the agent go on talking."""
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    assert await at_adi.transfer(f"sip:{FAR}@{centre.site.registrar}")
    await caller.wait_heard(said_hz("closed-hours"))
    row = await centre.row(dial_result="transferred")
    assert (row["agent"], row["dialled"]) == ("101", FAR)
    await caller.hang_up()
    caller, at_adi = await centre.conversation(adi)
    since = centre.wall.mark
    assert not await at_adi.transfer(f"sip:{FAR}@{centre.site.registrar}")
    await centre.wall.event("transfer_refused", since, agent="101")
    await centre.wall.until(lambda: outside_alerts(centre) == ["101"])
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    assert (await centre.final_row())["dial_result"] == ""


def outside_alerts(centre: Centre) -> list[str]:
    """Agents of whom the team leaders hear that they want to give away too many."""
    alerts = centre.wall.state("alert/agents").get("agents", [])
    return [alert["agent"] for alert in alerts if alert["alert"] == "outside"]
