"""Feature codes: an agent dials one on the phone, is told the outcome, and the phone hangs up."""

from __future__ import annotations

from ivrd.core import ids, wrapup
from ivrd.core.acd.presence import Move
from ivrd.core.commands import AnswerCall, HangUp, PlayPrompt
from ivrd.core.desk import Desk
from ivrd.core.events import CallerHungUp, ChannelGone, FeatureDialled, PromptFinished
from ivrd.core.speech import Prompt
from ivrd.core.state import Session

#: a confirmation takes three seconds; a phone that stays longer is hung up
SESSION_TIMEOUT_S = 20.0

#: feature -> (move, what is said when it worked)
FEATURES: dict[str, tuple[Move, str]] = {
    "log_in": (Move.LOG_IN, "feature-logged-in"),
    "log_out": (Move.LOG_OUT, "feature-logged-out"),
    "pause": (Move.PAUSE, "feature-paused"),
    "resume": (Move.RESUME, "feature-resumed"),
    "end_wrap_up": (Move.WRAPPED, "feature-wrap-up-ended"),
}


def dialled(desk: Desk, event: FeatureDialled) -> None:
    """The phone is answered, the agent moved, and the outcome spoken. Told twice, it is one."""
    if event.session in desk.state.sessions:
        return
    agent = desk.plan.floor.agent_at(event.extension)
    feature = FEATURES.get(event.feature)
    said = "feature-refused"
    if agent is not None and feature is not None:
        state = desk.agent(agent.id)
        state.reachable = True  # it has just called us
        state.session = event.session
        desk.touch_agent(agent.id)
        if _already(desk, agent.id, feature[0]) or wrapup.over(desk, agent.id, feature[0], "phone"):
            said = feature[1]
    prompt = ids.prompt(event.session, 1)
    desk.state.sessions[event.session] = Session(agent=agent.id if agent else "", prompt=prompt)
    desk.state.timers.set(f"session:{event.session}", desk.at + SESSION_TIMEOUT_S)
    desk.order(
        AnswerCall(call=event.session),
        PlayPrompt(
            call=event.session,
            prompt=prompt,
            speech=(Prompt(key=said),),
            language=desk.plan.language,
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
        desk.rematch = True


def timed_out(desk: Desk, session: str) -> None:
    """The phone stayed too long: hang it up; should Asterisk not know it any more, forget it."""
    if session in desk.state.sessions:
        desk.order(HangUp(call=session, channel=session))
        gone(desk, ChannelGone(at=desk.at, call=session, channel=session))


def _already(desk: Desk, agent: str, move: Move) -> bool:
    """Asking for the state one is in is no mistake: it is how an agent makes sure."""
    presence = desk.agent(agent).presence.value
    return (move.value, presence) in {
        ("log_in", "ready"),
        ("log_out", "logged_out"),
        ("pause", "paused"),
        ("resume", "ready"),
    }
