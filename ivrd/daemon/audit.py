"""What Asterisk never told: every now and then it is asked what it holds, and held against what we know.

Each wait of the core for an event has a deadline, but for two: that a caller is there at all, and that somebody who
talks has hung up. And one deadline costs too much: a phone that was answered would ring for us until its time is over, its agent
hear a caller who hears music, and then be cut off. A difference that is still the same at the second look is no order or event on its way: then
everything is brought together as after an outage (core/reconcile.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ivrd.core.events import SwitchSeen
from ivrd.core.state import Call, Stage, State
from ivrd.errors import SwitchError

_log = structlog.get_logger(__name__)

EVERY_S = 10.0
#: a difference is looked at again after so long
AGAIN_S = 3.0


def differences(state: State, seen: SwitchSeen) -> frozenset[str]:
    """Channels that only one side knows, of those that it would not be told of any more; and phones that were answered without our knowing."""
    held = {channel.channel for channel in seen.channels}
    known = {channel for call in state.calls.values() for channel in _must_be_there(call)}
    callers = {c.channel for c in seen.channels if c.role == "call"}
    strangers = callers - state.calls.keys() if not state.draining else frozenset[str]()
    up = {channel.channel for channel in seen.channels if channel.state == "Up"}
    rung = {leg for call in state.calls.values() for leg in _rings(call)}
    return frozenset(known - held) | strangers | (rung & up)


def _must_be_there(call: Call) -> list[str]:
    """The caller; and who talks to the caller. A phone that rings has a deadline."""
    if call.stage in (Stage.CLOSING, Stage.CLOSED, Stage.CALLING) or not call.caller_here:
        return []
    other = call.talk if call.stage == Stage.TALKING else call.dialled if call.stage == Stage.CONNECTED else None
    return [call.id, *([other.leg] if other else [])]


def _rings(call: Call) -> list[str]:
    """Phones that ring for the call, as far as we know."""
    rung = [offer.leg for offer in call.ringing]
    return [*rung, call.dialled.leg] if call.stage == Stage.DIALLING and call.dialled is not None else rung


class Audit:
    """``run`` is the task. ``look`` asks Asterisk what it holds; ``tell_anew`` has the core hear all of it."""

    def __init__(
        self,
        state: Callable[[], State],
        look: Callable[[], Awaitable[SwitchSeen]],
        tell_anew: Callable[[], Awaitable[None]],
    ) -> None:
        self._state, self._look, self._tell_anew = state, look, tell_anew

    async def run(self) -> None:
        """Look until cancelled. While there is no connection there is nothing to see."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self._compare()
            except SwitchError as exc:
                _log.debug("asterisk not looked at", error=str(exc))

    async def _compare(self) -> None:
        if not self._state().connected or not (first := differences(self._state(), await self._look())):
            return
        await asyncio.sleep(AGAIN_S)
        lasting = first & differences(self._state(), await self._look())
        if lasting and self._state().connected:
            _log.warning("asterisk did not tell of channels that came or went", channels=sorted(lasting))
            await self._tell_anew()
