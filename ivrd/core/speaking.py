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
    desk.order(
        PlayPrompt(
            call=call.id, prompt=call.prompt, speech=speech, language=call.walk.language
        )
    )


def hush(desk: Desk, call: Call) -> None:
    """Stop what is being said, if anything."""
    if call.prompt:
        desk.order(StopPrompt(call=call.id, prompt=call.prompt))
        call.prompt = ""
