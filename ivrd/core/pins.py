"""A PIN, asked for at the phone before somebody is logged in. The core never sees its digits: each is "?" here.

The shell holds what was typed against the PIN (CheckPin); so many wrong ones in a row lock the agent out for a
while, and a team leader hears of it.
"""

from __future__ import annotations

from ivrd.core import alerts
from ivrd.core.acd.presence import Presence
from ivrd.core.commands import CheckPin
from ivrd.core.desk import Desk
from ivrd.core.events import DigitPressed, FeatureDialled
from ivrd.core.state import Session

#: who types nothing more for so long is done; # says so at once
TYPED_S = 4.0
MOST_DIGITS = 8


def wanted(desk: Desk, agent: str, event: FeatureDialled) -> bool:
    """Whether this log-in needs a PIN first."""
    definition = desk.plan.floor.agents[agent]
    return definition.pin and event.feature == "log_in" and desk.agent(agent).presence == Presence.LOGGED_OUT


def locked(desk: Desk, agent: str) -> bool:
    """Whether no PIN is taken now."""
    return desk.agent(agent).locked_until is not None


def secret(desk: Desk, event: DigitPressed) -> bool:
    """A digit of a PIN: nobody but the shell may see it."""
    return bool(desk.state.sessions[event.call].pin_for)


def digit(desk: Desk, session: Session, event: DigitPressed) -> None:
    """One more key: # ends it, and so does the longest PIN that there can be."""
    if session.checking:
        return
    if event.digit != "#":
        session.digits += 1
    if event.digit == "#" or session.digits >= MOST_DIGITS:
        check(desk, event.call)
    else:
        desk.state.timers.set(f"pin:{event.call}", desk.at + TYPED_S)


def check(desk: Desk, call: str) -> None:
    """What was typed is all."""
    session = desk.state.sessions.get(call)
    if session is not None and session.pin_for and not session.checking:
        desk.state.timers.clear(f"pin:{call}")
        session.checking = True
        desk.order(CheckPin(call=call, agent=session.agent))


def right(desk: Desk, agent: str) -> None:
    """Wrong ones before are forgiven."""
    desk.agent(agent).wrong_pins = 0


def wrong(desk: Desk, agent: str) -> None:
    """One more wrong one; one too many locks."""
    state, rules = desk.agent(agent), desk.plan.floor.rules
    state.wrong_pins += 1
    desk.tell("wrong_pin", agent=agent, times=state.wrong_pins)
    if state.wrong_pins >= rules.pin_tries:
        state.locked_until = desk.at + rules.pin_lock_s
        desk.state.timers.set(f"lock:{agent}", state.locked_until)
        alerts.raise_(desk, agent, "pin")


def unlock(desk: Desk, agent: str) -> None:
    """The time is over."""
    state = desk.agent(agent)
    state.locked_until, state.wrong_pins = None, 0
    alerts.clear(desk, agent, "pin")
