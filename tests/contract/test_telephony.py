"""What every ports.Telephony keeps, the fake and the real one."""

from __future__ import annotations

import asyncio

import pytest

from ivrd.core import ids
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AgentRinging,
    CallArrived,
    CallerAnswered,
    CallerHungUp,
    ChannelGone,
    DigitPressed,
    FeatureDialled,
    HoldEnded,
    HoldStarted,
    PromptFinished,
)
from ivrd.errors import SwitchError
from tests.contract.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLER = "081234567890"


async def answered_call(h: Harness) -> str:
    call = await h.dial_in(CALLER)
    await h.telephony.answer(call)
    await h.inbox.wait(CallerAnswered, call=call)
    return call


async def conversation(h: Harness) -> tuple[str, str, str]:
    """A caller and an agent in a bridge: call, leg, bridge."""
    await h.phone_will("answer")
    call = await answered_call(h)
    leg, bridge = ids.agent_leg(call, "101", 1), ids.bridge(call)
    await h.telephony.open_bridge(bridge)
    await h.telephony.offer(leg, h.phone, CALLER, "", 10)
    await h.inbox.wait(AgentAnswered, leg=leg)
    await h.telephony.connect(bridge, [call, leg])
    return call, leg, bridge


async def end(h: Harness, call: str, leg: str = "") -> None:
    """Hang up what is left and take the bridge away."""
    for channel in (call, leg):
        if channel:
            await h.telephony.hang_up(channel, 16)
            await h.inbox.wait(ChannelGone, channel=channel)
    await h.telephony.close_bridge(ids.bridge(call))


async def test_a_caller_arrives_with_number_and_did_and_is_answered_when_told(
    harness: Harness,
) -> None:
    call = await harness.dial_in(CALLER)
    arrived = await harness.inbox.wait(CallArrived, call=call)
    assert (arrived.did, arrived.caller_number) == (harness.did, CALLER)
    assert harness.inbox.of(CallerAnswered) == []
    await harness.telephony.answer(call)
    await harness.inbox.wait(CallerAnswered, call=call)
    await end(harness, call)


async def test_each_order_may_be_repeated(harness: Harness) -> None:
    t = harness.telephony
    await harness.phone_will("answer")
    call = await answered_call(harness)
    leg, bridge, prompt = ids.agent_leg(call, "101", 1), ids.bridge(call), ids.prompt(call, 1)
    for _ in range(2):
        await t.answer(call)
        await t.play(call, prompt, [harness.sound("long")])
    for _ in range(2):
        await t.stop_prompt(prompt)
        await t.start_music(call)
    for _ in range(2):
        await t.stop_music(call)
        await t.open_bridge(bridge)
        await t.offer(leg, harness.phone, CALLER, "", 10)
    await harness.inbox.wait(AgentAnswered, leg=leg)
    for _ in range(2):
        await t.connect(bridge, [call, leg])
    for _ in range(2):
        await t.hang_up(leg, 16)
        await t.hang_up(call, 16)
    await harness.inbox.wait(ChannelGone, channel=call)
    await harness.inbox.wait(ChannelGone, channel=leg)
    for _ in range(2):
        await t.close_bridge(bridge)
    assert len(harness.inbox.of(CallerAnswered)) == 1
    assert len(harness.inbox.of(PromptFinished)) == 1
    assert len(harness.inbox.of(AgentAnswered)) == 1


async def test_a_prompt_of_several_files_finishes_once(harness: Harness) -> None:
    call = await answered_call(harness)
    first, second = ids.prompt(call, 1), ids.prompt(call, 2)
    for prompt in (first, second):
        await harness.telephony.play(call, prompt, [harness.sound("short"), harness.sound("short")])
        await harness.let_prompt_end(prompt)
        assert not (await harness.inbox.wait(PromptFinished, prompt=prompt)).failed
    # The second one is over: another end of the first would have come before it.
    assert len(harness.inbox.of(PromptFinished)) == 2
    await end(harness, call)


async def test_a_stopped_prompt_finishes_at_once(harness: Harness) -> None:
    call = await answered_call(harness)
    prompt = ids.prompt(call, 1)
    await harness.telephony.play(call, prompt, [harness.sound("long")])
    await harness.telephony.stop_prompt(prompt)
    finished = await harness.inbox.wait(PromptFinished, prompt=prompt, within_s=1)
    assert (finished.call, finished.failed) == (call, False)
    await end(harness, call)


async def test_digits_are_heard_during_a_prompt(harness: Harness) -> None:
    call = await answered_call(harness)
    await harness.telephony.play(call, ids.prompt(call, 1), [harness.sound("long")])
    await harness.press(call, "1*")
    await harness.inbox.wait(DigitPressed, channel=call, digit="*")
    assert [e.digit for e in harness.inbox.of(DigitPressed, call=call)] == ["1", "*"]
    await harness.telephony.stop_prompt(ids.prompt(call, 1))
    await end(harness, call)


async def test_digits_of_both_sides_are_heard_in_a_bridge(harness: Harness) -> None:
    call, leg, _ = await conversation(harness)
    await harness.press(call, "5")
    await harness.inbox.wait(DigitPressed, call=call, channel=call, digit="5")
    await harness.press(leg, "9")
    await harness.inbox.wait(DigitPressed, call=call, channel=leg, digit="9")
    await end(harness, call, leg)


async def test_an_offer_rings_and_is_answered(harness: Harness) -> None:
    call, leg, _ = await conversation(harness)
    order = [type(e) for e in harness.inbox.events if getattr(e, "leg", "") == leg]
    assert order == [AgentRinging, AgentAnswered]
    await end(harness, call, leg)


async def test_a_rejected_offer_ends_busy(harness: Harness) -> None:
    await harness.phone_will("reject")
    call = await answered_call(harness)
    leg = ids.agent_leg(call, "101", 1)
    await harness.telephony.offer(leg, harness.phone, CALLER, "", 10)
    gone = await harness.inbox.wait(ChannelGone, channel=leg)
    assert (gone.call, gone.cause) == (call, 17)
    assert harness.inbox.of(AgentHungUp) == []
    await end(harness, call)


async def test_an_offer_that_nobody_answers_ends_after_its_time(harness: Harness) -> None:
    await harness.phone_will("ring")
    call = await answered_call(harness)
    leg = ids.agent_leg(call, "101", 1)
    await harness.telephony.offer(leg, harness.phone, CALLER, "", 1)
    await harness.inbox.wait(AgentRinging, leg=leg)
    await harness.let_ring_out(1)
    assert (await harness.inbox.wait(ChannelGone, channel=leg, within_s=3)).cause == 19
    assert harness.inbox.of(AgentAnswered) == []
    await end(harness, call)


async def test_an_offer_can_be_taken_back_while_it_rings(harness: Harness) -> None:
    await harness.phone_will("ring")
    call = await answered_call(harness)
    leg = ids.agent_leg(call, "101", 1)
    await harness.telephony.offer(leg, harness.phone, CALLER, "", 20)
    await harness.inbox.wait(AgentRinging, leg=leg)
    await harness.telephony.hang_up(leg, 26)
    assert (await harness.inbox.wait(ChannelGone, channel=leg)).cause == 26
    assert harness.inbox.of(AgentHungUp) == []
    await end(harness, call)


async def test_a_phone_that_cannot_be_dialled_is_an_error_even_after_a_repeated_offer(
    harness: Harness,
) -> None:
    await harness.phone_will("ring")
    call = await answered_call(harness)
    leg = ids.agent_leg(call, "101", 1)
    await harness.telephony.offer(leg, harness.phone, CALLER, "", 20)
    await harness.telephony.offer(leg, harness.phone, CALLER, "", 20)
    for attempt, extension in enumerate((harness.unregistered_phone, "no-such-phone"), 1):
        absent = ids.agent_leg(call, "x", attempt)
        with pytest.raises(SwitchError):
            await harness.telephony.offer(absent, extension, CALLER, "", 5)
    await end(harness, call, leg)


async def test_the_caller_hangs_up_in_a_conversation(harness: Harness) -> None:
    call, leg, _ = await conversation(harness)
    await harness.hang_up(call)
    assert (await harness.inbox.wait(CallerHungUp, call=call)).cause == 16
    await harness.inbox.wait(ChannelGone, channel=call)
    assert harness.inbox.of(ChannelGone, channel=leg) == []
    await end(harness, call, leg)
    assert harness.inbox.of(AgentHungUp) == []  # we hung the leg up, not the agent


async def test_the_agent_hangs_up_in_a_conversation(harness: Harness) -> None:
    call, leg, _ = await conversation(harness)
    await harness.hang_up(leg)
    assert (await harness.inbox.wait(AgentHungUp, call=call, leg=leg)).cause == 16
    await harness.inbox.wait(ChannelGone, call=call, channel=leg)
    assert harness.inbox.of(ChannelGone, channel=call) == []
    await end(harness, call)
    assert harness.inbox.of(CallerHungUp) == []


async def test_a_caller_gives_up_before_being_answered(harness: Harness) -> None:
    call = await harness.dial_in(CALLER)
    await harness.hang_up(call)
    assert (await harness.inbox.wait(CallerHungUp, call=call)).cause == 16
    await harness.inbox.wait(ChannelGone, channel=call)


async def test_hold_and_resume_from_the_agents_phone(harness: Harness) -> None:
    call, leg, _ = await conversation(harness)
    await harness.hold(leg)
    await harness.inbox.wait(HoldStarted, call=call, channel=leg)
    assert harness.inbox.of(HoldEnded) == []
    await harness.resume(leg)
    await harness.inbox.wait(HoldEnded, call=call, channel=leg)
    await end(harness, call, leg)


async def test_a_feature_code_is_a_session_of_its_own(harness: Harness) -> None:
    session = await harness.dial_feature_pause()
    dialled = await harness.inbox.wait(FeatureDialled, session=session)
    assert (dialled.extension, dialled.feature) == (harness.phone, "pause")
    await harness.telephony.answer(session)
    await harness.telephony.play(session, ids.prompt(session, 1), [harness.sound("short")])
    await harness.let_prompt_end(ids.prompt(session, 1))
    await harness.inbox.wait(PromptFinished, call=session)
    await harness.telephony.hang_up(session, 16)
    await harness.inbox.wait(ChannelGone, channel=session)


async def test_orders_to_a_vanished_call_are_harmless(harness: Harness) -> None:
    t = harness.telephony
    call, leg, bridge = await conversation(harness)
    await harness.hang_up(call)
    await harness.inbox.wait(ChannelGone, channel=call)
    await t.answer(call)
    await t.play(call, ids.prompt(call, 1), [harness.sound("short")])
    await t.stop_prompt(ids.prompt(call, 1))
    await t.start_music(call)
    await t.stop_music(call)
    await t.connect(bridge, [call, leg])
    await t.hang_up(call, 16)
    await end(harness, call, leg)
    with pytest.raises(SwitchError):  # else two would be in silence who think that they talk
        await t.connect(bridge, [call, leg])


async def test_a_prompt_ends_with_its_channel(harness: Harness) -> None:
    call = await answered_call(harness)
    await harness.telephony.play(call, ids.prompt(call, 1), [harness.sound("long")])
    await harness.hang_up(call)
    await harness.inbox.wait(ChannelGone, channel=call)
    await harness.inbox.wait(PromptFinished, prompt=ids.prompt(call, 1))


async def test_a_caller_handed_over_is_gone_for_us_and_served_by_the_dialplan(
    harness: Harness,
) -> None:
    call = await answered_call(harness)
    await harness.telephony.hand_over(call)
    await harness.inbox.wait(ChannelGone, channel=call)
    assert harness.inbox.of(CallerHungUp) == []
    assert (await harness.telephony.survey(7.0)).channels == ()
    assert len(await harness.channels()) == 1
    await harness.hang_up(call)
    await harness.telephony.hand_over(call)


async def test_the_survey_sees_channels_and_bridges(harness: Harness) -> None:
    call, leg, bridge = await conversation(harness)
    seen = await harness.telephony.survey(7.0)
    assert seen.at == 7.0
    by_id = {c.channel: c for c in seen.channels}
    assert set(by_id) == {call, leg}
    assert (by_id[call].role, by_id[call].did, by_id[call].state) == ("call", harness.did, "Up")
    assert by_id[call].caller_number == CALLER
    assert (by_id[leg].role, by_id[leg].state) == ("agent", "Up")
    assert [(b.bridge, set(b.channels)) for b in seen.bridges] == [(bridge, {call, leg})]
    await end(harness, call, leg)
    assert await harness.leaks() == []
    after = await harness.telephony.survey(8.0)
    assert (after.channels, after.bridges) == ((), ())


async def test_the_survey_sees_a_phone_that_still_rings(harness: Harness) -> None:
    await harness.phone_will("ring")
    call = await harness.dial_in(CALLER)
    leg = ids.agent_leg(call, "101", 1)
    await harness.telephony.offer(leg, harness.phone, CALLER, "", 20)
    await harness.inbox.wait(AgentRinging, leg=leg)
    states = {c.channel: (c.role, c.state) for c in (await harness.telephony.survey(7.0)).channels}
    assert states == {call: ("call", "Ring"), leg: ("agent", "Ringing")}
    await end(harness, call, leg)


async def test_orders_of_different_calls_run_side_by_side(harness: Harness) -> None:
    calls = [await harness.dial_in(f"08120000000{n}") for n in range(4)]
    await asyncio.gather(*(harness.telephony.answer(call) for call in calls))
    for call in calls:
        await harness.inbox.wait(CallerAnswered, call=call)
    for call in calls:
        await end(harness, call)


async def test_a_caller_who_is_given_away_has_left_us(harness: Harness) -> None:
    await harness.phone_will("ring")
    call = await answered_call(harness)
    for _ in range(2):
        await harness.telephony.transfer(call, harness.phone)
    await harness.inbox.wait(ChannelGone, channel=call)
    assert (await harness.telephony.survey(1.0)).channels == ()
    assert await harness.channels(), "the dialplan has the caller now"
    await harness.hang_up(call)
