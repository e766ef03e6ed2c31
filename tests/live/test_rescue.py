"""ivrd freezes or stays away: who waits is moved to the fallback by the rescuer, who talks is not touched."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ivrd.adapters.rescued import Ledger
from ivrd.daemon.clock import SystemClock
from ivrd.rescue.judge import FROZEN_AFTER_S
from rig.phone import RING
from rig.process import Child
from rig.rescuer import rescuing
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz
from tests.live.test_killed import Listening, queued, utc

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
AFTER_S = 5  #: longer than a busy machine needs to start ivrd again
#: stated in docs/failure.md: `rescue_after_s`, one look, and what Asterisk needs
WITHIN_S = AFTER_S + 2
#: of a call that was given to a frozen ivrd: until that is certain, two looks, and what Asterisk and the ear need
NEW_WITHIN_S = FROZEN_AFTER_S + 2
assert NEW_WITHIN_S < AFTER_S
#: in the queue of the number 172: longer than until somebody is moved
PATIENCE_S = WITHIN_S + 2
FLOWS = {"short": "start: q\nnodes:\n  q: {queue: {to: lkpm, overflow: bye}}\n  bye: {hangup: {}}\n"}
SITE = {
    "overrides": {
        "ivrd.yaml": {"dids": {"172": "short"}, "asterisk": {"fallback": {"rescue_after_s": AFTER_S, "max_wait_s": 20}}},
        "queues.yaml": {"queues": {"lkpm": {"max_wait_s": PATIENCE_S}}},
    }
}


@pytest_asyncio.fixture(loop_scope="module")
async def rescuer(centre: Centre) -> AsyncIterator[Child]:
    """`ivrd rescue`, as systemd would run it."""
    async with rescuing(centre.site.config, centre.site.logs / "rescue.log") as child:
        yield child


async def ivrd_is_back(centre: Centre) -> None:
    """The rescuer has noticed."""
    log = centre.site.logs / "rescue.log"
    await centre.until(lambda: log.read_text().rpartition("ivrd is away")[2].count("ivrd is back") == 1, 5, log.read_text)


async def test_frozen(centre: Centre, rescuer: Child) -> None:
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    waiting = await queued(centre)
    in_menu = await centre.caller("1")
    await in_menu.wait_heard(said_hz("menu-main"))
    of = dict(zip(("talking", "waiting", "menu"), centre.numbers[-3:], strict=True))
    ends = Listening(talking, at_adi.tone_hz), Listening(at_adi, talking.tone_hz)
    bagus = await centre.phone("103", RING)

    centre.ivrd.signal(signal.SIGSTOP)
    frozen = time.monotonic()
    marks = waiting.mark, in_menu.mark
    try:
        for call, mark in zip((waiting, in_menu), marks, strict=True):
            await call.wait_heard(said_hz("fallback-wait"), since=mark, timeout_s=WITHIN_S + 1)
        assert time.monotonic() - frozen < WITHIN_S + 1
        ringing = await bagus.next_call()  # the plain queue rings whoever is there
        assert ringing.peer_number in (of["waiting"], of["menu"])
        new = await centre.dial()
        await new.talking()
        await new.wait_heard(said_hz("fallback-wait"), timeout_s=3)  # at once: not into a frozen ivrd
        await ringing.answer()
        await ringing.talking()
        for end in ends:
            await end.went_on()
    finally:
        centre.ivrd.signal(signal.SIGCONT)
    centre.expected |= {"broker away", "part not ready"}  # it does not wait for a frozen client
    await ivrd_is_back(centre)
    for who in ("waiting", "menu"):
        row = await centre.row(of[who], disposition="fallback", hung_up_by="system")
        assert row["agent"] == ""
    for file in (centre.site.root / "var/state/rescued").iterdir():
        file.unlink()
    for call in (waiting, in_menu, new):
        await call.hang_up()
    await centre.both_hear(talking, at_adi)
    await talking.hang_up()
    assert (await centre.row(of["talking"]))["disposition"] == "answered"


async def test_who_was_moved_is_not_hung_up_for_having_waited_too_long(centre: Centre, rescuer: Child) -> None:
    """Their time in the queue was over while ivrd was frozen, and it hears of the time before it hears of them."""
    await centre.phone("103", RING)  # whom the plain queue rings
    caller = await centre.caller(number="172")
    await centre.wall.event("call_queued", centre.since, queue="lkpm")
    mark = caller.mark
    centre.ivrd.signal(signal.SIGSTOP)
    try:
        await caller.wait_heard(said_hz("fallback-wait"), since=mark, timeout_s=WITHIN_S + 1)
        await caller.wait_length(PATIENCE_S, since=mark, timeout_s=2 * PATIENCE_S)
    finally:
        centre.ivrd.signal(signal.SIGCONT)
    centre.expected |= {"broker away", "part not ready"}
    await ivrd_is_back(centre)
    await centre.row(disposition="fallback", overflow="")
    await caller.wait_heard(MUSIC_HZ, since=caller.mark)  # the plain queue's
    await caller.hang_up()


async def test_who_calls_a_frozen_ivrd_meets_the_fallback_long_before_anybody_is_moved(centre: Centre, rescuer: Child) -> None:
    waiting = await queued(centre)
    mark = waiting.mark
    log = centre.site.logs / "rescue.log"
    before = len(log.read_text())
    centre.ivrd.signal(signal.SIGSTOP)
    frozen = time.monotonic()
    try:
        new = await centre.dial()  # Asterisk gives it to ivrd, whose end of the connection stands
        number = centre.numbers[-1]
        await new.rings(NEW_WITHIN_S)  # before the fallback answers, which is all that comes then (ADR 114)
        assert not new.is_talking
        await new.wait_heard(said_hz("fallback-wait"), timeout_s=NEW_WITHIN_S)
        assert time.monotonic() - frozen < NEW_WITHIN_S
        later = await centre.dial()
        await later.wait_heard(said_hz("fallback-wait"), timeout_s=2)  # past ivrd by now
    finally:
        centre.ivrd.signal(signal.SIGCONT)
    centre.expected |= {"broker away", "part not ready"}
    await centre.until(lambda: "ivrd is back" in log.read_text()[before:], 5, log.read_text)
    assert "ivrd is away" not in log.read_text()[before:]
    row = await centre.row(number, disposition="fallback", hung_up_by="system")
    assert row["answered_utc"] is None  # by ivrd: it never heard of the caller in time
    await waiting.wait_heard(MUSIC_HZ, since=mark, for_s=2)  # in its place, all the while
    for file in (centre.site.root / "var/state/rescued").iterdir():
        file.unlink()
    for call in (new, later, waiting):
        await call.hang_up()
    await centre.row(centre.numbers[-1], disposition="fallback")
    served = await centre.caller("1")
    await served.wait_heard(said_hz("menu-main"))
    await served.hang_up()
    await centre.row()


async def test_back_in_command_the_next_caller_is_ours_again(centre: Centre, rescuer: Child) -> None:
    caller = await queued(centre)
    await caller.wait_heard(MUSIC_HZ, since=caller.mark, for_s=AFTER_S + 2)  # and stays so
    await caller.hang_up()
    await centre.row(disposition="abandoned_queue")


async def test_killed_and_away_for_long(centre: Centre, rescuer: Child) -> None:
    caller = await queued(centre)
    number = centre.numbers[-1]
    await centre.ivrd.kill()
    mark = caller.mark
    await caller.wait_heard(said_hz("fallback-wait"), since=mark, timeout_s=WITHIN_S + 1)
    await caller.hang_up()
    notes = centre.site.root / "var/state/rescued"
    (noted,) = (float(f.read_text()) for f in notes.iterdir())
    await centre.ivrd.start()
    await ivrd_is_back(centre)
    row = await centre.row(number, disposition="fallback")
    ended = dt.datetime.fromisoformat(row["ended_utc"]).replace(tzinfo=dt.UTC)
    assert abs(ended.timestamp() - noted) < 0.01  # when it happened, not when we heard of it


async def test_it_saw_when_a_talk_ended(centre: Centre, rescuer: Child) -> None:
    """The caller stays, and so does the recorder, until the fallback: nothing else can know when the agent went."""
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    saw = Ledger(centre.site.root / "var/state")
    await centre.ivrd.kill()
    killed_at = SystemClock().now()
    await centre.until(lambda: last_seen(saw) > killed_at, 20)  # it has begun to look
    await at_adi.hang_up()
    hung_up_at = SystemClock().now()
    await caller.wait_heard(said_hz("fallback-wait"), since=caller.mark, timeout_s=WITHIN_S + 1)
    await caller.hang_up()
    await centre.ivrd.start()
    await ivrd_is_back(centre)
    row = await centre.final_row()
    assert abs(row["talk_ms"] / 1000 - (hung_up_at - utc(row["agent_answered_utc"]))) < 1.5
    assert (row["disposition"], row["hung_up_by"], row["ended_from"]) == ("answered", "system", "noted")
    assert utc(row["ended_utc"]) > hung_up_at  # the call: when the caller was moved


def last_seen(saw: Ledger) -> float:
    """When somebody was seen who talks to a caller."""
    return max((seen.other_at for seen in saw.sightings().values()), default=0.0)


async def test_a_short_restart_moves_nobody(centre: Centre, rescuer: Child) -> None:
    caller = await queued(centre)
    await centre.ivrd.kill()
    await centre.ivrd.start()
    await caller.wait_heard(MUSIC_HZ, since=caller.mark, for_s=AFTER_S + 2, timeout_s=20)
    await caller.hang_up()
    await centre.row(disposition="abandoned_queue")
