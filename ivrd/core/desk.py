"""The desk: what every part of the core works at while one event is handled.

It holds the plan and the state, collects the orders, and remembers what walls must be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ivrd.core.acd.demand import Asked, demand
from ivrd.core.acd.lines import Line, Lines, Waiting
from ivrd.core.acd.model import Queue
from ivrd.core.acd.pool import Pool
from ivrd.core.acd.presence import BUSY, AgentState, Move, Presence
from ivrd.core.acd.skills import Demand, Kind, levels
from ivrd.core.commands import Command, OfferCall, PublishEvent
from ivrd.core.ivr.flow import Flow
from ivrd.core.plan import Plan
from ivrd.core.state import Call, Counters, Stage, State, Wait

#: phones that may ring at once where all may
EVERY = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Moved:
    """An agent's presence has changed (or a pause its reason)."""

    agent: str
    before: Presence
    since: float  #: when ``before`` began
    reason: str  #: why paused before
    after: Presence


class Desk:
    """One event at a time: ``begin``, work, ``take`` the orders."""

    def __init__(self, plan: Plan, state: State) -> None:
        self.plan = plan
        self.state = state
        self.at = state.last_at
        self.rematch = False  #: somebody became free or began to wait
        self.relook = False  #: somebody logged out: callers may wait for nobody
        self.dirty_queues: set[str] = set(plan.floor.queues)
        self.dirty_agents: set[str] = set(plan.floor.agents)
        self.ignored: dict[tuple[str, str], int] = {}  #: (stage, event) -> how often
        self.moves: list[Moved] = []  #: of agents, not looked at yet (attendance.py)
        #: agents who rest: the others need not be looked at after each event (rests.py)
        self.resting = {a.agent for a in state.agents.values() if a.rest_until is not None}
        self.kept = {a.agent for a in state.agents.values() if a.kept_for}  #: free for a customer who is rung (keeping.py)
        self.looked_at = -1  #: the pool's changes, when calls last looked whom they could still wait for
        self._demands: dict[tuple[str, str, int], tuple[Asked, Demand]] = {}  #: see ``_demand``
        for agent in state.agents.values():
            self._configure(agent)
        self.lines = Lines()
        self.pool = Pool(plan.floor, state.agents)
        for call in state.calls.values():
            self.line_up(call)
        self._orders: list[Command] = []
        self._put_off: list[Callable[[], None]] = []  #: notes that no order depends on
        self._ring: Callable[[OfferCall], None] | None = None  #: takes offers as soon as they are decided
        self._served_by = {a.id: self._queues_of(a.kind) for a in plan.floor.agents.values()}

    def begin(self, at: float, ring: Callable[[OfferCall], None] | None = None) -> None:
        """A new event came in at ``at``; time never goes back here, whatever the clock does.

        ``ring`` is given this event's offers, which are then not among the orders that are taken.
        """
        self._ring = ring
        self._put_off.clear()  # of an event that failed: they would say what is true now, not then
        self.at = max(at, self.state.last_at)
        self.state.last_at = self.at
        if self.at >= self.state.day_ends:
            self.state.day_ends = self.plan.calendar.next_midnight(self.at)
            self.state.counters = {}
            self.state.dialled_today = self.state.blocked_today = 0
            for agent in self.state.agents.values():
                agent.new_day(self.at)
                if agent.alerts.pop("outside", None) is not None:
                    self.touch_agent(agent.agent)
                    self.tell("agent_alert", agent=agent.agent, alert="outside", raised=0, reason="")
            self.dirty_queues |= set(self.plan.floor.queues)

    def order(self, *commands: Command) -> None:
        """Have the shell do something."""
        for command in commands:
            if self._ring is not None and isinstance(command, OfferCall):
                self._ring(command)
            else:
                self._orders.append(command)

    def put_off(self, note: Callable[[], None]) -> None:
        """Something to write down that no order depends on: a phone that is to be dialled comes first."""
        self._put_off.append(note)

    def catch_up(self) -> None:
        """Write down what was put off. Before anything changes that those notes are about."""
        while self._put_off:
            self._put_off.pop(0)()

    def take(self) -> list[Command]:
        """The orders of this event."""
        orders, self._orders, self._ring = self._orders, [], None
        return orders

    def tell(self, kind: str, call: Call | None = None, **facts: str | int | float | None) -> None:
        """Tell the walls that something happened. Never put a caller's number here."""
        if call is not None and call.queue:
            facts = {"queue": call.queue, **facts}
        about = call.id if call is not None else ""
        self.order(PublishEvent(call=about, kind=kind, at=self.at, facts=facts))

    def touch(self, queue: str) -> None:
        """The queue looks different now."""
        self.dirty_queues.add(queue)

    def touch_agent(self, agent: str) -> None:
        """The agent looks different now, and so do the queues they serve. After each fact that makes one available, or not."""
        self.dirty_agents.add(agent)
        self.dirty_queues |= self.queues_of(agent)
        state = self.state.agents.get(agent)
        if state is not None and state.keep_idle(self.at):
            self.pool.note(state)

    # --- looking things up

    def agent(self, agent: str) -> AgentState:
        """The agent's state; made when the agent is new."""
        state = self.state.agents.get(agent)
        if state is None:
            state = self.state.agents[agent] = AgentState(agent=agent)
            self._configure(state)
        return state

    def queues_of(self, agent: str) -> set[str]:
        """Queues that the agent serves, languages aside."""
        return self._served_by.get(agent, set())

    def counters(self, queue: str) -> Counters:
        """The queue's day."""
        return self.state.counters.setdefault(queue, Counters())

    def flow(self, call: Call) -> Flow | None:
        """The flow version that the call began with."""
        return self.plan.flows.get(call.walk.version)

    def waiting(self, queue: str = "") -> list[Call]:
        """Calls that wait (in ``queue``), whether a phone rings for them or not; who has waited longest first."""
        lines = self.lines.queues.values() if not queue else (self.lines.queues.get(queue, Line()),)
        waiting = sorted(entry for line in lines for entry in line.by_since)
        return [self.state.calls[call] for _, call in waiting]

    def line_up(self, call: Call) -> None:
        """The call has come to a queue, left it, or asks for something else there: the router must know."""
        if call.wait is None or call.stage != Stage.QUEUED:
            self.lines.drop(call.id)
        else:
            self.lines.put(self.seen_waiting(call, call.wait))

    def seen_waiting(self, call: Call, wait: Wait) -> Waiting:
        """The call as the router sees it, if it waits so."""
        floor = self.plan.floor
        # a queue that is gone from the configuration: the next survey of Asterisk ends the call
        queue = floor.queues.get(wait.queue) or Queue(id=wait.queue, title="")
        # a snapshot of before there were levels has names only
        asks = wait.asked if wait.asked.all else Asked(all=levels(wait.skills))
        points = wait.priority * floor.rules.points_per_priority + wait.vip * floor.rules.vip_points
        ring = EVERY if queue.ring == "all" else queue.ring
        return Waiting(
            call=call.id,
            queue=wait.queue,
            since=wait.since - wait.ahead_s,
            demand=self._demand(queue, asks, wait.language, wait.step),
            points=points,
            weight=queue.weight,
            order=queue.order,
            excluded=wait.excluded,
            rung=len(call.ringing),
            ring=0 if wait.leaving else ring,
            known=wait.known,
            held_until=wait.held_until,
        )

    def _demand(self, queue: Queue, asks: Asked, language: str, step: int) -> Demand:
        """What such a call asks for, worked out anew only where the last one there asked for something else."""
        key = (queue.id, language, step)
        last = self._demands.get(key)
        if last is None or last[0] != asks:
            last = self._demands[key] = asks, demand(self.plan.floor, queue, asks, language, step)
        return last[1]

    def callers(self, queue: str) -> int:
        """How many wait and are here: all but customers who are to be called back."""
        in_line = sum(
            p.queue == queue and (call := self.state.calls.get(p.attempt)) is not None and not call.caller_here
            and call.stage == Stage.QUEUED
            for p in self.state.promises.values()
        )
        return self.lines.waiting(queue) - in_line

    def elapsed_ms(self, since: float) -> int:
        """Whole milliseconds since ``since``."""
        return max(0, round((self.at - since) * 1000))

    def clear_timers(self, call: Call, names: Iterable[str]) -> None:
        """Forget deadlines of a call."""
        for name in names:
            self.state.timers.clear(f"{name}:{call.id}")

    # --- agents

    def move(self, agent: str, move: Move, reason: str = "", call: str = "") -> bool:
        """Move an agent's presence; walls are told, and callers matched when somebody became free."""
        state = self.agent(agent)
        before, since, why = state.presence, state.since, state.reason
        if not state.move(move, self.at, reason):
            self.ignored[before, move] = self.ignored.get((before, move), 0) + 1
            return False
        if call:
            state.call = call
        self.pool.note(state)
        self.touch_agent(agent)
        if state.presence != before or state.since != since:
            self.moves.append(
                Moved(agent=agent, before=before, since=since, reason=why, after=state.presence)
            )
        if state.presence != before:
            self.tell("agent_presence", agent=agent, presence=state.presence, before=before)
        if state.presence not in BUSY:  # free, or somebody need not be waited for any more
            self.rematch = True
        if state.presence == Presence.LOGGED_OUT:
            self.relook = True
        return True

    def _configure(self, state: AgentState) -> None:
        """What the state repeats of the configuration, so that ``available`` can be told from it alone. Before the pool is made."""
        agent = self.plan.floor.agents.get(state.agent)
        state.capacity = agent.capacity if agent else 0.0
        state.voice = self.plan.floor.rules.weights.get("voice", 1.0)
        state.keep_idle(self.at)

    def _queues_of(self, kind: Kind) -> set[str]:
        return {q.id for q in self.plan.floor.queues.values() if q.way.open_to(kind)}
