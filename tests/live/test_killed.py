"""kill -9 and a new start: talks go on, callers keep place and clock, and each call has its one row."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable

import numpy as np
import pytest

from ivrd.daemon.clock import SystemClock
from rig import tones
from rig.aftermath import RECORDER_LATE_S, as_long
from rig.call import PhoneCall
from rig.phone import RING, Phone
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
FLOWS = {
    "asked": """start: q
nodes:
  q: {queue: {to: umum, overflow: bye, after: csat}}
  csat: {survey: {ask: csat, say: [survey-csat], timeout_s: 2, tries: 20, then: nps}}
  nps: {survey: {ask: nps, say: [survey-nps], timeout_s: 2, tries: 20, then: bye}}
  bye: {hangup: {}}
"""
}
#: phones ring on while ivrd is away
SITE = {
    "overrides": {
        "ivrd.yaml": {"dids": {"171": "asked"}},
        "queues.yaml": {"queues": {"umum": {"ring_timeout_s": 15, "wrap_up_s": 1}}},
    }
}
#: the first so many seconds of a recording are the recorder's and the phones' beginning
_SETTLED_S = 0.5


#: an agent's two keys interrupt the voice, and are in the recording as tones, beside the pause
_KEYS_S = 0.6


def longest_stretch_s(windows: tones.Windows) -> tuple[float, float]:
    """The longest one in which they are true: where it begins, and its length."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], windows.astype(int), [0]))))
    stretches = zip(edges[::2], edges[1::2], strict=True)
    began, over = max(stretches, key=lambda each: each[1] - each[0], default=(0, 0))
    return float(began * tones.WINDOW_S), float((over - began) * tones.WINDOW_S)


def longest_gap_s(hz: float, heard: tones.Samples) -> float:
    """The longest time that a tone was away."""
    return longest_stretch_s(~tones.windows_with(hz, heard))[1]


class Listening:
    """What one end hears of the other, from now on."""

    def __init__(self, call: PhoneCall, hz: float) -> None:
        self._call, self._hz, self._mark, self._began = call, hz, call.mark, time.monotonic()

    async def went_on(self) -> None:
        """The tone came all the time, and as many seconds of it as have passed."""
        await self._call.wait_length(time.monotonic() - self._began - 0.3, since=self._mark)
        assert longest_gap_s(self._hz, self._call.heard_samples(self._mark)) <= 0.2


class Lasting:
    """What somebody begins and ends: as long as from what was seen of its beginning to the order to end it, or a little longer."""

    def __init__(self) -> None:
        self._ordered = [time.monotonic()]
        self._seen: list[float] = []

    @classmethod
    async def begun(cls, order: Awaitable[None], seen: Awaitable[object]) -> Lasting:
        """``order`` it, and wait until it is ``seen``."""
        made = cls()
        await order
        await seen
        made._seen.append(time.monotonic())
        return made

    async def ended(self, order: Awaitable[None], seen: Awaitable[object]) -> None:
        """The same of its end."""
        self._ordered.append(time.monotonic())
        await order
        await seen
        self._seen.append(time.monotonic())

    def __contains__(self, length_ms: int) -> bool:
        """Whether it can have been so long, however slow the machine was."""
        return self._ordered[1] - self._seen[0] <= length_ms / 1000 <= self._seen[1] - self._ordered[0]

    def __repr__(self) -> str:
        return f"{self._ordered[1] - self._seen[0]:.3f} to {self._seen[1] - self._ordered[0]:.3f} s"


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
    assert longest_gap_s(caller.tone_hz, settled(recording.left)) <= 0.2
    assert longest_gap_s(agent.tone_hz, settled(recording.right)) <= 0.2
    assert len(list(centre.recordings.rglob(f"{row['call']}*"))) == 1


def settled(track: tones.Samples) -> tones.Samples:
    """Without its beginning."""
    return track[int(_SETTLED_S * tones.RATE_HZ) :]


async def test_one_is_on_hold_one_is_in_a_survey_one_is_not_being_recorded(centre: Centre) -> None:
    centre.expected.add("order refused")  # to pause: AMI may be back later than ARI; it is given again
    held, at_adi = await centre.conversation(await centre.agent("101"))
    private, at_ayu = await centre.conversation(await centre.agent("102"))
    bagus = await centre.agent("103")
    asked = await centre.caller(number="171")
    at_bagus = await bagus.next_call()
    await centre.both_hear(asked, at_bagus)
    of = dict(zip(("held", "private", "asked"), centre.numbers[-3:], strict=True))
    await at_bagus.hang_up()
    await asked.wait_heard(said_hz("survey-csat"))
    await asked.press("4")
    await asked.wait_heard(said_hz("survey-nps"))
    on_hold = await Lasting.begun(at_adi.hold(), centre.wall.event("hold_started", centre.since, agent="101"))
    unrecorded = await Lasting.begun(at_ayu.press("*5"), centre.wall.event("recording_paused", centre.since))
    await centre.wall.until(lambda: centre.wall.agent("101")["on_hold_since"] is not None)
    held_since = centre.wall.agent("101")["on_hold_since"]
    await held.wait_heard(MUSIC_HZ, since=held.mark)

    music = Listening(held, MUSIC_HZ)
    await centre.ivrd.kill()
    away, again = centre.wall.mark, asked.mark
    await held.wait_heard(MUSIC_HZ, since=held.mark, for_s=0.5)
    await centre.ivrd.start()

    await asked.wait_heard(said_hz("survey-nps"), since=again)
    assert not asked.heard_tone(said_hz("survey-csat"), again)  # what was answered is not asked again
    await asked.press("10")
    await asked.ended()
    await centre.wall.until(lambda: "presence" in centre.wall.state("agent/101/state", away))
    shown = centre.wall.agent("101")
    assert (shown["presence"], shown["on_hold_since"]) == ("talking", held_since)
    await music.went_on()
    await on_hold.ended(at_adi.resume(), centre.wall.event("hold_ended", away, agent="101"))
    await centre.both_hear(held, at_adi)
    await centre.both_hear(private, at_ayu)  # not recorded, but heard
    await unrecorded.ended(at_ayu.press("*6"), centre.wall.event("recording_resumed", away))
    await private.wait_heard(at_ayu.tone_hz, since=private.mark, for_s=1.2)
    await held.hang_up()
    await private.hang_up()

    rows = {who: await centre.final_row(number) for who, number in of.items()}
    assert {r["disposition"] for r in rows.values()} == {"answered"}
    assert (rows["asked"]["csat"], rows["asked"]["nps"]) == (4, 10)
    assert rows["held"]["hold_ms"] in on_hold, (rows["held"]["hold_ms"], on_hold)
    for row in rows.values():
        assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000)
    (paused,) = centre.wall.events("recording_paused", call=rows["private"]["call"])
    (resumed,) = centre.wall.events("recording_resumed", call=rows["private"]["call"])
    assert resumed["facts"]["paused_ms"] in unrecorded, (resumed["facts"], unrecorded)
    began_s, paused_s = utc(paused["at"]) - utc(rows["private"]["agent_answered_utc"]), resumed["facts"]["paused_ms"] / 1000
    assert rows["private"]["recording_note"] == f"paused {paused_s:.1f} s"
    recording = centre.recording(rows["private"])
    for hz, track in ((private.tone_hz, recording.left), (at_ayu.tone_hz, recording.right)):
        silent_once(hz, track, began_s, paused_s)


def silent_once(hz: float, track: tones.Samples, began_s: float, for_s: float) -> None:
    """Nothing is on the track in this stretch, and the tone before and after it."""
    silent_from_s, silent_s = longest_stretch_s(~tones.loud_windows(track))
    assert abs(silent_from_s - began_s) < RECORDER_LATE_S, (silent_from_s, began_s)
    assert abs(silent_s - for_s) < RECORDER_LATE_S, (silent_s, for_s)
    before, after = (round(at_s * tones.RATE_HZ) for at_s in (silent_from_s - _KEYS_S, silent_from_s + silent_s + _KEYS_S))
    assert longest_gap_s(hz, settled(track[:before])) < RECORDER_LATE_S
    assert longest_gap_s(hz, track[after:]) < RECORDER_LATE_S


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
