"""PURE: how long ivrd has been away, and which channels to do what with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ivrd.core import ids


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
    hang_up: tuple[Held, ...] = ()  #: phones that ring, or were answered, for nobody

    def __bool__(self) -> bool:
        return bool(self.to_fallback or self.hang_up)


class Patience:
    """Since when ivrd has not been in command. Times: any clock that does not go back, seconds."""

    def __init__(self, after_s: float, at: float) -> None:
        self._after_s = after_s
        self._last_seen = at  # whoever has just begun to look has not seen anything wrong yet

    def away(self, at: float, in_command: bool) -> bool:
        """One look at ``at``. True: it has been away for ``after_s`` or longer."""
        if in_command:
            self._last_seen = at
        return at - self._last_seen >= self._after_s


def judge(channels: Sequence[Held], app: str) -> Verdict:
    """Two in one bridge talk, held or not: nobody touches them. All others of ivrd's wait for nobody.

    A leg that rings waits in the caller's bridge (ADR 51): only who has been answered talks.
    """
    together = Counter(c.bridge for c in channels if c.bridge and c.state == "Up")
    alone = [c for c in channels if together[c.bridge] < 2 or c.state != "Up"]
    callers = [c for c in alone if _role(c, app) == "call"]
    others = [c for c in alone if _role(c, app) in ("agent", "warm", "feature")]
    return Verdict(to_fallback=tuple(callers), hang_up=tuple(others))


def _role(channel: Held, app: str) -> str:
    """``call``, ``agent`` (a leg that we dialled), ``warm`` (one made ahead), ``feature``; "" for what is not ivrd's."""
    child = ids.parse(channel.unique_id)
    if child is not None:  # a phone that rings is not in Stasis yet: only its id says that it is ours
        return "agent" if child.kind in ("agent", "dial") else ""
    words = channel.data.split(",")
    if channel.application != "Stasis" or words[0] != app or len(words) < 2:
        return ""
    return words[1]
