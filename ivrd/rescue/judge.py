"""PURE: how long ivrd has been away, and which channels to do what with."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ivrd.adapters.bell import Heard
from ivrd.core import ids

#: longer than any stall of a loop that is well, shorter than a caller's patience
FROZEN_AFTER_S = 2.0
#: what one look may count at most
LOOK_MOST_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Held:
    """A channel as Asterisk lists it."""

    name: str  #: PJSIP/trunk-00000012: what orders are addressed to
    unique_id: str  #: ours, for what we dialled (core/ids.py)
    state: str  #: Ring, Ringing, Up ...
    application: str
    data: str  #: the application's arguments
    bridge: str  #: "" when in none


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What to do; channels' names."""

    to_fallback: tuple[Held, ...] = ()  #: callers who wait, or listen to a menu that nobody goes on with
    hang_up: tuple[Held, ...] = ()  #: phones that ring, or were answered, for nobody; a customer's whom we call back, while it rings

    def __bool__(self) -> bool:
        return bool(self.to_fallback or self.hang_up)


class Away(enum.Enum):
    """What ivrd's absence calls for."""

    NOT = "not"
    FROZEN = "frozen"  #: it does not answer: new callers go past it; who waits, waits on
    LONG = "long"  #: nobody has been in command for ``rescue_after_s``: whoever waits alone is moved


class Patience:
    """Since when ivrd has not been in command, and since when it has not answered, in time in which we looked ourselves.

    A machine that was paused, or so busy that we did not run either, says nothing about ivrd. Times: any clock that does
    not go back, seconds.
    """

    def __init__(self, after_s: float, at: float) -> None:
        self._after_s, self._looked = after_s, at
        self._away_s = self._silent_s = 0.0  # whoever has just begun to look has not seen anything wrong yet

    def look(self, at: float, heard: Heard) -> Away:
        """One look, which ended at ``at``."""
        passed_s = min(at - self._looked, LOOK_MOST_S)
        self._looked = at
        self._away_s = 0.0 if heard is Heard.IN_COMMAND else self._away_s + passed_s
        self._silent_s = self._silent_s + passed_s if heard is Heard.SILENCE else 0.0
        if self._away_s >= self._after_s:
            return Away.LONG
        return Away.FROZEN if self._silent_s >= FROZEN_AFTER_S else Away.NOT


def judge(channels: Sequence[Held], app: str, away: Away = Away.LONG) -> Verdict:
    """Two in one bridge talk, held or not: nobody touches them. All others of ivrd's wait for nobody.

    A leg that rings waits in the caller's bridge (ADR 51): only who has been answered talks. While ivrd is only ``FROZEN``, callers
    whom it has not answered are moved, and nobody else: they hear it ring, and it does not know of them.
    """
    if away is not Away.LONG:
        return Verdict(to_fallback=tuple(c for c in channels if c.state == "Ring" and _role(c, app) == "call"))
    together = Counter(c.bridge for c in channels if c.bridge and c.state == "Up")
    alone = [c for c in channels if together[c.bridge] < 2 or c.state != "Up"]
    callers = [c for c in alone if _role(c, app) == "call"]
    others = [c for c in alone if _role(c, app) in ("agent", "warm", "feature")]
    return Verdict(to_fallback=tuple(callers), hang_up=tuple(others))


@dataclass(frozen=True, kw_only=True)
class Present:
    """Who is there."""

    callers: set[str]  #: calls whose caller is
    others: dict[str, Held]  #: call -> somebody else in its bridge who has picked up
    together: set[str]  #: calls of which both are in the bridge: they talk. Who picks up alone talks to nobody


def present(channels: Sequence[Held], app: str) -> Present:
    """Who of the calls' people is there, and with whom."""
    callers = {c.unique_id for c in channels if _role(c, app) == "call"}
    bridged = [(child.call, c) for c in channels if c.state == "Up" and (child := ids.parse(c.bridge)) is not None]
    others = {call: c for call, c in bridged if c.unique_id != call}
    return Present(callers=callers, others=others, together={call for call, c in bridged if c.unique_id == call} & others.keys())


def calls(channels: Sequence[Held]) -> dict[str, str]:
    """Which call each channel that is in one of ours belongs to, whoever's it is."""
    return {c.unique_id: child.call for c in channels if (child := ids.parse(c.bridge)) is not None}


def _role(channel: Held, app: str) -> str:
    """``call``, ``agent`` (a leg that we dialled), ``warm`` (one made ahead), ``feature``; "" for what is not ivrd's.

    A customer whom we call back is a caller from the answer on; until then it is a phone that rings.
    """
    child, customer = ids.parse(channel.unique_id), ids.is_callback(channel.unique_id)
    if child is not None:  # a phone that rings is not in Stasis yet: only its id says that it is ours
        return "agent" if child.kind in ("agent", "dial") else ""
    if customer and channel.state != "Up":  # likewise
        return "agent"
    words = channel.data.split(",")
    if channel.application != "Stasis" or words[0] != app or len(words) < 2:
        return ""
    return "call" if customer else words[1]
