"""Messages of callers on a real Asterisk: recorded, ended in each way, fetched, forgotten."""

from __future__ import annotations

import pytest

from ivrd.core import ids
from ivrd.core.events import AskAnswered, CallerAnswered, ChannelGone
from ivrd.errors import SwitchError
from tests.contract.real import RealHarness

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def answered(harness: RealHarness) -> str:
    call = await harness.dial_in("081234567890")
    await harness.telephony.answer(call)
    await harness.inbox.wait(CallerAnswered, call=call)
    return call


async def test_ended_by_the_hash_key_fetched_and_forgotten(real_harness: RealHarness) -> None:
    h, messages = real_harness, real_harness.telephony.messages
    call = await answered(h)
    name = ids.message(call, 1)
    await messages.record_message(call, name, 10, 5)
    await messages.record_message(call, name, 10, 5)  # a repeated order is harmless
    await h.let_speak(1.2)
    await h.press(call, "#")
    answer = await h.inbox.wait(AskAnswered, call=call)
    assert (answer.ask_id, answer.outcome) == (1, "recorded")
    audio = await messages.fetch_message(name)
    assert audio[:4] == b"RIFF"
    assert len(audio) > 44 + 16000
    for _ in range(2):
        await messages.drop_message(name)
    with pytest.raises(SwitchError, match="404"):
        await messages.fetch_message(name)
    await h.hang_up(call)
    await h.inbox.wait(ChannelGone, channel=call)


async def test_ended_by_hanging_up(real_harness: RealHarness) -> None:
    h, messages = real_harness, real_harness.telephony.messages
    call = await answered(h)
    name = ids.message(call, 7)
    await messages.record_message(call, name, 10, 5)
    await h.let_speak(0.5)
    await h.hang_up(call)
    await h.inbox.wait(AskAnswered, call=call, ask_id=7)
    assert len(await messages.fetch_message(name)) > 44
    await messages.drop_message(name)


async def test_dropped_while_it_is_recorded(real_harness: RealHarness) -> None:
    h, messages = real_harness, real_harness.telephony.messages
    call = await answered(h)
    await messages.record_message(call, ids.message(call, 1), 10, 5)
    await h.let_speak(0.3)
    await messages.drop_message(ids.message(call, 1))
    await messages.record_message(call, ids.message(call, 2), 1, 1)
    assert (await h.inbox.wait(AskAnswered, call=call, ask_id=2)).outcome == "recorded"
    await messages.drop_message(ids.message(call, 2))
    await h.hang_up(call)
    await h.inbox.wait(ChannelGone, channel=call)
