"""A caller waits: what they hear, who is served first, and every way out of the queue."""

from __future__ import annotations

import asyncio

import pytest

from rig.call import PhoneCall
from rig.phone import REJECT, RING, Policy
from rig.site import SitePaths
from rig.tones import RATE_HZ, make_tone, seconds_of, write_mono
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, WORD_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
#: as often as may be
COMFORT = {"comfort_every_s": 10, "announce_every_s": 0, "wrap_up_s": 0}
SITE = {
    "overrides": {
        "ivrd.yaml": {"acd": {"reoffer_after_s": 3}, "music": {"tenang": "prompts/music-tenang"}},
        "queues.yaml": {
            "queues": {
                "umum": {"announce_every_s": 3},
                "regulasi": {"music": "tenang", "announce_every_s": 0},
                "tambah-bidang-usaha": {"music": "tenang", "comfort": ["comfort-thanks"], "priority": 1, **COMFORT},
                "persyaratan": {"comfort": ["comfort-website"], **COMFORT},
                "lkpm": {"max_wait_s": 3},
                "progres": {"max_waiting": 1},
            }
        },
    }
}


CALM_HZ = 700.0
#: of a comfort message that would go on for long after an answer
THANKS_S = 10


@pytest.fixture(scope="module")
def site(site: SitePaths) -> SitePaths:
    """The site, a queue's own music, and words that take their time."""
    prompts = site.root / "prompts"
    write_mono(prompts / "music-tenang" / "calm.wav", make_tone(CALM_HZ, 0, 10 * RATE_HZ))
    write_mono(prompts / "build" / "id" / "comfort-thanks.wav", make_tone(said_hz("comfort-thanks"), 0, THANKS_S * RATE_HZ))
    return site


async def waiting(centre: Centre, keys: str = "10") -> PhoneCall:
    """A caller in the queue ``umum`` (or another), music on."""
    since = centre.wall.mark
    caller = await centre.caller(keys)
    await centre.wall.event("call_queued", since)
    await caller.wait_heard(MUSIC_HZ, timeout_s=15)
    return caller


async def test_announcement_then_music_then_the_place_again(centre: Centre) -> None:
    caller = await centre.caller("10")
    await caller.wait_heard(said_hz("queue-wait"), for_s=0.4)
    await caller.wait_heard(said_hz("queue-next"), for_s=0.4)
    await caller.wait_heard(MUSIC_HZ, for_s=1.0)
    since = caller.mark
    await caller.wait_heard(said_hz("queue-next"), since=since, timeout_s=6, for_s=0.4)
    assert seconds_of(MUSIC_HZ, caller.heard_samples(since)) > 1
    since = caller.mark
    await caller.wait_heard(MUSIC_HZ, since=since)
    assert not caller.heard_tone(said_hz("queue-wait"), since)
    await caller.hang_up()
    row = await centre.row()
    assert row["disposition"] == "abandoned_queue"
    assert (row["agent"], row["offers"], row["recording"]) == ("", 0, "")
    assert row["wait_ms"] > 4000


async def test_a_queue_plays_its_own_music_and_the_others_the_usual_one(centre: Centre) -> None:
    caller = await centre.caller("112")
    await centre.wall.event("call_queued", centre.since, queue="regulasi")
    await caller.wait_heard(CALM_HZ, for_s=1.0)
    assert not caller.heard_tone(MUSIC_HZ)
    await caller.hang_up()
    other = await waiting(centre)
    assert not other.heard_tone(CALM_HZ)
    await other.hang_up()


async def test_each_queue_has_its_own_comfort_between_its_own_music_and_an_answer_cuts_it_off(centre: Centre) -> None:
    thanks_hz, website_hz = said_hz("comfort-thanks"), said_hz("comfort-website")
    thanked, other = await asyncio.gather(centre.caller("113"), centre.caller("115"))
    number = centre.numbers[-2]
    await thanked.wait_heard(CALM_HZ, for_s=1.0)
    await other.wait_heard(MUSIC_HZ, for_s=1.0)
    await thanked.wait_heard(thanks_hz, timeout_s=15)
    adi = await centre.agent("101", RING)  # a phone that rang before would have nothing said
    at_adi = await adi.next_call()
    assert at_adi.peer_number == number  # by priority, whoever of the two was here first
    since = thanked.mark
    await thanked.wait_heard(thanks_hz, since=since)  # a phone that rings takes nobody's words away
    since = thanked.mark
    await at_adi.answer()
    await thanked.wait_heard(at_adi.tone_hz, since=since, timeout_s=2)
    since = thanked.mark
    await thanked.wait_length(1, since=since)
    assert not thanked.heard_tone(thanks_hz, since, for_s=0.1)
    assert not thanked.heard_tone(CALM_HZ, since, for_s=0.1)
    await other.wait_heard(website_hz)
    mark = other.mark
    await other.wait_heard(MUSIC_HZ, since=mark)
    assert not any(thanked.heard_tone(hz) for hz in (website_hz, MUSIC_HZ))
    assert not any(other.heard_tone(hz) for hz in (thanks_hz, CALM_HZ))
    for call in (other, thanked):
        await call.hang_up()
    await at_adi.ended()
    assert (await centre.row(number))["agent"] == "101"


async def test_who_waits_longest_is_served_first(centre: Centre) -> None:
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    first = await waiting(centre)
    first_number = centre.numbers[-1]
    second = await waiting(centre)
    second_number = centre.numbers[-1]
    for key in ("queue-position-before", "queue-position-after", "queue-wait-between", "queue-wait-and"):
        await second.wait_heard(said_hz(key))
    await second.wait_heard(WORD_HZ, for_s=0.1)
    await centre.wall.queue_is("umum", waiting=2, talking=1)
    await talking.hang_up()
    await at_adi.ended()

    at_adi = await adi.next_call()
    assert at_adi.peer_number == first_number
    await centre.both_hear(first, at_adi)
    await centre.wall.queue_is("umum", waiting=1, talking=1)
    since = first.mark
    await at_adi.hang_up()
    await first.ended()
    assert not first.heard_tone(MUSIC_HZ, since)

    at_adi = await adi.next_call()
    assert at_adi.peer_number == second_number
    await centre.both_hear(second, at_adi)
    await second.hang_up()
    rows = [await centre.final_row(n) for n in (first_number, second_number)]
    assert [r["disposition"] for r in rows] == ["answered", "answered"]
    assert rows[0]["queued_utc"] < rows[1]["queued_utc"]
    assert rows[0]["agent_answered_utc"] < rows[1]["agent_answered_utc"]


async def test_ring_no_answer_then_the_next_agent(centre: Centre) -> None:
    silent = await centre.agent("101", RING)
    caller = await centre.caller("10")
    unanswered = await silent.next_call()
    bagus = await centre.agent("103")
    at_bagus = await bagus.next_call()
    await unanswered.ended()
    await centre.both_hear(caller, at_bagus)
    (ended,) = centre.wall.events("offer_ended", call=(await only_call(centre)))
    assert (ended["facts"]["agent"], ended["facts"]["outcome"]) == ("101", "no_answer")
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["agent"], row["offers"]) == ("103", 2)
    assert row["wait_ms"] >= 2000  # from the first queueing on: the place was kept


async def test_reject_then_the_next_agent(centre: Centre) -> None:
    rejecting = await centre.agent("101", REJECT)
    caller = await centre.caller("10")
    await rejecting.next_call()
    await centre.wall.event("offer_ended", call=await only_call(centre), agent="101", outcome="busy")
    bagus = await centre.agent("103")
    await centre.both_hear(caller, await bagus.next_call())
    await caller.hang_up()
    assert (await centre.final_row())["offers"] == 2
    assert len(rejecting.incoming) == 1


async def test_the_only_agent_is_asked_again_after_a_while(centre: Centre) -> None:
    adi = await centre.agent("101", REJECT)
    caller = await centre.caller("10")
    await adi.next_call()
    adi.policy = Policy(answer_after_s=0)
    await centre.both_hear(caller, await adi.next_call())
    await caller.hang_up()
    assert (await centre.final_row())["wait_ms"] >= 3000


async def test_an_unregistered_phone_is_not_offered_a_call_until_it_is_back(centre: Centre) -> None:
    adi = await centre.agent("101")
    await adi.unregister()
    await centre.wall.agent_is("101", reachable=False, presence="ready")
    caller = await waiting(centre)
    assert adi.incoming == []
    await centre.wall.agent_is("101", presence="ready")
    await adi.register()
    await centre.both_hear(caller, await adi.next_call())
    await caller.hang_up()
    assert (await centre.final_row())["offers"] == 1


@pytest.mark.parametrize("heard", ["queue-wait", "music"])
async def test_abandoned_while_hearing(centre: Centre, heard: str) -> None:
    caller = await centre.caller("10")
    await caller.wait_heard(MUSIC_HZ if heard == "music" else said_hz(heard))
    await centre.wall.queue_is("umum", waiting=1)
    before = centre.wall.queue("umum")["abandoned_today"]
    await caller.hang_up()
    row = await centre.row()
    assert (row["disposition"], row["hung_up_by"]) == ("abandoned_queue", "caller")
    assert (row["queue"], row["agent"], row["talk_ms"]) == ("umum", "", 0)
    await centre.wall.queue_is("umum", waiting=0, abandoned_today=before + 1)


async def test_abandoned_while_a_phone_rings(centre: Centre) -> None:
    adi = await centre.agent("101", RING)
    caller = await centre.caller("10")
    at_adi = await adi.next_call()
    await centre.wall.agent_is("101", presence="offered")
    await caller.hang_up()
    await at_adi.ended(2)
    row = await centre.row()
    assert (row["disposition"], row["offers"], row["agent"]) == ("abandoned_queue", 1, "")
    await centre.wall.agent_is("101", presence="ready")


async def test_answered_and_abandoned_at_the_same_moment_leave_nothing(centre: Centre) -> None:
    centre.expected |= {"order refused", "recording lost"}  # there was nothing to record
    adi = await centre.agent("101", RING)
    caller = await centre.caller("10")
    at_adi = await adi.next_call()
    await asyncio.gather(at_adi.answer(), caller.hang_up())
    await at_adi.ended(5)
    row = await centre.row(timeout_s=8)
    assert row["disposition"] in ("answered", "abandoned_queue")  # whichever came first
    assert row["hung_up_by"] == "caller"


async def test_who_has_waited_too_long_leaves_by_the_overflow(centre: Centre) -> None:
    caller = await centre.caller("12")
    await caller.wait_heard(MUSIC_HZ)
    await caller.wait_heard(said_hz("queue-overflow"), timeout_s=6)
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["hung_up_by"], row["cause"]) == ("overflow", "system", 42)
    assert row["menu_path"].endswith("queue-lkpm>nobody-free>end-overflow")
    assert 3000 <= row["wait_ms"] < 3500


async def test_a_full_queue_overflows_at_once(centre: Centre) -> None:
    waits = await waiting(centre, "114")
    caller = await centre.caller("114")
    await caller.wait_heard(said_hz("queue-overflow"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["queue"], row["wait_ms"]) == ("overflow", "progres", 0)
    await waits.hang_up()
    await centre.row(centre.numbers[-2], disposition="abandoned_queue")


async def only_call(centre: Centre) -> str:
    """Id of the one call of this test that joined a queue."""
    queued = await centre.wall.event("call_queued", centre.since)
    return str(queued["call"])
