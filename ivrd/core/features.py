"""Feature codes: an agent dials one on the phone, is told the outcome, and the phone hangs up."""

from __future__ import annotations

from ivrd.core import ids, phones, wishes
from ivrd.core.acd.model import Agent
from ivrd.core.commands import AnswerCall, HangUp, PlayPrompt
from ivrd.core.desk import Desk
from ivrd.core.events import CallerHungUp, ChannelGone, FeatureDialled, PromptFinished
from ivrd.core.speech import Prompt
from ivrd.core.state import Session

#: a confirmation takes three seconds; a phone that stays longer is hung up
SESSION_TIMEOUT_S = 20.0

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
    said: tuple[str, ...] = ("feature-refused",)
    if agent is not None:
        state = desk.agent(agent.id)
        phones.there(desk, agent.id, True)  # it has just called us
        if ids.parse(state.session) is None:  # else the phone is with somebody whom a flow called (dialout.py)
            state.session = event.session
        desk.touch_agent(agent.id)
        why = wishes.wish(desk, agent.id, event.feature, event.detail)
        said = _confirmed(desk, event) if not why else (REFUSALS.get(why, "feature-refused"),)
    _speak(desk, event.session, agent, said)


def _confirmed(desk: Desk, event: FeatureDialled) -> tuple[str, ...]:
    """What is so now; of a pause, also why."""
    reason = desk.plan.floor.rules.pause_reasons.get(event.detail)
    return (FEATURES[event.feature], *([reason.says] if reason and reason.says else []))


def _speak(desk: Desk, session: str, agent: Agent | None, keys: tuple[str, ...]) -> None:
    """Answer, say it in the agent's first language, and be sure that the phone is let go."""
    prompt = ids.prompt(session, 1)
    desk.state.sessions[session] = Session(agent=agent.id if agent else "", prompt=prompt)
    desk.state.timers.set(f"session:{session}", desk.at + SESSION_TIMEOUT_S)
    desk.order(
        AnswerCall(call=session),
        PlayPrompt(
            call=session,
            prompt=prompt,
            speech=tuple(Prompt(key=key) for key in keys),
            language=agent.languages[0] if agent and agent.languages else desk.plan.language,
        ),
    )


def said(desk: Desk, event: PromptFinished) -> None:
    """The outcome was spoken."""
    desk.order(HangUp(call=event.call, channel=event.call))


def gone(desk: Desk, event: ChannelGone | CallerHungUp) -> None:
    """The phone is free again."""
    session = desk.state.sessions.pop(event.call, None)
    if session is None:
        return
    desk.state.timers.clear(f"session:{event.call}")
    if session.agent and desk.agent(session.agent).session == event.call:
        desk.agent(session.agent).session = ""
        phones.left(desk, session.agent)
        desk.rematch = True


def timed_out(desk: Desk, session: str) -> None:
    """The phone stayed too long: hang it up; should Asterisk not know it any more, forget it."""
    if session in desk.state.sessions:
        desk.order(HangUp(call=session, channel=session))
        gone(desk, ChannelGone(at=desk.at, call=session, channel=session))
