"""kill -9 and a new start: talks go on, callers keep place and clock, and each call has its one row."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pytest

from ivrd.daemon.clock import SystemClock
from rig import tones
from rig.aftermath import as_long
from rig.call import PhoneCall
from rig.phone import RING, Phone
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
#: phones ring on while ivrd is away
SITE = {"overrides": {"queues.yaml": {"queues": {"umum": {"ring_timeout_s": 15, "wrap_up_s": 1}}}}}


def longest_gap_s(hz: float, heard: tones.Samples) -> float:
    """The longest time that a tone was away."""
    away = np.concatenate(([0], (~tones.windows_with(hz, heard)).astype(int), [0]))
    edges = np.flatnonzero(np.diff(away))
    return float(max(edges[1::2] - edges[::2], default=0) * tones.WINDOW_S)


class Listening:
    """What one end hears of the other, from now on."""

    def __init__(self, call: PhoneCall, hz: float) -> None:
        self._call, self._hz, self._mark, self._began = call, hz, call.mark, time.monotonic()

    async def went_on(self) -> None:
        """The tone came all the time, and as many seconds of it as have passed."""
        await self._call.wait_length(time.monotonic() - self._began - 0.3, since=self._mark)
        assert longest_gap_s(self._hz, self._call.heard_samples(self._mark)) <= 0.2


async def test_one_talks_two_wait_one_is_in_the_menu(centre: Centre) -> None:
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    first = await queued(centre)
    second = await queued(centre)
    in_menu = await centre.caller("2")
    await in_menu.wait_heard(said_hz("menu-main", "en"))
    await in_menu.press("1")
    await in_menu.wait_heard(said_hz("menu-licensing", "en"), for_s=0.4)
    of = dict(zip(("talking", "first", "second", "menu"), centre.numbers[-4:], strict=True))
    ends = Listening(talking, at_adi.tone_hz), Listening(at_adi, talking.tone_hz)

    await centre.ivrd.kill()
    killed = first.mark, in_menu.mark
    await first.wait_heard(MUSIC_HZ, since=killed[0], for_s=1.0)  # nobody sits in silence
    again = in_menu.mark
    await centre.ivrd.start()

    await in_menu.wait_heard(said_hz("menu-licensing", "en"), since=again, for_s=0.4)
    await in_menu.press("1")
    await centre.wall.event("call_queued", queue="kbli", language="en")
    await in_menu.wait_heard(said_hz("queue-wait", "en"))
    await centre.both_hear(talking, at_adi)
    for end in ends:
        await end.went_on()
    await first.wait_heard(MUSIC_HZ, since=first.mark)
    await centre.wall.queue_is("umum", waiting=2, talking=1)
    await in_menu.hang_up()
    await centre.row(of["menu"], disposition="abandoned_queue", language="en", queue="kbli")

    await talking.hang_up()
    await served_next(centre, adi, first, of["first"])
    await served_next(centre, adi, second, of["second"])
    rows = {who: await centre.final_row(of[who]) for who in ("talking", "first", "second")}
    assert {r["disposition"] for r in rows.values()} == {"answered"}
    the_whole_talk_is_recorded(centre, rows["talking"], talking, at_adi)
    for who in ("first", "second"):
        # from the queueing before the outage to the answer after it
        (queued_event,) = centre.wall.events("call_queued", call=rows[who]["call"])
        assert queued_event["at"][:23] == rows[who]["queued_utc"].replace(" ", "T")[:23]
        assert rows[who]["wait_ms"] > 3000


async def queued(centre: Centre) -> PhoneCall:
    """A caller who waits, and hears music."""
    since = centre.wall.mark
    caller = await centre.caller("10")
    await centre.wall.event("call_queued", since)
    await caller.wait_heard(MUSIC_HZ)
    return caller


async def served_next(centre: Centre, adi: Phone, caller: PhoneCall, number: str) -> None:
    """The agent's next call is this caller."""
    at_adi = await adi.next_call()
    assert at_adi.peer_number == number
    await centre.both_hear(caller, at_adi)
    await at_adi.hang_up()


def the_whole_talk_is_recorded(
    centre: Centre, row: dict[str, object], caller: PhoneCall, agent: PhoneCall
) -> None:
    """One file, as long as the talk, both voices without a gap."""
    recording = centre.recording(row)
    assert as_long(recording.duration_s, int(str(row["talk_ms"])) / 1000), (recording.duration_s, row["talk_ms"])
    assert longest_gap_s(caller.tone_hz, recording.left[4000:]) <= 0.2
    assert longest_gap_s(agent.tone_hz, recording.right[4000:]) <= 0.2
    assert len(list(centre.recordings.rglob(f"{row['call']}*"))) == 1


async def test_while_a_phone_rings(centre: Centre) -> None:
    adi = await centre.agent("102", RING)
    caller = await centre.caller("10")
    at_adi = await adi.next_call()
    await centre.ivrd.kill()
    await centre.ivrd.start()
    assert not at_adi.is_over  # it rings on: the same offer
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["offers"], row["agent"]) == ("answered", 1, "102")


async def test_answered_during_the_outage(centre: Centre) -> None:
    """The leg was warm: Asterisk connects the two by itself, and the next process finds them talking."""
    adi = await centre.agent("102", RING)
    await centre.warm("102")
    caller = await centre.caller("10")
    at_adi = await adi.next_call()
    await caller.wait_heard(MUSIC_HZ)
    await centre.ivrd.kill()
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await centre.ivrd.start()
    await centre.wall.agent_is("102", presence="talking")
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["agent"], row["offers"]) == ("answered", "102", 1)
    centre.recording(row)


async def test_the_caller_hangs_up_during_the_outage(centre: Centre) -> None:
    adi = await centre.agent("102")
    caller, at_adi = await centre.conversation(adi)
    talking = centre.numbers[-1]
    waiting = await queued(centre)
    in_queue = centre.numbers[-1]
    in_menu = await centre.caller("1")
    in_ivr = centre.numbers[-1]
    await in_menu.wait_heard(said_hz("menu-main"))
    await centre.ivrd.kill()
    for call in (caller, waiting, in_menu):
        await call.hang_up()
    await centre.ivrd.start()
    await at_adi.ended()  # not left alone in silence
    row = await centre.final_row(talking)
    assert (row["disposition"], row["hung_up_by"]) == ("answered", "caller")
    centre.recording(row)
    await centre.row(in_queue, disposition="abandoned_queue", hung_up_by="caller")
    await centre.row(in_ivr, disposition="abandoned_ivr", hung_up_by="caller")
    await centre.wall.queue_is("umum", waiting=0, talking=0)


async def test_a_talk_that_ends_during_the_outage_is_as_long_as_it_was(centre: Centre) -> None:
    """Both are gone, and so is the rest of the outage: three seconds more than the talk."""
    adi = await centre.agent("102")
    caller, at_adi = await centre.conversation(adi)
    talking = centre.numbers[-1]
    waiting = await queued(centre)
    in_queue = centre.numbers[-1]
    await centre.ivrd.kill()
    await caller.wait_heard(at_adi.tone_hz, since=caller.mark, for_s=2.0)
    await caller.hang_up()
    hung_up_at = SystemClock().now()
    await at_adi.hang_up()
    await waiting.wait_heard(MUSIC_HZ, since=waiting.mark, for_s=3.0)
    await centre.ivrd.start()
    row = await centre.final_row(talking)
    assert abs(row["talk_ms"] / 1000 - (hung_up_at - utc(row["agent_answered_utc"]))) < 0.5
    assert abs(utc(row["ended_utc"]) - hung_up_at) < 0.5
    assert (row["disposition"], row["ended_from"]) == ("answered", "recording")
    centre.recording(row)
    served = await adi.next_call()  # a talk of no length would leave an empty recording
    await centre.both_hear(waiting, served)
    await waiting.hang_up()
    assert (await centre.final_row(in_queue))["ended_from"] == ""


def utc(text: object) -> float:
    """A row's time, in seconds since the epoch."""
    return dt.datetime.fromisoformat(str(text)).replace(tzinfo=dt.UTC).timestamp()


async def test_the_agent_hangs_up_during_the_outage(centre: Centre) -> None:
    adi = await centre.agent("102")
    caller, at_adi = await centre.conversation(adi)
    await centre.ivrd.kill()
    await at_adi.hang_up()
    await centre.ivrd.start()
    await caller.ended()
    row = await centre.final_row()
    assert (row["disposition"], row["hung_up_by"]) == ("answered", "agent")
    centre.recording(row)


async def test_after_the_talk_before_its_row(centre: Centre) -> None:
    """The recording is not published yet, the agent wraps up: both end as they should."""
    adi = await centre.agent("102")
    caller, at_adi = await centre.conversation(adi)
    since = centre.wall.mark
    await at_adi.hang_up()
    await centre.wall.event("call_ended", since)
    await centre.ivrd.kill()
    await caller.ended()
    await centre.ivrd.start()
    row = await centre.final_row()
    assert row["disposition"] == "answered"
    centre.recording(row)
    await centre.wall.agent_is("102", presence="ready")


async def test_killed_again_and_again(centre: Centre) -> None:
    adi = await centre.agent("102")
    caller, at_adi = await centre.conversation(adi)
    end = Listening(caller, at_adi.tone_hz)
    for _ in range(3):
        await centre.ivrd.kill()
        await centre.ivrd.start()
    await centre.both_hear(caller, at_adi)
    await end.went_on()
    await caller.hang_up()
    row = await centre.final_row()
    the_whole_talk_is_recorded(centre, row, caller, at_adi)
