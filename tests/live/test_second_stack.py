"""An agent's phone on another SIP stack (PJSIP): what works with one stack only is not proven."""

from __future__ import annotations

import asyncio
import json
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rig import tones
from rig.tools import REPOSITORY
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
_TONE_HZ = 640.0


class PjsuaPhone:
    """The phone's process (rig/pjsua_phone.py)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def told(self, event: str, timeout_s: float = 10) -> dict[str, Any]:
        """Wait until it says that something happened."""
        assert self._process.stdout is not None
        async with asyncio.timeout(timeout_s):
            while line := await self._process.stdout.readline():
                if line.startswith(b"{") and (facts := json.loads(line))["event"] == event:
                    return dict(facts)
        raise AssertionError(f"the phone ended before {event!r}")

    async def say(self, line: str) -> None:
        """Give it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()


@asynccontextmanager
async def pjsua_phone(centre: Centre, extension: str, folder: Path) -> AsyncIterator[PjsuaPhone]:
    """Registered; ended with the block."""
    play = folder / "play.wav"
    tones.write_mono(play, tones.make_tone(_TONE_HZ, 0, 5 * tones.RATE_HZ))
    setup = {
        "user": extension,
        "password": centre.site.secrets.phones[extension],
        "registrar": centre.site.registrar,
        "play": str(play),
        "record": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rig.pjsua_phone",
        cwd=REPOSITORY, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    phone = PjsuaPhone(process)
    try:
        await phone.say(json.dumps(setup))
        await phone.told("registered")
        yield phone
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def is_whole(path: str) -> bool:
    """PJSIP lets go of a recorder, and completes its file, a moment after the call."""
    try:
        with wave.open(path) as file:
            return file.getnframes() > 0
    except (wave.Error, EOFError):
        return False


def heard(path: str) -> tones.Samples:
    """What the phone recorded."""
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels()) == (tones.RATE_HZ, 1)
        return tones.samples(file.readframes(file.getnframes()))


async def test_it_logs_in_answers_and_both_hear_each_other(centre: Centre, tmp_path: Path) -> None:
    async with pjsua_phone(centre, "103", tmp_path) as phone:
        await phone.say(f"sip:*11@{centre.site.registrar}")
        await phone.told("over")
        await centre.wall.agent_is("103", presence="ready")
        caller = await centre.caller("10")
        await phone.told("answered")
        await caller.wait_heard(_TONE_HZ, for_s=1.0)
        await caller.hang_up()
        over = await phone.told("over")
        await centre.until(lambda: is_whole(over["recorded"]))
        assert tones.is_heard(caller.tone_hz, heard(over["recorded"]), 0.5)
        row = await centre.row(disposition="answered", agent="103")
        recording = centre.recording(row)
        assert tones.is_heard(_TONE_HZ, recording.right, 0.5)
        await centre.wall.agent_is("103", presence="ready")
        await phone.say(f"sip:*12@{centre.site.registrar}")
        await phone.told("over")
        await centre.wall.agent_is("103", presence="logged_out")
