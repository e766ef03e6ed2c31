"""What a caller hears and can press before the queue."""

from __future__ import annotations

import pytest

from rig.tones import seconds_of
from tests.live.centre import Centre
from tests.live.said import SAID_S, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

TIMES = 10
LONG_S = TIMES * SAID_S  #: of a prompt so long that a busy machine's key is in time
FLOWS = {
    "long": f"""start: ask
nodes:
  ask: {{menu: {{say: [{", ".join(["menu-main"] * TIMES)}], keys: {{"1": told}}, otherwise: bye}}}}
  told: {{play: {{say: [menu-licensing], then: bye}}}}
  bye: {{hangup: {{}}}}
"""
}
SITE = {"overrides": {"ivrd.yaml": {"dids": {"171": "long"}}}}


async def test_nobody_presses_anything_and_is_served_in_indonesian(centre: Centre) -> None:
    caller = await centre.caller()
    for key in ("welcome", "choose-language"):
        await caller.wait_heard(said_hz(key))
    await caller.wait_heard(said_hz("choose-language", "en"))
    since = caller.mark
    await caller.wait_heard(said_hz("choose-language"), since=since)  # after a second of silence
    await caller.wait_heard(said_hz("recording-notice"))
    await caller.wait_heard(said_hz("menu-main"))
    await caller.wait_heard(said_hz("no-input"))
    await caller.press("0")
    await caller.wait_heard(said_hz("queue-wait"))
    await caller.hang_up()
    row = await centre.row()
    assert (row["language"], row["queue"], row["disposition"]) == ("id", "umum", "abandoned_queue")


async def test_keys_pressed_ahead_skip_what_would_be_said(centre: Centre) -> None:
    caller = await centre.caller("212")  # English, licensing, regulation
    await centre.wall.event("call_queued", queue="regulasi", language="en")
    await caller.wait_heard(said_hz("queue-wait", "en"))
    assert not caller.heard_tone(said_hz("menu-licensing", "en"))
    await caller.hang_up()
    assert (await centre.row())["tags"] == "perizinan.regulasi"


async def test_a_key_interrupts_what_is_being_said(centre: Centre) -> None:
    caller = await centre.caller(number="171")
    await caller.wait_heard(said_hz("menu-main"))
    await caller.press("1")
    await caller.wait_heard(said_hz("menu-licensing"))
    assert seconds_of(said_hz("menu-main"), caller.heard_samples()) < LONG_S / 2
    await caller.hang_up()
    await centre.row(disposition="abandoned_ivr")


async def test_repeat_back_and_a_wrong_key(centre: Centre) -> None:
    caller = await centre.caller("1")
    await caller.wait_heard(said_hz("menu-main"))
    await caller.press("1")
    await caller.wait_heard(said_hz("menu-licensing"))
    since = caller.mark
    await caller.press("9")  # repeat
    await caller.wait_heard(said_hz("menu-licensing"), since=since, for_s=0.4)
    since = caller.mark
    await caller.press("8")  # nothing
    await caller.wait_heard(said_hz("invalid-key"))
    await caller.wait_heard(said_hz("menu-licensing"), since=since, for_s=0.4)
    since = caller.mark
    await caller.press("*")  # back
    await caller.wait_heard(said_hz("menu-main"), since=since, for_s=0.4)
    await caller.hang_up()
    row = await centre.row()
    assert row["menu_path"].endswith("main>licensing>licensing>main")
    assert (row["disposition"], row["hung_up_by"]) == ("abandoned_ivr", "caller")
    assert (row["queued_utc"], row["agent"], row["recording"]) == (None, "", "")


async def test_who_hangs_up_during_the_greeting_has_abandoned_in_the_ivr(centre: Centre) -> None:
    caller = await centre.caller()
    await caller.wait_heard(said_hz("welcome"))
    await caller.hang_up()
    row = await centre.row()
    assert (row["disposition"], row["menu_path"]) == ("abandoned_ivr", "greeting")
    assert row["answered_utc"] is not None


async def test_a_flow_that_gives_up_is_a_failed_call(centre: Centre) -> None:
    caller = await centre.caller(number="170")
    await caller.wait_heard(said_hz("technical-apology"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["hung_up_by"], row["cause"]) == ("failed", "system", 41)
    assert (row["did"], row["flow"]) == ("170", "broken")
