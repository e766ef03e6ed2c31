"""What every ports.Recorder keeps, the fake and the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.core.events import CallerAnswered, ChannelGone
from ivrd.errors import SwitchError
from tests.contract.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answered_call(h: Harness) -> str:
    call = await h.dial_in("081234567890")
    await h.telephony.answer(call)
    await h.inbox.wait(CallerAnswered, call=call)
    return call


async def test_recording_can_be_ordered_twice_stopped_twice_and_begun_anew(
    harness: Harness, tmp_path: Path
) -> None:
    call = await answered_call(harness)
    for raw in (tmp_path / "first.raw", tmp_path / "second.raw"):
        for _ in range(2):
            await harness.recorder.start_recording(call, raw)
        for _ in range(2):
            await harness.recorder.stop_recording(call)
    await harness.telephony.hang_up(call, 16)
    await harness.inbox.wait(ChannelGone, channel=call)


async def test_a_recording_can_be_paused_and_resumed_twice_and_only_while_it_runs(
    harness: Harness, tmp_path: Path
) -> None:
    call = await answered_call(harness)
    with pytest.raises(SwitchError):
        await harness.recorder.pause_recording(call, True)
    await harness.recorder.start_recording(call, tmp_path / "first.raw")
    for on in (True, True, False, False):
        await harness.recorder.pause_recording(call, on)
    await harness.recorder.stop_recording(call)
    with pytest.raises(SwitchError):
        await harness.recorder.pause_recording(call, True)
    await harness.telephony.hang_up(call, 16)
    await harness.inbox.wait(ChannelGone, channel=call)


async def test_a_vanished_channel_cannot_be_recorded_and_need_not_be_stopped(
    harness: Harness, tmp_path: Path
) -> None:
    call = await answered_call(harness)
    await harness.telephony.hang_up(call, 16)
    await harness.inbox.wait(ChannelGone, channel=call)
    assert await harness.leaks() == []
    with pytest.raises(SwitchError):
        await harness.recorder.start_recording(call, tmp_path / "x.raw")
    await harness.recorder.stop_recording(call)
