"""Recordings sealed at rest (`recordings.encrypt`), on real parts: through a kill, and exported."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivrd.cli import main
from rig import tones
from rig.aftermath import as_long
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

SITE = {"overrides": {"ivrd.yaml": {"recordings": {"encrypt": True}}}}


async def test_a_talk_is_in_no_file_in_clear_and_comes_out_whole(centre: Centre, tmp_path: Path) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await centre.ivrd.kill()
    await centre.both_hear(caller, at_adi)
    await centre.ivrd.start()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    row = await centre.final_row()

    sealed = centre.recordings / row["recording"]
    assert sealed.read_bytes().startswith(b"IVRDSEA1")
    assert no_sound(centre), "the raw file is gone, and no other has it in clear"

    export = ["--config", str(centre.site.config), "recordings", "export", "--out", str(tmp_path), row["call"]]
    assert await asyncio.to_thread(main, export) == 0
    (exported,) = tmp_path.glob("*.wav")
    sound = tones.read_stereo(exported)
    assert as_long(sound.duration_s, row["talk_ms"] / 1000)
    assert tones.is_heard(caller.tone_hz, sound.left, 0.5)
    assert tones.is_heard(at_adi.tone_hz, sound.right, 0.5)


def no_sound(centre: Centre) -> bool:
    """No file of a talk that anybody could listen to."""
    spool, recordings = centre.site.loaded.path(centre.site.loaded.site.paths.spool), centre.recordings
    talks = [p for place in (spool, recordings) for p in place.rglob("*.wav") if "music" not in str(p) and "moh" not in str(p)]
    return not any(p.read_bytes().startswith(b"RIFF") for p in talks)
