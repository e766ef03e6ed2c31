"""The exchange: the only way into the core. An event goes in, orders come out."""

from __future__ import annotations

from collections.abc import Callable

from ivrd.core import (
    acquaintance,
    attendance,
    callbacks,
    calls,
    consulting,
    features,
    keeping,
    moments,
    offers,
    overflow,
    pausing,
    phones,
    pins,
    reconcile,
    returning,
    shifts,
    wishes,
)
from ivrd.core.admission import trunk_view
from ivrd.core.board import agent_view, agents_alert, queue_view, shown_as
from ivrd.core.commands import (
    AnswerTransfer,
    Command,
    HangUp,
    OfferCall,
    Publish,
    PublishAgent,
    PublishAlert,
    PublishQueue,
    PublishTrunk,
)
from ivrd.core.desk import Desk
from ivrd.core.events import (
    AgentAnswered,
    AgentAsked,
    CallArrived,
    CallbackClosed,
    CallbacksCounted,
    CallbackStored,
    ClockStepped,
    ConsultDialled,
    DigitPressed,
    DrainAsked,
    Event,
    FeatureDialled,
    PhoneFree,
    PhoneInUse,
    PhoneReachable,
    PhoneUnreachable,
    SwitchLost,
    SwitchSeen,
    TimerFired,
    TransferAsked,
)
from ivrd.core.ivr import interpreter
from ivrd.core.plan import Plan
from ivrd.core.state import Stage, State
from ivrd.core.views import AgentView, AlertView, QueueView, TrunkView


class Exchange:
    """IVR and ACD in one pure machine: same events, same orders."""

    def __init__(self, plan: Plan, state: State | None = None) -> None:
        self.plan = plan
        self.state = state or State()
        self.desk = Desk(plan, self.state)
        self._shown_queues: dict[str, QueueView] = {}
        self._shown_agents: dict[str, AgentView] = {}
        self._shown_trunk: TrunkView | None = None
        self.reply = ""  #: to the last AgentAsked: "" = done, else why not
        self._shown_alert = AlertView(alert="agents")

    def handle(self, event: Event, ring: Callable[[OfferCall], None] | None = None) -> list[Command]:
        """Take one fact in; what is to be done about it comes back.

        Offers are given to ``ring``, when there is one, as soon as they are decided: what else follows from
        the event (the notes of the decision, walls, music) is worked out while the phone is being dialled.
        ``ring`` must not come back to the exchange. State and orders are the same either way.
        """
        if isinstance(event, ClockStepped):
            self._clock_stepped(event)
        desk = self.desk
        desk.begin(event.at, ring)
        self._dispatch(event)
        attendance.look(desk)
        if desk.kept:
            keeping.look(desk)
        if desk.relook:
            overflow.agent_left(desk)
        if desk.rematch:
            offers.match(desk)
            attendance.look(desk)
        return desk.take()

    def secret(self, event: Event) -> bool:
        """Whether the event is a digit of masked input: the shell keeps it to itself, and tells us of "?"."""
        if not isinstance(event, DigitPressed) or event.digit not in "0123456789":
            return False
        if event.call in self.state.sessions:
            return pins.secret(self.desk, event)
        call = self.state.calls.get(event.call)
        if call is None or event.channel != call.id:
            return False
        if call.stage != Stage.IVR:
            return pausing.is_paused(call)  # typed for the agent, and for nobody's file
        flow = self.desk.flow(call)
        return flow is not None and interpreter.secret(flow, call.walk)

    def replan(self, plan: Plan) -> None:
        """Go on with a new plan; flow versions and queues of calls in progress are kept."""
        for call in self.state.calls.values():
            if call.walk.version in self.plan.flows:
                plan.flows.setdefault(call.walk.version, self.plan.flows[call.walk.version])
            if call.queue in self.plan.floor.queues:  # left the configuration: served to its end
                plan.floor.queues.setdefault(call.queue, self.plan.floor.queues[call.queue])
        self.plan = plan
        self._new_desk()
        shifts.arm(self.desk)
        returning.replanned(self.desk)
        acquaintance.forget_unasked(self.desk)

    def _new_desk(self) -> None:
        """What the desk has drawn from plan and state is no longer true."""
        ignored = self.desk.ignored
        self.desk = Desk(self.plan, self.state)
        self.desk.ignored = ignored
        self.desk.rematch = self.desk.relook = True  # whoever served a queue may be gone

    def _clock_stepped(self, event: ClockStepped) -> None:
        """Everything that began, and every deadline, moves along; the calendar is looked at anew."""
        moments.move(self.state, event.by_s)
        if event.at < self.state.day_ends:  # the day's counters go on
            self.state.day_ends = self.plan.calendar.next_midnight(event.at)
        self._new_desk()

    def views(self) -> list[Publish]:
        """What walls must be told since the last time: only what looks different now."""
        desk, out = self.desk, list[Publish]()
        queues = sorted(desk.dirty_queues & set(self.plan.floor.queues))
        shown = shown_as(desk) if queues else {}
        for queue in queues:
            view = queue_view(desk, queue, shown)
            if self._shown_queues.get(queue) != view:
                self._shown_queues[queue] = view
                out.append(PublishQueue(view=view))
        for agent in sorted(desk.dirty_agents & set(self.plan.floor.agents)):
            seen = agent_view(desk, agent)
            if self._shown_agents.get(agent) != seen:
                self._shown_agents[agent] = seen
                out.append(PublishAgent(view=seen))
        alert = agents_alert(desk) if desk.dirty_agents else self._shown_alert
        if alert != self._shown_alert:
            self._shown_alert = alert
            out.append(PublishAlert(view=alert))
        trunk = trunk_view(desk)
        if trunk != self._shown_trunk:
            self._shown_trunk = trunk
            out.append(PublishTrunk(view=trunk))
        desk.dirty_queues, desk.dirty_agents = set(), set()
        return out

    def ready_phones(self) -> frozenset[str]:
        """Extensions of the agents who may be offered a call now."""
        ready = (a for a in self.state.agents.values() if a.available)
        agents = self.plan.floor.agents
        return frozenset(agents[a.agent].extension for a in ready if a.agent in agents)

    @property
    def ignored(self) -> dict[tuple[str, str], int]:
        """Events that changed nothing, by (stage or presence, event): counted, never an error."""
        return self.desk.ignored

    def _dispatch(self, event: Event) -> None:
        desk = self.desk
        match event:
            case CallArrived():
                calls.arrived(desk, event)
            case ConsultDialled():
                consulting.dialled(desk, event)
            case FeatureDialled():
                features.dialled(desk, event)
            case AgentAsked():
                self.reply = wishes.asked(desk, event)
            case TimerFired():
                self._timer(event)
            case PhoneReachable() | PhoneUnreachable() | PhoneInUse() | PhoneFree():
                self._phone(event)
            case SwitchSeen():
                reconcile.seen(desk, event)
                shifts.arm(desk)
            case SwitchLost():
                reconcile.lost(desk)
            case CallbackStored():
                callbacks.stored(desk, event)
            case CallbacksCounted():
                callbacks.counted(desk, event)
                returning.counted(desk, event)
            case CallbackClosed():
                returning.closed(desk, event)
            case DrainAsked():
                self.state.draining = True
                returning.drain(desk)
            case ClockStepped():
                shifts.arm(desk)
            case _:
                self._of_a_call(event)

    def _of_a_call(self, event: Event) -> None:
        desk = self.desk
        call_id: str = getattr(event, "call", "")
        consulted = self.state.consults.get(call_id, "")
        call = self.state.calls.get(consulted or call_id)
        if call is not None and consulted and consulting.heard(desk, call, event):
            return
        if isinstance(event, TransferAsked) and (call is None or not calls.takes(call, event)):
            desk.order(AnswerTransfer(call=call_id, leg=event.leg, taken=False))  # whoever it is: the phone waits for an answer
        elif call is not None:
            calls.handle(desk, call, event)
        elif call_id in self.state.sessions:
            features.handle(desk, event)
        elif isinstance(event, AgentAnswered):
            desk.order(HangUp(call=call_id, channel=event.leg))  # of a call that is over
        else:
            key = ("no call", type(event).__name__)
            desk.ignored[key] = desk.ignored.get(key, 0) + 1

    def _timer(self, event: TimerFired) -> None:
        if not self.state.timers.take(event.timer, self.desk.at):
            return  # it was moved or cleared while the shell woke up
        kind, _, of = event.timer.partition(":")
        call = self.state.calls.get(of)
        if kind in attendance.TIMED:
            attendance.TIMED[kind](self.desk, of)
        elif kind in features.TIMED:
            features.TIMED[kind](self.desk, of)
        elif kind == "callback":
            returning.look(self.desk, of)
        elif call is not None and kind in calls.RUNG and not self.state.connected:
            self.state.timers.set(event.timer, self.desk.at + calls.AWAY_RETRY_S)
        elif call is not None and kind in calls.TIMED:
            calls.TIMED[kind](self.desk, call)
            if call.queue:
                self.desk.touch(call.queue)

    def _phone(self, event: PhoneReachable | PhoneUnreachable | PhoneInUse | PhoneFree) -> None:
        agent = self.plan.floor.agent_at(event.extension)
        if agent is None:
            return
        if isinstance(event, PhoneReachable | PhoneUnreachable):
            phones.there(self.desk, agent.id, isinstance(event, PhoneReachable))
        else:
            phones.used(self.desk, agent.id, isinstance(event, PhoneInUse))
