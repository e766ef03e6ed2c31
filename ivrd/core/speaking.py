"""Saying something to a caller: one prompt at a time, named after the call."""

from __future__ import annotations

from ivrd.core import ids
from ivrd.core.commands import PlayPrompt, StopPrompt
from ivrd.core.desk import Desk
from ivrd.core.speech import Speech
from ivrd.core.state import Call


def say(desk: Desk, call: Call, speech: tuple[Speech, ...]) -> None:
    """Say it; what was being said before is stopped."""
    hush(desk, call)
    call.prompts += 1
    call.prompt = ids.prompt(call.id, call.prompts)
    call.unended.append(call.prompt)
    desk.order(
        PlayPrompt(
            call=call.id, prompt=call.prompt, speech=speech, language=call.walk.language
        )
    )


def ended(call: Call, prompt: str) -> None:
    """A prompt is over, by itself or because it was stopped."""
    if prompt in call.unended:
        call.unended.remove(prompt)


def hush_all(desk: Desk, call: Call) -> None:
    """After an outage: stop whatever Asterisk may still be saying, orders to stop may have been lost.

    Each stays ``unended`` until Asterisk says so: these orders may be lost in the next outage.
    """
    for prompt in call.unended:
        desk.order(StopPrompt(call=call.id, prompt=prompt))
    call.prompt = ""


def hush(desk: Desk, call: Call) -> None:
    """Stop what is being said, if anything."""
    if call.prompt:
        desk.order(StopPrompt(call=call.id, prompt=call.prompt))
        call.prompt = ""
