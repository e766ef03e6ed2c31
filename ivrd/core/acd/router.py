"""Matches waiting calls with available agents, one pair at a time. Pure.

Calls are taken in the order of lines.py; each gets the agent that ``choose`` prefers. A caller whom nobody can take
does not hold up those behind. Callers for whom no phone rings come first; what phones are left then ring besides, for
those whose queue rings several.

The work grows with the lines (queues times what their callers ask for) and with the pairs found, not with all who wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from ivrd.core.acd.lines import Line, Lines, Rank, Waiting
from ivrd.core.acd.presence import AgentState
from ivrd.core.acd.selection import Now, choose, kept_for_others_s


def match(lines: Lines, now: Now) -> Iterator[tuple[Waiting, AgentState]]:
    """Pairs to be offered now. Who takes one must offer it (lines and pool follow) before the next is asked for."""
    for rung in (False, True):
        yield from _match(lines, now, rung)


def _match(lines: Lines, now: Now, rung: bool) -> Iterator[tuple[Waiting, AgentState]]:
    if not now.pool:
        return
    first_after_s = now.floor.rules.first_after_s
    heads: list[tuple[Rank, int]] = []
    found = [line for key, line in lines.open.items() if key[0] == rung and _somebody(line, now)]
    cursors = [line.in_order(now.at, first_after_s) for line in found]

    def go_on(place: int) -> None:
        if (head := next(cursors[place], None)) is not None:
            heappush(heads, (head.rank(now.at, first_after_s), place))

    for place in range(len(found)):
        go_on(place)
    while heads and now.pool:
        (*_, call), place = heappop(heads)
        waiting, line = lines.calls[call], found[place]
        agent = choose(waiting, now)
        if agent is None and not _somebody(line, now):
            continue  # nor is there anybody for those behind
        if agent is None and (after_s := kept_for_others_s(waiting, now)) is not None:
            cursors[place] = line.longest(now.at - after_s, now.at, first_after_s)
        while agent is not None:
            yield waiting, agent
            # who has phones ringing is given all that may ring before the next is
            agent = choose(waiting, now) if rung and waiting.rung < waiting.ring else None
        go_on(place)


def _somebody(line: Line, now: Now) -> bool:
    """An agent is available who could take calls of that line, as far as skills go."""
    waiting = next(iter(line.calls.values()), None)
    if waiting is None:
        return False
    tiers = now.pool.tiers(waiting.demand, waiting.order)
    return any(next(now.pool.free(kind), None) for kinds in tiers for kind in kinds)
