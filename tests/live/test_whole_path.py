"""The whole way of a call on the shipped dialplan and prompts, in both languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from rig import tones
from rig.aftermath import as_long
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
REAL_PROMPTS = True
ADI_SPEAKS_ENGLISH, AYU_DOES_NOT = "101", "102"


def hears_only(track: tones.Samples, own_hz: float, others_hz: float) -> None:
    """One track of a recording: its own side's tone nearly always, the other's never."""
    seconds = len(track) / tones.RATE_HZ
    assert tones.seconds_of(own_hz, track) > seconds - 0.5
    assert tones.seconds_of(others_hz, track) == 0
    usual = np.median(tones.amplitudes(others_hz, track, tones.RATE_HZ // 10))
    assert usual < 50  # a tone has 8000


def local(row: dict[str, Any], stage: str) -> dt.datetime:
    """A time of a row; the two ways it is written agree."""
    moment = dt.datetime.fromisoformat(row[f"{stage}_local"])
    assert moment.utcoffset() == dt.timedelta(hours=7)
    utc = dt.datetime.fromisoformat(row[f"{stage}_utc"]).replace(tzinfo=dt.UTC)
    assert abs((moment - utc).total_seconds()) < 0.001
    return moment


async def test_in_indonesian_from_greeting_to_record(centre: Centre) -> None:
    ayu = await centre.agent(AYU_DOES_NOT)
    caller = await centre.caller()
    await caller.wait_loud(0.5)  # the greeting
    await caller.press("1")  # Indonesian, over the greeting
    await caller.press("11")  # licensing, KBLI: ahead of the menus
    at_ayu = await ayu.next_call()
    assert at_ayu.peer_number == centre.numbers[-1]
    await at_ayu.talking()
    await centre.both_hear(caller, at_ayu)
    since = caller.mark
    await caller.wait_heard(at_ayu.tone_hz, since=since, for_s=1.0)
    await caller.hang_up()
    await at_ayu.ended()
    row = await centre.final_row()

    assert row["disposition"] == "answered"
    assert (row["hung_up_by"], row["cause"]) == ("caller", 16)
    assert (row["did"], row["language"], row["queue"], row["agent"]) == ("169", "id", "kbli", "102")
    assert row["skills"] == "perizinan,kbli"
    assert row["menu_path"] == (
        "greeting>choose-language>speak-indonesian>open-now>recording-notice>main>licensing>to-kbli>queue-kbli"
    )
    assert row["tags"] == "perizinan.kbli"
    assert row["flow"] == "169"
    assert row["flow_version"].startswith("169@")
    assert row["offers"] == 1
    stages = [local(row, s) for s in ("arrived", "answered", "queued", "agent_answered", "ended")]
    assert stages == sorted(stages)
    assert abs(row["wait_ms"] - (stages[3] - stages[2]).total_seconds() * 1000) <= 1
    assert abs(row["talk_ms"] - (stages[4] - stages[3]).total_seconds() * 1000) <= 1
    assert row["hold_ms"] == 0
    assert 900 <= row["wrap_up_ms"] <= 1500
    assert row["recording_note"] == ""

    recording = centre.recording(row)
    assert as_long(row["recording_ms"] / 1000, row["talk_ms"] / 1000)
    hears_only(recording.left, caller.tone_hz, at_ayu.tone_hz)
    hears_only(recording.right, at_ayu.tone_hz, caller.tone_hz)
    day = stages[3].strftime("%Y/%m/%d")
    assert row["recording"] == f"{day}/{row['call']}.wav"
    assert [p for p in (centre.recordings / day).iterdir() if p.suffix != ".wav"] == []


async def test_english_reaches_an_agent_who_speaks_it(centre: Centre) -> None:
    ayu = await centre.agent(AYU_DOES_NOT)  # idle for longer: would be first
    adi = await centre.agent(ADI_SPEAKS_ENGLISH)
    caller = await centre.caller("20")
    at_adi = await adi.next_call()
    await at_adi.talking()
    assert ayu.incoming == []
    await centre.both_hear(caller, at_adi)
    await at_adi.hang_up()
    await caller.ended()
    row = await centre.final_row()
    assert (row["language"], row["agent"], row["hung_up_by"]) == ("en", "101", "agent")
    assert row["disposition"] == "answered"
    assert row["tags"] == "umum.operator"
    assert "speak-english" in row["menu_path"]


async def test_english_waits_when_nobody_who_speaks_it_is_there(centre: Centre) -> None:
    ayu = await centre.agent(AYU_DOES_NOT)
    caller = await centre.caller("20")
    await centre.wall.event("call_queued", language="en")
    await centre.wall.queue_is("umum", waiting=1)
    mark = caller.mark
    await caller.wait_loud(1.0, since=mark)
    assert ayu.incoming == []
    adi = await centre.agent(ADI_SPEAKS_ENGLISH)
    at_adi = await adi.next_call()
    await at_adi.talking()
    await caller.hang_up()
    assert ayu.incoming == []
    await centre.final_row()


async def test_a_recording_stands_under_its_name_only_when_whole(centre: Centre) -> None:
    ayu = await centre.agent(AYU_DOES_NOT)
    caller, at_ayu = await centre.conversation(ayu)
    assert list(centre.recordings.rglob(f"{(await call_id(centre))}*")) == []  # while they talk
    await at_ayu.hang_up()
    await caller.ended()
    row = await centre.row()
    assert centre.recording(row).duration_s > 0.3


async def call_id(centre: Centre) -> str:
    """Of the newest call that was answered."""
    return str(centre.wall.events("call_answered")[-1]["call"])
