"""What agents do at their phones: feature codes with a spoken outcome, hold and resume, keys."""

from __future__ import annotations

import pytest

from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {"overrides": {"queues.yaml": {"queues": {"kbli": {"wrap_up_s": 60}}}}}


async def test_a_day_at_the_phone(centre: Centre) -> None:
    phone = await centre.phone("102")
    for code, key, presence in (
        ("*13", "feature-refused", "logged_out"),  # pause, but nobody is logged in
        ("*11", "feature-logged-in", "ready"),
        ("*13", "feature-paused", "paused"),
        ("*14", "feature-resumed", "ready"),
        ("*15", "feature-refused", "ready"),  # end wrap-up: there is none
        ("*12", "feature-logged-out", "logged_out"),
    ):
        session = await centre.feature(phone, code)
        assert session.heard_tone(said_hz(key)), code
        await centre.wall.agent_is("102", presence=presence)


async def test_a_paused_agent_is_not_offered_calls_until_resumed(centre: Centre) -> None:
    adi = await centre.agent("101")
    await centre.feature(adi, "*13")
    await centre.wall.agent_is("101", presence="paused")
    caller = await centre.caller("10")
    await caller.wait_heard(MUSIC_HZ)
    assert adi.incoming == []
    await centre.feature(adi, "*14")
    await centre.both_hear(caller, await adi.next_call())
    await caller.hang_up()
    await centre.final_row()


async def test_logged_out_during_a_talk_takes_effect_after_it(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    session = await centre.feature(adi, "*12")
    assert session.heard_tone(said_hz("feature-logged-out"))
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    await centre.wall.agent_is("101", presence="logged_out")
    await centre.final_row()


async def test_wrap_up_is_ended_from_the_phone(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi, "111")
    await centre.wall.agent_is("101", presence="talking", queue="kbli")
    await at_adi.hang_up()
    await caller.ended()
    shown = await centre.wall.agent_is("101", presence="wrap_up")
    assert shown["wrap_up_until"] > shown["since"]
    early = await centre.row()
    assert (early["disposition"], early["wrap_up_ms"]) == ("answered", 0)  # written at once
    session = await centre.feature(adi, "*15")
    assert session.heard_tone(said_hz("feature-wrap-up-ended"))
    await centre.wall.agent_is("101", presence="ready", wrap_up_until=None)
    row = await centre.final_row()
    assert 0 < row["wrap_up_ms"] < 5000  # and once more, complete


async def test_a_stranger_s_feature_code_changes_nothing(centre: Centre) -> None:
    """Codes are for phones: the trunk cannot dial them."""
    call = await centre.dial("*11")
    assert "404" in await call.ended()


async def test_hold_and_resume(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await at_adi.hold()
    await centre.wall.event("hold_started", agent="101")
    shown = await centre.wall.agent_is("101", presence="talking")
    await centre.wall.until(lambda: centre.wall.agent("101")["on_hold_since"] is not None)
    since = caller.mark
    await caller.wait_heard(MUSIC_HZ, since=since, for_s=1.0)
    assert not caller.heard_tone(at_adi.tone_hz, since)
    await at_adi.resume()
    await centre.wall.event("hold_ended", agent="101")
    await centre.both_hear(caller, at_adi)
    since = caller.mark
    await caller.wait_heard(at_adi.tone_hz, since=since, for_s=0.5)
    assert not caller.heard_tone(MUSIC_HZ, since)
    await caller.hang_up()
    assert shown["call"]
    row = await centre.final_row()
    assert 1000 <= row["hold_ms"] < row["talk_ms"]
    assert row["disposition"] == "answered"
    centre.recording(row)


async def test_hung_up_on_hold(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await at_adi.hold()
    await caller.wait_heard(MUSIC_HZ)
    await caller.hang_up()
    await at_adi.ended()
    row = await centre.final_row()
    assert row["hold_ms"] > 0
    assert row["disposition"] == "answered"


async def test_keys_pressed_in_a_talk_reach_the_other_side_and_break_nothing(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await caller.press("12#")
    await at_adi.pressed("12#")
    await at_adi.press("9*")
    await caller.pressed("9*")
    await centre.both_hear(caller, at_adi)
    await at_adi.hang_up()
    assert (await centre.final_row())["disposition"] == "answered"
