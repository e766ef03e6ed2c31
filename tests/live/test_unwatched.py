"""What happens in a call while ivrd is away, and is over when it is back: Asterisk tells nobody twice, so the rescuer looks and listens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from ivrd.adapters.rescued import Ledger, Sighting
from ivrd.daemon.clock import SystemClock
from rig.call import PhoneCall
from rig.phone import RING
from rig.process import Child
from rig.rescuer import rescuing
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ
from tests.live.test_killed import Lasting, Listening, queued

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
RING_S = 3  #: as long as a phone rings; ivrd is away for longer
SITE = {
    "overrides": {
        "ivrd.yaml": {"asterisk": {"fallback": {"rescue_after_s": 60}}},
        "queues.yaml": {"queues": {"umum": {"ring_timeout_s": RING_S, "wrap_up_s": 1}}},
    }
}
#: the rescuer looks every half second; and what a busy machine adds to it
LOOK_S = 1.0


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def rescuer(centre: Centre) -> AsyncIterator[Child]:
    """`ivrd rescue`, as systemd would run it."""
    async with rescuing(centre.site.config, centre.site.logs / "rescue.log") as child:
        yield child


async def gone(centre: Centre) -> Callable[[], list[Sighting]]:
    """ivrd is killed, and the rescuer has noticed: what it notes of calls from now on."""
    await centre.ivrd.kill()
    killed_at = SystemClock().now()

    def noted() -> list[Sighting]:
        seen = Ledger(centre.site.root / "var/state").sightings()
        return [sighting for sighting in seen.values() if sighting.caller_at > killed_at]

    await centre.until(lambda: noted() != [], 3)
    return noted


async def rung(centre: Centre) -> tuple[PhoneCall, PhoneCall]:
    """A caller who waits, and the phone that rings for them: Asterisk connects the two by itself (ADR 51). The two ends."""
    bagus = await centre.agent("103", RING)
    await centre.warm("103")
    caller = await queued(centre)
    return caller, await bagus.next_call()


async def test_a_talk_that_begins_and_ends_meanwhile(centre: Centre) -> None:
    """The agent hears the caller; the caller hears music until ivrd is back (docs/failure.md), and here it never is."""
    caller, at_bagus = await rung(centre)
    number = centre.numbers[-1]
    waited = time.monotonic()
    noted = await gone(centre)
    await at_bagus.answer()
    await at_bagus.talking()
    answered = time.monotonic()
    await centre.both_hear(caller, at_bagus)
    await centre.until(lambda: any(seen.other for seen in noted()), 3)
    await caller.wait_length(1.5, since=caller.mark)
    await at_bagus.hang_up()
    talked_s = time.monotonic() - answered
    await centre.until(lambda: all(seen.caller_at > seen.other_at for seen in noted() if seen.other), 3)
    await caller.hang_up()
    await centre.ivrd.start()
    row = await centre.row(number, disposition="answered", agent="103")
    assert row["hung_up_by"] == "agent"
    assert row["recording_note"] == "not recorded: ivrd was away"
    assert abs(row["talk_ms"] / 1000 - talked_s) < LOOK_S
    assert row["wait_ms"] / 1000 > answered - waited - 0.1


async def test_a_phone_is_picked_up_meanwhile_and_its_ring_time_is_over_when_ivrd_is_back(centre: Centre) -> None:
    caller, at_bagus = await rung(centre)
    number, rang = centre.numbers[-1], time.monotonic()
    await gone(centre)
    await at_bagus.answer()
    await at_bagus.talking()
    answered = time.monotonic()
    await at_bagus.wait_heard(caller.tone_hz)
    heard = Listening(at_bagus, caller.tone_hz)
    await caller.wait_length(RING_S + 1, since=caller.mark)
    assert time.monotonic() - rang > RING_S
    await centre.ivrd.start()
    assert (await centre.wall.event("call_answered", centre.since))["facts"]["agent"] == "103"
    await centre.both_hear(caller, at_bagus)
    await heard.went_on()
    await caller.wait_length(1, since=caller.mark)  # to be recorded
    await at_bagus.hang_up()
    talked_s = time.monotonic() - answered
    row = await centre.row(number, disposition="answered", agent="103")
    assert abs(row["talk_ms"] / 1000 - talked_s) < LOOK_S
    assert row["recording_ms"] < row["talk_ms"] - RING_S * 1000  # of what came after


async def test_a_hold_that_begins_and_ends_meanwhile(centre: Centre) -> None:
    caller, at_adi = await centre.conversation(await centre.agent("101"))
    number = centre.numbers[-1]
    noted = await gone(centre)
    on_hold = await Lasting.begun(at_adi.hold(), caller.wait_heard(MUSIC_HZ, since=caller.mark))
    await caller.wait_heard(MUSIC_HZ, since=caller.mark, for_s=1)
    await on_hold.ended(at_adi.resume(), caller.wait_heard(at_adi.tone_hz, since=caller.mark))
    await centre.until(lambda: any(len(seen.holds) == 2 for seen in noted()), 3)
    await centre.ivrd.start()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    row = await centre.row(number, disposition="answered")
    assert row["hold_ms"] in on_hold, (row["hold_ms"], on_hold)


async def test_a_hold_that_begins_meanwhile_and_lasts(centre: Centre) -> None:
    caller, at_adi = await centre.conversation(await centre.agent("101"))
    number = centre.numbers[-1]
    noted = await gone(centre)
    on_hold = await Lasting.begun(at_adi.hold(), caller.wait_heard(MUSIC_HZ, since=caller.mark))
    await centre.until(lambda: any(len(seen.holds) == 1 for seen in noted()), 3)
    music, away = Listening(caller, MUSIC_HZ), centre.wall.mark
    await centre.ivrd.start()
    await centre.wall.until(lambda: centre.wall.agent("101")["on_hold_since"] is not None)
    await music.went_on()
    await on_hold.ended(at_adi.resume(), centre.wall.event("hold_ended", away, agent="101"))
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    row = await centre.row(number, disposition="answered")
    assert row["hold_ms"] in on_hold, (row["hold_ms"], on_hold)
