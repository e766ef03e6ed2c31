"""Saying something to a caller: one prompt at a time, named after the call, and never without a deadline."""

from __future__ import annotations

from ivrd.core import ids
from ivrd.core.commands import PlayPrompt, StopPrompt
from ivrd.core.desk import Desk
from ivrd.core.plan import Plan
from ivrd.core.speech import Beep, Message, Prompt, Speech, Text
from ivrd.core.state import Call

#: the order's way, the answering of the call before it, a busy machine
GRACE_S = 15.0
#: a text of the catalogue whose audio was not measured
UNKNOWN_S = 300.0
#: a number, an amount, a date, an id of forty letters
VALUE_S = 60.0
#: a text that is spoken first: 500 characters, and others before it at the TTS command
TEXT_S = 180.0
#: a caller's message: the longest that may be recorded (verbs/voicemail.py)
MESSAGE_S = 600.0


def say(desk: Desk, call: Call, speech: tuple[Speech, ...], to: str = "") -> None:
    """Say it, to the caller or to the agent at the leg ``to``; what was being said before is stopped."""
    hush(desk, call)
    call.prompts += 1
    call.prompt = ids.prompt(call.id, call.prompts)
    call.unended.append(call.prompt)
    desk.state.timers.set(f"prompt:{call.id}", desk.at + longest_s(desk.plan, speech, call.walk.language))
    desk.order(
        PlayPrompt(
            call=call.id,
            prompt=call.prompt,
            speech=speech,
            language=desk.plan.language if to else call.walk.language,
            channel=to,
        )
    )


def longest_s(plan: Plan, speech: tuple[Speech, ...], language: str) -> float:
    """Past this the end of a prompt is not waited for: the audio's length where it is known, and patience."""
    return GRACE_S + sum(_longest_s(plan, item, language) for item in speech)


def _longest_s(plan: Plan, item: Speech, language: str) -> float:
    match item:
        case Prompt():
            return plan.lengths_s.get((item.key, item.language or language), UNKNOWN_S)
        case Beep():
            return 1.0
        case Text():
            return TEXT_S
        case Message():
            return MESSAGE_S
        case _:
            return VALUE_S


def ended(desk: Desk, call: Call, prompt: str) -> None:
    """A prompt is over, by itself or because it was stopped."""
    if prompt in call.unended:
        call.unended.remove(prompt)
    if prompt == call.prompt:
        desk.clear_timers(call, ("prompt",))


def hush_all(desk: Desk, call: Call) -> None:
    """After an outage: stop whatever Asterisk may still be saying, orders to stop may have been lost.

    Each stays ``unended`` until Asterisk says so: these orders may be lost in the next outage.
    """
    for prompt in call.unended:
        desk.order(StopPrompt(call=call.id, prompt=prompt))
    _silent(desk, call)


def hush(desk: Desk, call: Call) -> None:
    """Stop what is being said, if anything."""
    if call.prompt:
        desk.order(StopPrompt(call=call.id, prompt=call.prompt))
        _silent(desk, call)


def _silent(desk: Desk, call: Call) -> None:
    call.prompt = ""
    desk.clear_timers(call, ("prompt",))
