"""Feature codes: an agent dials one on the phone, is told the outcome, and the phone hangs up."""

from __future__ import annotations

from collections.abc import Callable

from ivrd.core import ids, phones, pins, wishes
from ivrd.core.acd.skills import levels
from ivrd.core.commands import AnswerCall, HangUp, PlayPrompt, StopPrompt
from ivrd.core.desk import Desk
from ivrd.core.events import (
    CallerHungUp,
    ChannelGone,
    DigitPressed,
    Event,
    FeatureDialled,
    PinChecked,
    PromptFinished,
)
from ivrd.core.speech import Prompt
from ivrd.core.state import Session

#: a confirmation takes three seconds; a phone that stays longer is hung up
SESSION_TIMEOUT_S = 20.0
#: from the question for a PIN to its last digit
PIN_TIMEOUT_S = 30.0

#: feature -> what is said when it worked
FEATURES: dict[str, str] = {
    "log_in": "feature-logged-in",
    "log_out": "feature-logged-out",
    "pause": "feature-paused",
    "resume": "feature-resumed",
    "end_wrap_up": "feature-wrap-up-ended",
    "extend_wrap_up": "feature-wrap-up-extended",
}
#: why not -> what is said then
REFUSALS: dict[str, str] = {"too_many_paused": "feature-pause-full"}


def dialled(desk: Desk, event: FeatureDialled) -> None:
    """The phone is answered, the agent moved, and the outcome spoken. Told twice, it is one."""
    if event.session in desk.state.sessions:
        return
    agent = desk.plan.floor.agent_at(event.extension)
    session = Session(agent=agent.id if agent else "", prompt="", prompts=0)
    desk.state.sessions[event.session] = session
    desk.order(AnswerCall(call=event.session))
    if agent is None:
        _speak(desk, event.session, "feature-refused")
        return
    state = desk.agent(agent.id)
    if ids.parse(state.session) is None:  # else the phone is with somebody whom a flow called (dialout.py)
        state.session = event.session
    phones.there(desk, agent.id, True)  # it has just called us
    phones.used(desk, agent.id, state.in_use)  # Asterisk's word that it is in use may have come first: it is our call
    desk.touch_agent(agent.id)
    if pins.wanted(desk, agent.id, event):
        _ask_pin(desk, event.session, event.feature)
    else:
        _do(desk, event.session, event.feature, event.detail)


def handle(desk: Desk, event: Event) -> None:
    """Something of a session that is under way."""
    match event:
        case PromptFinished():
            said(desk, event)
        case DigitPressed():
            _key(desk, event)
        case PinChecked():
            _checked(desk, event)
        case ChannelGone() | CallerHungUp():
            gone(desk, event)


def said(desk: Desk, event: PromptFinished) -> None:
    """The outcome was spoken; a question was, and the answer is yet to come."""
    session = desk.state.sessions[event.call]
    if event.prompt == session.prompt and not session.pin_for:
        desk.order(HangUp(call=event.call, channel=event.call))


def gone(desk: Desk, event: ChannelGone | CallerHungUp) -> None:
    """The phone is free again."""
    session = desk.state.sessions.pop(event.call, None)
    if session is None:
        return
    for timer in ("session", "pin"):
        desk.state.timers.clear(f"{timer}:{event.call}")
    if session.agent and desk.agent(session.agent).session == event.call:
        desk.agent(session.agent).session = ""
        desk.touch_agent(session.agent)
        phones.left(desk, session.agent)
        desk.rematch = True


def timed_out(desk: Desk, session: str) -> None:
    """The phone stayed too long: hang it up; should Asterisk not know it any more, forget it."""
    if session in desk.state.sessions:
        desk.order(HangUp(call=session, channel=session))
        gone(desk, ChannelGone(at=desk.at, call=session, channel=session))


def _do(desk: Desk, call: str, feature: str, detail: str) -> None:
    """What was dialled is done, or not, and said."""
    why = wishes.wish(desk, desk.state.sessions[call].agent, feature, detail)
    if why:
        _speak(desk, call, REFUSALS.get(why, "feature-refused"))
        return
    reason = desk.plan.floor.rules.pause_reasons.get(detail)
    _speak(desk, call, FEATURES[feature], *([reason.says] if reason and reason.says else []))


def _ask_pin(desk: Desk, call: str, feature: str, *first: str) -> None:
    session = desk.state.sessions[call]
    if pins.locked(desk, session.agent):
        session.pin_for = ""
        _speak(desk, call, "feature-pin-locked")
        return
    session.pin_for, session.digits, session.checking = feature, 0, False
    _speak(desk, call, *first, "feature-enter-pin")
    desk.state.timers.set(f"session:{call}", desk.at + PIN_TIMEOUT_S)


def _key(desk: Desk, event: DigitPressed) -> None:
    session = desk.state.sessions[event.call]
    if session.pin_for:
        if session.digits == 0 and not session.checking:
            desk.order(StopPrompt(call=event.call, prompt=session.prompt))
        pins.digit(desk, session, event)


def _checked(desk: Desk, event: PinChecked) -> None:
    session = desk.state.sessions[event.call]
    if not session.checking:
        return
    feature = session.pin_for
    if event.right:
        pins.right(desk, session.agent)
        session.pin_for, session.checking = "", False
        _do(desk, event.call, feature, "")
    else:
        pins.wrong(desk, session.agent)
        _ask_pin(desk, event.call, feature, "feature-pin-wrong")


def _speak(desk: Desk, call: str, *keys: str) -> None:
    """Say it in the agent's first language, and be sure that the phone is let go."""
    session = desk.state.sessions[call]
    agent = desk.plan.floor.agents.get(session.agent)
    session.prompts += 1
    session.prompt = ids.prompt(call, session.prompts)
    desk.state.timers.set(f"session:{call}", desk.at + SESSION_TIMEOUT_S)
    desk.order(
        PlayPrompt(
            call=call,
            prompt=session.prompt,
            speech=tuple(Prompt(key=key) for key in keys),
            language=next(iter(levels(agent.languages)), desk.plan.language) if agent else desk.plan.language,
        )
    )


#: a session's timers by the first word of their name
TIMED: dict[str, Callable[[Desk, str], None]] = {"session": timed_out, "pin": pins.check}
