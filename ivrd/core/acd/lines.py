"""Waiting calls in the order in which they are served, kept up to date call by call: nothing is sorted anew.

The order, on one scale of points (one point = one second waited in a queue of weight 1):

    1. who has waited ``first_after_s`` or longer, the longest first, whatever the priorities
    2. the others by points: priority and VIP points, and ``weight`` of the queue for each second waited
    3. equal: who has waited longer; then the lower call id

Within one queue all calls age at one rate, so who of two has more points never changes: a line is sorted once,
when a call comes to it. Lines are compared with each other by their first call, at the moment of the decision.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from ivrd.core.acd.model import Order
from ivrd.core.acd.skills import Demand

Rank = tuple[int, float, float, str]  #: lower is served first


@dataclass(kw_only=True, slots=True)
class Waiting:
    """A call that waits, as the router sees it."""

    call: str
    queue: str
    since: float
    demand: Demand
    points: float = 0.0  #: ahead by, for priority or as a VIP
    weight: float = 1.0
    order: Order = "longest_idle"
    excluded: dict[str, float] = field(default_factory=dict)  #: agent -> may be offered the call again at
    rung: int = 0  #: phones that ring for it
    ring: int = 1  #: so many may
    known: str = ""  #: agent who talked to the caller last
    held_until: float = 0.0  #: waits for that agent alone

    @property
    def key(self) -> float:
        """Within a queue: lower is served first."""
        return self.weight * self.since - self.points

    def points_at(self, at: float) -> float:
        """Priority, VIP and waiting together: who has more is served first."""
        return self.weight * at - self.key

    def rank(self, at: float, first_after_s: float) -> Rank:
        """Among all calls: lower is served first. The points at ``at``, turned round."""
        if 0 < first_after_s <= at - self.since:
            return (0, self.since, 0.0, self.call)
        return (1, self.key - self.weight * at, self.since, self.call)


@dataclass(kw_only=True, slots=True)
class Line:
    """Calls of one queue that ask for the same."""

    calls: dict[str, Waiting] = field(default_factory=dict)
    by_key: list[tuple[float, float, str]] = field(default_factory=list)  #: (key, since, call)
    by_since: list[tuple[float, str]] = field(default_factory=list)

    def add(self, waiting: Waiting) -> None:
        """The call waits here from now on."""
        self.calls[waiting.call] = waiting
        insort(self.by_key, (waiting.key, waiting.since, waiting.call))
        insort(self.by_since, (waiting.since, waiting.call))

    def remove(self, waiting: Waiting) -> None:
        """It does so no more."""
        del self.calls[waiting.call]
        del self.by_key[bisect_left(self.by_key, (waiting.key, waiting.since, waiting.call))]
        del self.by_since[bisect_left(self.by_since, (waiting.since, waiting.call))]

    def since(self, limit: float) -> int:
        """How many have waited since ``limit`` or longer."""
        return bisect_left(self.by_since, (limit, "\U0010ffff"))

    def served_before(self, waiting: Waiting, at: float, first_after_s: float) -> int:
        """How many are served before that call, of this line or not."""
        if waiting.call in self.calls:
            return self.ahead_of(waiting, at, first_after_s)
        return self.before(waiting.rank(at, first_after_s), at, first_after_s)

    def ahead_of(self, waiting: Waiting, at: float, first_after_s: float) -> int:
        """How many are served before that call, which waits here."""
        first = self.since(at - first_after_s) if first_after_s > 0 else 0
        mine = bisect_left(self.by_since, (waiting.since, waiting.call))
        if mine < first:
            return mine
        key = (waiting.key, waiting.since, waiting.call)
        ahead = sum((self.calls[c].key, s, c) < key for s, c in self.by_since[:first])
        return first + bisect_left(self.by_key, key) - ahead

    def before(self, rank: Rank, at: float, first_after_s: float) -> int:
        """How many are served before a call of that rank in another line."""
        late, by, since, call = rank
        if late == 0:
            return bisect_left(self.by_since, (by, call))
        first = self.since(at - first_after_s) if first_after_s > 0 else 0
        weight = next(iter(self.calls.values())).weight  # one queue, one weight
        key = (by + weight * at, since, call)
        return first + bisect_left(self.by_key, key) - sum((self.calls[c].key, s, c) < key for s, c in self.by_since[:first])

    def in_order(self, at: float, first_after_s: float) -> Iterator[Waiting]:
        """All of them, who is served first first. The line may lose the call that was given last."""
        limit = at - first_after_s if first_after_s > 0 else float("-inf")
        place = 0
        while place < len(self.by_since) and (first := self.by_since[place])[0] <= limit:
            yield self.calls[first[1]]
            place += place < len(self.by_since) and self.by_since[place] == first
        place = 0
        while place < len(self.by_key):
            entry = self.by_key[place]
            if entry[1] > limit:
                yield self.calls[entry[2]]
            place += place < len(self.by_key) and self.by_key[place] == entry

    def longest(self, limit: float, at: float, first_after_s: float) -> Iterator[Waiting]:
        """Those who have waited since ``limit`` or longer, in order."""
        long = [self.calls[call] for _, call in self.by_since[: self.since(limit)]]
        yield from sorted(long, key=lambda w: w.rank(at, first_after_s))


LineKey = tuple[bool, str, Demand]


@dataclass(kw_only=True, slots=True)
class Lines:
    """Everybody who waits: by queue, and by what those ask for whom a further phone may ring."""

    calls: dict[str, Waiting] = field(default_factory=dict)
    queues: dict[str, Line] = field(default_factory=dict)
    open: dict[LineKey, Line] = field(default_factory=dict)

    def put(self, waiting: Waiting) -> None:
        """The call waits, or waits otherwise than before."""
        self.drop(waiting.call)
        self.calls[waiting.call] = waiting
        self.queues.setdefault(waiting.queue, Line()).add(waiting)
        if waiting.rung < waiting.ring:
            self.open.setdefault(_key(waiting), Line()).add(waiting)

    def drop(self, call: str) -> None:
        """The call waits no more; harmless when it did not."""
        waiting = self.calls.pop(call, None)
        if waiting is None:
            return
        self.queues[waiting.queue].remove(waiting)
        if waiting.rung < waiting.ring:
            key = _key(waiting)
            line = self.open[key]
            line.remove(waiting)
            if not line.calls:
                del self.open[key]

    def rings(self, call: str, rung: int) -> None:
        """So many phones ring for the call now: only the line that it is rung from changes."""
        waiting = self.calls[call]
        if waiting.rung < waiting.ring:
            key = _key(waiting)
            self.open[key].remove(waiting)
            if not self.open[key].calls:
                del self.open[key]
        waiting.rung = rung
        if waiting.rung < waiting.ring:
            self.open.setdefault(_key(waiting), Line()).add(waiting)

    def waiting(self, queue: str) -> int:
        """How many wait in the queue."""
        line = self.queues.get(queue)
        return len(line.calls) if line else 0


def _key(waiting: Waiting) -> LineKey:
    return (waiting.rung > 0, waiting.queue, waiting.demand)
