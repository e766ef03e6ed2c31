"""The agent pauses the recording on real parts: what is said meanwhile, and what is typed, is in no file."""

from __future__ import annotations

import asyncio
import json

import pytest

from rig import tones
from rig.aftermath import as_long
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def test_a_pause_is_silence_in_the_file_and_a_note_in_the_row(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await asyncio.sleep(1)
    await at_adi.press("*5")
    paused = await centre.wall.event("recording_paused")
    await caller.press("4711")
    await asyncio.sleep(2)
    await centre.both_hear(caller, at_adi)  # the two talk on
    await at_adi.press("*6")
    resumed = await centre.wall.event("recording_resumed", call=paused["call"])
    await asyncio.sleep(1.5)
    await caller.hang_up()
    row = await centre.final_row()
    paused_s = resumed["facts"]["paused_ms"] / 1000
    assert paused_s > 2
    assert row["recording_note"] == f"paused {paused_s:.1f} s"
    recording = centre.recording(row)
    assert as_long(recording.duration_s, row["talk_ms"] / 1000)
    for hz, track in ((caller.tone_hz, recording.left), (at_adi.tone_hz, recording.right)):
        silent_s = recording.duration_s - tones.loud_s(track)
        assert abs(silent_s - paused_s) < 0.8
        assert tones.seconds_of(hz, track) > 1.5
    callers, agents = digits(centre, row["call"])
    assert (callers[-4:], agents) == ("????", "*5*6")


def digits(centre: Centre, call: str) -> tuple[str, str]:
    """What the journal has of keys: the caller's, the agent's."""
    callers = agents = ""
    for file in sorted((centre.site.root / "var" / "state").rglob("*")):
        for line in file.read_bytes().splitlines() if file.is_file() else ():
            if b'"DigitPressed"' in line and (event := json.loads(line))["call"] == call:
                if event["channel"] == call:
                    callers += event["digit"]
                else:
                    agents += event["digit"]
    return callers, agents
