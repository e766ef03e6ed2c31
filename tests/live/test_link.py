"""The connection to Asterisk fails in every way that connections do, while one talks, one waits, a phone rings and
one is in the menu: the talk's audio goes on, everybody keeps place and clock, each call has its one row.

A few in the suite; ``make chaos`` has all (IVRD_CHAOS=1).
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from rig.aftermath import as_long
from rig.call import PhoneCall
from rig.phone import RING, Policy
from rig.trouble import DOWN, UP, BadLine
from rig.wires import Refusal, doubled, late, lost, reordered
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz
from tests.live.test_floor import private_call
from tests.live.test_killed import Listening

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
BAD_LINES = True
chaos = pytest.mark.chaos
#: a menu that waits for as long as a fault lasts
FLOWS = {
    "patient": """start: main
nodes:
  main: {menu: {say: [menu-main], keys: {1: more}, timeout_s: 60, otherwise: bye}}
  more: {menu: {say: [menu-licensing], keys: {1: bye}, timeout_s: 60, otherwise: bye}}
  bye: {hangup: {}}
"""
}
SITE = {
    "overrides": {
        "ivrd.yaml": {
            "dids": {"171": "patient"},
            "acd": {"reoffer_after_s": 1},
            "asterisk": {
                "ari": {"request_timeout_s": 2, "heartbeat_s": 2},
                "ami": {"action_timeout_s": 2, "heartbeat_s": 2, "survey_s": 4},
            },
        },
        "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 60, "wrap_up_s": 1}}},
    }
}
LATE_S = 1.0
#: heartbeat_s of above, and a busy machine
NOTICED_S = 3.0 + 2.0
TROUBLE = {"no connection to asterisk", "part not ready", "order refused", "CDR not written, will try again"}


@dataclass
class Four:
    """Who is there when the line fails."""

    talking: PhoneCall
    at_adi: PhoneCall
    ringing: PhoneCall
    at_ayu: PhoneCall
    waiting: PhoneCall
    menu: PhoneCall
    numbers: list[str]
    since: int

    @classmethod
    async def come(cls, centre: Centre) -> Four:
        """All of them, and two agents: Adi talks, Ayu's phone rings."""
        since = centre.wall.mark
        adi = await centre.agent("101")
        talking, at_adi = await centre.conversation(adi)
        ayu = await centre.agent("102", RING)
        ringing = await centre.caller("10")
        at_ayu = await ayu.next_call()
        waiting = await centre.caller("10")
        await centre.wall.queue_is("umum", waiting=2, talking=1)
        await waiting.wait_heard(MUSIC_HZ)
        menu = await centre.caller(number="171")
        await menu.wait_heard(said_hz("menu-main"))
        return cls(talking, at_adi, ringing, at_ayu, waiting, menu, centre.numbers[-4:], since)

    async def end_well(self, centre: Centre, late_s: float = 0.0) -> None:
        """The fault is over: everybody is where they were, and is served to the end. ``late_s``: we hear of things so late."""
        assert not self.at_ayu.is_over  # it rings on: the same offer
        await self.menu.press("1")
        await self.menu.wait_heard(said_hz("menu-licensing"))
        await self.waiting.wait_heard(MUSIC_HZ, since=self.waiting.mark)
        await self.at_ayu.answer()
        await centre.both_hear(self.ringing, self.at_ayu)
        await centre.both_hear(self.talking, self.at_adi)
        await centre.wall.queue_is("umum", waiting=1, talking=2)
        await self.talking.hang_up()
        talked, rung, waited, listened = self.numbers
        # Adi is free again: the next call is the one that waited, with its old clock
        row = await centre.final_row(talked)
        assert (row["disposition"], row["hung_up_by"], row["agent"]) == ("answered", "caller", "101")
        assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000, late_s)
        await centre.wall.queue_is("umum", waiting=0, talking=2)
        for call in (self.ringing, self.waiting, self.menu):
            await call.hang_up()
        row = await centre.final_row(rung)
        assert (row["disposition"], row["agent"], row["offers"]) == ("answered", "102", 1)
        row = await centre.final_row(waited)
        assert (row["disposition"], row["agent"]) == ("answered", "101")
        (queued,) = centre.wall.events("call_queued", call=row["call"])
        assert queued["at"][:19] == row["queued_utc"].replace(" ", "T")[:19]
        assert row["wait_ms"] > 3000
        await centre.row(listened, disposition="abandoned_ivr", hung_up_by="caller")


async def noticed(centre: Centre, within_s: float) -> None:
    """ivrd says that it has lost Asterisk, in time."""
    began, before = time.monotonic(), len(centre.ivrd.lines())
    while "part not ready" not in {line.get("event") for line in centre.ivrd.lines()[before:]}:
        assert time.monotonic() - began < within_s, "not noticed"
        await asyncio.sleep(0.05)


async def back(centre: Centre) -> None:
    """All parts are ready again."""
    await centre.until_ready(15)


async def closed(centre: Centre, line: BadLine) -> None:
    await line.close()


async def torn_down(centre: Centre, line: BadLine) -> None:
    line.reset()


async def dark(centre: Centre, line: BadLine) -> None:
    line.blackhole()
    await noticed(centre, NOTICED_S)


async def half_open(centre: Centre, line: BadLine) -> None:
    """What we say arrives, and nothing comes back."""
    line.blackhole(DOWN)
    await noticed(centre, NOTICED_S)


async def deaf(centre: Centre, line: BadLine) -> None:
    """We hear, and what we say goes nowhere."""
    line.blackhole(UP)
    await noticed(centre, NOTICED_S)


async def slow(centre: Centre, line: BadLine) -> None:
    """200 ms each way more than it should be: nothing is lost at all."""
    line.delay(0.2)
    await asyncio.sleep(3)


async def far_too_slow(centre: Centre, line: BadLine) -> None:
    line.delay(5.0)
    await asyncio.sleep(8)


async def trickling(centre: Centre, line: BadLine) -> None:
    line.throttle(4000)
    await asyncio.sleep(6)


async def unanswering(centre: Centre, line: BadLine) -> None:
    """Events come; no request is ever answered."""
    line.refuse(Refusal(pattern=".", status=0))
    await asyncio.sleep(5)


async def out_of_order(centre: Centre, line: BadLine) -> None:
    line.refuse(Refusal(pattern=".", status=503))
    await asyncio.sleep(5)


Fault = Callable[[Centre, BadLine], Awaitable[None]]


@pytest.mark.parametrize(
    "fault",
    [dark, closed, *(pytest.param(f, marks=chaos) for f in (torn_down, half_open, deaf, slow, far_too_slow, trickling, unanswering, out_of_order))],
)
async def test_the_ari_connection_fails(centre: Centre, fault: Fault) -> None:
    centre.expected |= TROUBLE
    four = await Four.come(centre)
    ends = Listening(four.talking, four.at_adi.tone_hz), Listening(four.at_adi, four.talking.tone_hz)
    waits = Listening(four.waiting, MUSIC_HZ)
    await fault(centre, centre.ari)
    centre.ari.mend()
    await back(centre)
    for end in (*ends, waits):
        await end.went_on()
    await four.end_well(centre)


@pytest.mark.parametrize(
    "fault", [closed, *(pytest.param(f, marks=chaos) for f in (torn_down, dark, half_open, deaf, slow, far_too_slow, trickling, unanswering, out_of_order))]
)
async def test_the_ami_connection_fails(centre: Centre, fault: Fault) -> None:
    """Calls need it for recordings alone: nothing is heard of it."""
    centre.expected |= TROUBLE
    four = await Four.come(centre)
    ends = Listening(four.talking, four.at_adi.tone_hz), Listening(four.at_adi, four.talking.tone_hz)
    await fault(centre, centre.ami)
    centre.ami.mend()
    await back(centre)
    for end in ends:
        await end.went_on()
    await four.end_well(centre)


@pytest.mark.parametrize("frames", [doubled, pytest.param(reordered(), marks=chaos), pytest.param(late(LATE_S), marks=chaos)])
async def test_events_come_twice_overtaken_or_late(centre: Centre, frames: Callable[..., object]) -> None:
    """From the first to the last of four calls."""
    centre.ari.frames = frames  # type: ignore[assignment]
    try:
        await (await Four.come(centre)).end_well(centre, late_s=LATE_S)
    finally:
        centre.ari.mend()


@pytest.mark.parametrize("frames", [doubled, pytest.param(reordered(), marks=chaos), pytest.param(late(LATE_S), marks=chaos)])
async def test_ami_events_come_twice_overtaken_or_late(centre: Centre, frames: Callable[..., object]) -> None:
    """What phones are at is told there, and so is the end of a recording."""
    centre.ami.frames = frames  # type: ignore[assignment]
    try:
        await (await Four.come(centre)).end_well(centre, late_s=LATE_S)
    finally:
        centre.ami.mend()


async def test_what_ami_never_tells_of_a_phone_keeps_its_agent_from_nothing(centre: Centre) -> None:
    """That the phone is free again after a talk, lost: the agent gets the next call all the same."""
    adi = await centre.agent("101")
    centre.ami.frames = lambda event: () if event.get("State") == "NOT_INUSE" else (0.0,)
    try:
        for _ in range(2):
            caller, at_adi = await centre.conversation(adi)
            await caller.hang_up()
            await at_adi.ended()
            assert (await centre.final_row())["agent"] == "101"
    finally:
        centre.ami.mend()


async def test_a_phone_that_goes_and_comes_and_ami_never_tells_is_found_by_looking(centre: Centre) -> None:
    """While it is gone nobody is made to wait for it, and when it is back its agent has the next call."""
    adi = await centre.agent("101")
    centre.ami.frames = lost("ContactStatus")
    try:
        await adi.unregister()
        await centre.wall.agent_is("101", reachable=False, presence="ready")
        caller = await centre.caller("10")
        await caller.wait_heard(MUSIC_HZ)
        assert adi.incoming == []
        await adi.register()
        await centre.both_hear(caller, await adi.next_call())
    finally:
        centre.ami.mend()
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["agent"], row["offers"]) == ("answered", "101", 1)


async def test_the_end_of_a_private_call_that_ami_never_tells_of_is_found_by_looking(centre: Centre) -> None:
    adi = await centre.agent("101", RING)
    await centre.phone("103")
    await private_call(centre, "101", "103")
    private = await adi.next_call()
    await private.answer()
    await centre.wall.agent_is("101", presence="ready", private_call=True)
    caller = await centre.caller("10")
    await caller.wait_heard(MUSIC_HZ)
    centre.ami.frames = lost("DeviceStateChange")
    try:
        await private.hang_up()
        at_adi = await adi.next_call()
    finally:
        centre.ami.mend()
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    assert (await centre.final_row())["agent"] == "101"


async def test_a_recording_that_is_refused_costs_the_talk_nothing_and_says_so(centre: Centre) -> None:
    centre.expected |= TROUBLE | {"order refused"}
    adi = await centre.agent("101")
    refusal = centre.ami.refuse(Refusal(pattern="ACTION MixMonitor$", times=1))
    try:
        caller, at_adi = await centre.conversation(adi)
        await caller.wait_length(3.0, since=caller.mark)
        await centre.both_hear(caller, at_adi)
        await caller.hang_up()
        row = await centre.final_row()
    finally:
        centre.ami.mend()
    assert (row["disposition"], row["agent"], refusal.refused) == ("answered", "101", 1)
    assert row["recording_note"].startswith("began late: MixMonitor: 400 Out of order")  # asked for again after half a second
    assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000, late_s=1.0)
    caller, at_adi = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.final_row()
    assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000)


REQUESTS = {
    "connect": r"POST bridges/[^/]+/addChannel",
    "answer": r"POST channels/[^/]+/answer",
    "prompt": r"POST channels/[^/]+/play/",
    "prompt ended": r"DELETE playbacks/",
    "what the phone shows, and whose leg it is": r"POST channels/[^/]+/variable",
    "music": r"POST channels/[^/]+/moh",
    "music ended": r"DELETE channels/[^/]+/moh",
    "bridge": r"POST bridges/[^/]+$",
    "bridge closed": r"DELETE bridges/",
    "hang-up": r"DELETE channels/[^/]+$",
    "dial": r"POST channels(/[^/]+/dial)?$",  # the warm leg, and then the cold one
    "warm leg": r"POST channels/create",
}
STATUSES = (503, 500, 400, 403)
SHORT = (("connect", 503), ("connect", 403))


@pytest.mark.parametrize(
    ("name", "status"), [pytest.param(*case, marks=() if case in SHORT else chaos) for case in itertools.product(REQUESTS, STATUSES)]
)
async def test_one_kind_of_request_is_refused_twice(centre: Centre, name: str, status: int) -> None:
    """The caller is served all the same, hears the agent, and nothing is left."""
    centre.expected |= TROUBLE
    # a dial that is refused by an Asterisk that has looked: the phone cannot be rung, the next agent is asked
    goes_on = name == "dial" and status != 503
    refusal = centre.ari.refuse(Refusal(pattern=REQUESTS[name], status=status, times=2))
    if name != "warm leg":
        refusal.times = 0
    try:
        agents = {"101": await centre.agent("101", Policy(answer_after_s=2.0))}  # the caller waits, with music
        await centre.warm(*(("101",) if name != "warm leg" else ()))
        if goes_on:
            agents["102"] = await centre.agent("102", Policy(answer_after_s=2.0))
        refusal.met, refusal.times = 0, 2
        mark = centre.wall.mark
        caller, serves = await centre.caller("10"), "101"
        if goes_on:  # whoever has been idle for longer is tried first
            first = (await centre.wall.event("call_offered", since=mark))["facts"]["agent"]
            serves = {"101": "102", "102": "101"}[first]
        at_agent = await agents[serves].next_call()
        await at_agent.talking()
        await centre.both_hear(caller, at_agent)
        await at_agent.hang_up()
        await caller.ended()
        row = await centre.final_row()
        assert (row["disposition"], row["agent"], row["hung_up_by"]) == ("answered", serves, "agent")
        assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000)
        # a warm leg that cannot be made is made for the agent's next call
        await centre.until(lambda: refusal.refused == (1 if name == "warm leg" else 2), 5)
    finally:
        centre.ari.mend()


async def test_ends_and_beginnings_that_are_never_told_are_found_by_looking(centre: Centre) -> None:
    centre.expected |= {"asterisk did not tell of channels that came or went"}
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    talked = centre.numbers[-1]
    centre.ari.frames = lost("StasisStart", "StasisEnd", "ChannelDestroyed", "ChannelHangupRequest")
    await caller.hang_up()
    unheard = await centre.dial()
    await at_adi.ended(20)
    centre.ari.mend()
    row = await centre.final_row(talked)
    assert (row["disposition"], row["hung_up_by"]) == ("answered", "caller")
    await unheard.talking(20)
    await unheard.press("10")
    await centre.both_hear(unheard, await adi.next_call())
    await unheard.hang_up()
    assert (await centre.final_row())["disposition"] == "answered"


async def test_a_dead_line_is_an_alert_that_is_cleared(centre: Centre) -> None:
    centre.expected |= TROUBLE
    centre.ari.blackhole()
    await centre.wall.until(lambda: centre.wall.state("alert/asterisk").get("raised") is True, 10)
    assert "ari:" in centre.wall.state("alert/asterisk")["faults"][0]["message"]
    centre.ari.mend()
    await centre.wall.until(lambda: centre.wall.state("alert/asterisk").get("raised") is False, 15)
    await back(centre)


@chaos
async def test_the_end_of_what_is_said_is_never_told(centre: Centre) -> None:
    """The flow, and then the queue, go on when the audio must have been over for long (core/speaking.py)."""
    centre.ari.frames = lost("PlaybackFinished")
    try:
        caller = await centre.caller("10")
        await caller.wait_heard(MUSIC_HZ, timeout_s=60)
    finally:
        centre.ari.mend()
    await centre.wall.event("prompt_overdue")
    await centre.both_hear(caller, await (await centre.agent("101")).next_call())
    await caller.hang_up()
    assert (await centre.final_row())["disposition"] == "answered"


async def test_a_key_that_is_never_told_is_pressed_again(centre: Centre) -> None:
    caller = await centre.caller(number="171")
    await caller.wait_heard(said_hz("menu-main"))
    passed: list[str] = []
    drop = lost("ChannelDtmfReceived")
    centre.ari.frames = lambda frame: (passed.append(frame["type"]), drop(frame))[1]
    try:
        await caller.press("1")
        await centre.until(lambda: "ChannelDtmfReceived" in passed)
    finally:
        centre.ari.mend()
    await caller.press("1")
    await caller.wait_heard(said_hz("menu-licensing"))
    await caller.hang_up()
    await centre.row(disposition="abandoned_ivr", hung_up_by="caller")


@pytest.mark.parametrize("answer", ["ChannelStateChange", pytest.param("StasisStart", marks=chaos)])  # of a warm leg, of a cold one
async def test_an_answer_that_is_never_told_is_found_by_looking(centre: Centre, answer: str) -> None:
    """Long before the phone's time to ring is over: nobody who answered is cut off for not having answered."""
    centre.expected |= TROUBLE | {"asterisk did not tell of channels that came or went"}
    if answer == "StasisStart":
        centre.ari.refuse(Refusal(pattern=REQUESTS["warm leg"]))
    adi = await centre.agent("101", RING)
    await centre.warm(*(("101",) if answer == "ChannelStateChange" else ()))
    caller = await centre.caller("10")
    at_adi = await adi.next_call()
    centre.ari.frames = lost(answer)
    try:
        await at_adi.answer()
        await at_adi.talking()
        await caller.wait_heard(at_adi.tone_hz, timeout_s=30, since=caller.mark)
    finally:
        centre.ari.mend()
    await centre.both_hear(caller, at_adi)
    await centre.wall.agent_is("101", presence="talking")
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["agent"], row["offers"]) == ("answered", "101", 1)
    assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000)
