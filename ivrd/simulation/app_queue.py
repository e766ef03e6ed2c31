"""Asterisk's own queue on the same callers, as far as it is needed to compare: apps/app_queue.c of Asterisk 22.

It has no skills: a site makes one queue of each of ours and each language, with those agents who can serve it.
A caller looks whether it is its turn (fewer callers ahead, not being tried, than members free) when it comes, and
then once a second (RECHECK); who is tried and not answered waits ``retry`` (5 s) before looking again. Given to it
are the settings that serve it best: autofill, shared_lastcall (wrap-up and last calls hold across queues), no
announcements, device states without delay. Whose turn it is does not depend on other queues' callers: a member who
is free goes to whichever caller looks first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ivrd.core.acd.presence import Presence
from ivrd.core.events import AgentAsked, Event
from ivrd.simulation.agents import Agents
from ivrd.simulation.callers import Caller, Shift
from ivrd.simulation.centre import Centre
from ivrd.simulation.chance import Chance
from ivrd.simulation.tally import DayTally, Tally

Strategy = Literal["rrmemory", "leastrecent", "fewestcalls", "linear"]
STRATEGIES: tuple[Strategy, ...] = ("rrmemory", "leastrecent", "fewestcalls", "linear")
RECHECK_S = 1.0
RETRY_S = 5.0


@dataclass(kw_only=True)
class Member:
    """An agent, in every queue that it is a member of."""

    id: str
    order: int  #: as they stand in the file
    state: Presence = Presence.LOGGED_OUT
    paused: bool = False
    last_call: float = 0.0
    calls: int = 0


@dataclass(kw_only=True)
class Line:
    """One queue of Asterisk."""

    members: list[Member]
    waiting: list[Waiting] = field(default_factory=list)
    last: int = -1  #: whom rrmemory tried last


@dataclass(eq=False, kw_only=True)
class Waiting:
    """A caller in a queue."""

    caller: Caller
    line: Line
    pending: bool = False  #: a member is being tried
    tried: int = -1  #: whom linear tried last for this caller
    over: bool = False


class AppQueueDay:
    """One day, like ``Day``: callers straight into their queues."""

    def __init__(self, centre: Centre, shift: Shift, strategy: Strategy, seed: int = 0) -> None:
        self._centre, self._shift, self._strategy = centre, shift, strategy
        self._at, self._made = shift.opens, 0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._members = {a: Member(id=a, order=n) for n, a in enumerate(centre.agents)}
        self._lines: dict[tuple[str, str], Line] = {}
        self._here = 0
        self._chance = Chance(centre)
        self._agents = Agents(centre, shift, seed, self._do, self._asked)
        self._day = DayTally(arrived=len(shift.callers), agents=self._agents.worked, simulated_s=shift.closes - shift.opens)

    def run(self) -> DayTally:
        """Until the last caller is served."""
        self._agents.begin()
        for caller in self._shift.callers:
            self._do(caller.at, lambda caller=caller: self._arrive(caller))  # type: ignore[misc]
        while self._queue and (self._here or self._queue[0][0] <= self._shift.closes):
            self._at, _, what = heapq.heappop(self._queue)
            what()
        self._agents.end(self._at)
        return self._day

    def _do(self, at: float, what: Callable[[], None]) -> None:
        self._made += 1
        heapq.heappush(self._queue, (at, self._made, what))

    # --- a caller

    def _arrive(self, caller: Caller) -> None:
        if self._here >= self._centre.channels:
            self._day.blocked += 1
            return
        queue, line = self._centre.plan.floor.queues[caller.queue], self._line(caller)
        if len(line.waiting) >= queue.max_waiting:
            self._count(caller, Tally(offered=1, diverted=1))
            return
        self._here += 1
        waiting = Waiting(caller=caller, line=line)
        line.waiting.append(waiting)
        self._do(self._at + caller.patience_s, lambda: self._leave(waiting, Tally(offered=1, abandoned=1, short=self._is_short(waiting))))
        self._do(self._at + queue.max_wait_s, lambda: self._leave(waiting, Tally(offered=1, diverted=1)))
        self._look(waiting)

    def _look(self, waiting: Waiting) -> None:
        """Whether it is this caller's turn."""
        if waiting.over:
            return
        free, ahead = sum(map(self._free, waiting.line.members)), 0
        for other in waiting.line.waiting:
            if other is waiting or ahead >= free:
                break
            ahead += not other.pending
        if ahead < free:
            self._try(waiting)
        else:
            self._do(self._at + RECHECK_S, lambda: self._look(waiting))

    def _try(self, waiting: Waiting) -> None:
        member = min(filter(self._free, waiting.line.members), key=lambda m: (self._metric(m, waiting), m.order))
        waiting.pending, waiting.tried, waiting.line.last = True, member.order, member.order
        self._move(member, Presence.OFFERED)
        after_s, timeout_s = self._chance.picks_up_s(waiting.caller), self._centre.plan.floor.queues[waiting.caller.queue].ring_timeout_s
        if after_s is not None and after_s < timeout_s:
            self._do(self._at + after_s, lambda: self._answered(waiting, member))
        else:
            self._do(self._at + timeout_s, lambda: self._missed(waiting, member))

    def _answered(self, waiting: Waiting, member: Member) -> None:
        caller = waiting.caller
        if waiting.over:
            self._release(member)
            return
        queue, wait_s = self._centre.plan.floor.queues[caller.queue], self._at - caller.at
        talk_s = self._chance.talk_s(caller, caller.queue)
        tally = Tally(offered=1, answered=1, in_level=wait_s <= queue.service_level_s, wait_s=wait_s, handled_s=talk_s + queue.wrap_up_s)
        self._leave(waiting, tally, here=True)
        self._move(member, Presence.TALKING)
        self._do(self._at + talk_s, lambda: self._over(member, queue.wrap_up_s))

    def _over(self, member: Member, wrap_up_s: float) -> None:
        self._here -= 1
        member.last_call, member.calls = self._at, member.calls + 1
        self._move(member, Presence.WRAP_UP)
        self._do(self._at + wrap_up_s, lambda: self._release(member))

    def _missed(self, waiting: Waiting, member: Member) -> None:
        self._release(member)
        if not waiting.over:
            waiting.pending = False
            self._do(self._at + RETRY_S, lambda: self._look(waiting))

    def _leave(self, waiting: Waiting, tally: Tally, here: bool = False) -> None:
        """Out of the queue; the channel stays when an agent answered."""
        if waiting.over:
            return
        waiting.over = True
        waiting.line.waiting.remove(waiting)
        self._here -= not here
        self._count(waiting.caller, tally)

    def _is_short(self, waiting: Waiting) -> bool:
        return waiting.caller.patience_s < self._centre.plan.floor.rules.short_abandon_s

    def _count(self, caller: Caller, tally: Tally) -> None:
        local = self._centre.plan.calendar.local(caller.at)
        self._day.queues.setdefault(caller.queue, Tally()).add(tally)
        self._day.half_hours.setdefault(f"{local.hour:02}:{local.minute // 30 * 30:02}", Tally()).add(tally)

    # --- members

    def _line(self, caller: Caller) -> Line:
        key = caller.queue, caller.language
        if key not in self._lines:
            floor = self._centre.plan.floor
            able = {a.id for a in floor.serving(caller.queue) if caller.language in a.languages}
            self._lines[key] = Line(members=[m for m in self._members.values() if m.id in able])
        return self._lines[key]

    def _free(self, member: Member) -> bool:
        return member.state == Presence.READY and not member.paused

    def _metric(self, member: Member, waiting: Waiting) -> float:
        """Who is lowest is rung."""
        match self._strategy:
            case "leastrecent":
                return member.last_call
            case "fewestcalls":
                return member.calls
            case "rrmemory":
                return member.order + (10_000 if member.order <= waiting.line.last else 0)
            case "linear":
                return member.order + (10_000 if member.order <= waiting.tried else 0)

    def _release(self, member: Member) -> None:
        self._move(member, Presence.PAUSED if member.paused else Presence.READY)

    def _asked(self, event: Event) -> None:
        """An agent logs in, pauses or resumes."""
        assert isinstance(event, AgentAsked)
        member = self._members[event.agent]
        member.paused = event.wish == "pause"
        if member.state in (Presence.LOGGED_OUT, Presence.READY, Presence.PAUSED):
            self._release(member)

    def _move(self, member: Member, state: Presence) -> None:
        if state != member.state:
            member.state = state
            self._agents.moved(member.id, state, self._at)
