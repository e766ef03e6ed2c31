"""A rehearsal: one call on the exchange, with a pretend telephone and a simulated clock."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping

from ivrd.core import ids
from ivrd.core.commands import Command, OfferCall, PlayPrompt
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AskAnswered,
    CallArrived,
    CallerHungUp,
    ChannelGone,
    DigitPressed,
    Event,
    FeatureDialled,
    SwitchSeen,
    TimerFired,
)
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.walk import Phase, Scalar, Walk
from ivrd.core.plan import Plan
from ivrd.core.state import Call, Stage
from ivrd.rehearsal import trace
from ivrd.rehearsal.phone import Phone
from ivrd.rehearsal.ways import Seen, watch

#: how long everything said takes, unless whoever rehearses knows better
PROMPT_S = 3.0
#: between a caller's two keys
KEY_S = 0.2
#: how far time is let pass when nothing happens that a caller would notice
PATIENCE_S = 24 * 3600.0

_CALL = "rehearsal"
_REJECTED = 21  #: Q.850
#: facts that a caller notices
_NOTICED = (trace.Said, trace.Joined, trace.Talking, trace.Ended)


class Rehearsal:
    """Dial, press, let time pass, hang up; ``trace`` has what came of it."""

    def __init__(
        self, plan: Plan, at: float, length_s: Callable[[PlayPrompt], float] | None = None
    ) -> None:
        self.at = at
        self.trace: list[trace.Fact] = []
        self.call: Call | None = None  #: the caller's; kept when it is over
        flows = {version: watch(flow, self._seen) for version, flow in plan.flows.items()}
        self.exchange = Exchange(dataclasses.replace(plan, flows=flows, current=dict(plan.current), dids=dict(plan.dids)))
        self._phone = Phone(length_s=length_s or (lambda _: PROMPT_S))
        self._stage: Stage | None = None
        self._sessions = 0
        self._tell(SwitchSeen(at=at))

    # --- what the caller does

    def dial(self, did: str, number: str = "") -> None:
        """The caller dials ``did``. A number that no flow serves ends the call at once."""
        self.trace.append(trace.Dialled(at=self.at, did=did, number=number))
        self._tell(CallArrived(at=self.at, call=_CALL, did=did, caller_number=number))
        if self.call is None:
            self.trace.append(trace.Ended(at=self.at, disposition="refused", by="system", cause=1))

    def press(self, keys: str) -> None:
        """Keys, one after the other."""
        for key in keys:
            self.trace.append(trace.Pressed(at=self.at, keys=key))
            self._tell(DigitPressed(at=self.at, call=_CALL, channel=_CALL, digit=key))
            self.wait(KEY_S)

    def hang_up(self) -> None:
        """The caller hangs up."""
        self._tell(CallerHungUp(at=self.at, call=_CALL))
        self._tell(ChannelGone(at=self.at, call=_CALL, channel=_CALL, cause=16))

    # --- time

    def wait(self, seconds: float) -> None:
        """Time passes: prompts end, deadlines fire, each in its order."""
        until = self.at + seconds
        while self._pass(until):
            pass
        self.at = until

    def listen(self) -> bool:
        """What is being said is heard to its end; False when nothing is."""
        prompt = self.playing
        while prompt and self.playing == prompt and self._pass(self.at + PATIENCE_S):
            pass
        return bool(prompt)

    def listen_to_menu(self) -> None:
        """Everything is heard until somebody waits for a key, or the call leaves the menus."""
        while self.stage == Stage.IVR and self.listen():
            pass

    def go_on(self) -> bool:
        """Nothing is pressed until something happens that the caller notices; False when nothing does."""
        seen, until = len(self.trace), self.at + PATIENCE_S
        while not any(isinstance(f, _NOTICED) for f in self.trace[seen:]):
            if self.over or not self._pass(until):
                return False
        return True

    # --- what others do

    def log_in(self, *agents: str) -> None:
        """Agents log in at their phones."""
        for agent in agents:
            self._sessions += 1
            session = f"session-{self._sessions}"
            extension = self.exchange.plan.floor.agents[agent].extension
            self._tell(
                FeatureDialled(at=self.at, session=session, extension=extension, feature="log_in")
            )
            prompt = ids.prompt(session, 1)
            self._phone.due.pop(prompt, None)  # the confirmation is of no interest here
            self._tell(ChannelGone(at=self.at, call=session, channel=session))

    def agent_answers(self) -> str:
        """The phone that rings is picked up; returns the agent, "" when none rings."""
        offer = self.call.offer if self.call else None
        if offer is None:
            return ""
        self._tell(AgentAnswered(at=self.at, call=_CALL, leg=offer.leg))
        return offer.agent

    def agent_declines(self) -> str:
        """The phone that rings is told to be quiet; returns the agent, "" when none rings."""
        offer = self.call.offer if self.call else None
        if offer is None:
            return ""
        self._phone.due.pop(offer.leg, None)
        self._tell(ChannelGone(at=self.at, call=_CALL, channel=offer.leg, cause=_REJECTED))
        return offer.agent

    def agent_hangs_up(self) -> str:
        """The agent who talks hangs up; returns the agent, "" when nobody talks."""
        talk = self.call.talk if self.call and self.stage == Stage.TALKING else None
        if talk is None:
            return ""
        self._tell(AgentHungUp(at=self.at, call=_CALL, leg=talk.leg))
        return talk.agent

    def answer(self, outcome: str, values: Mapping[str, Scalar]) -> bool:
        """The outside answers what the flow asked of it; False when it asked nothing."""
        if self.call is None or self.call.walk.phase != Phase.ASKING:
            return False
        self._tell(AskAnswered(at=self.at, call=_CALL, ask_id=self.call.asks, outcome=outcome, values=dict(values)))
        return True

    # --- what may be asked

    @property
    def playing(self) -> str:
        """Id of what the caller is being told; "" when nothing is."""
        prompt = self.call.prompt if self.call else ""
        return prompt if prompt in self._phone.due else ""

    @property
    def stage(self) -> Stage | None:
        """Where the call is in its life."""
        return self.call.stage if self.call else None

    @property
    def over(self) -> bool:
        """The call has ended."""
        return self.stage in (None, Stage.CLOSING, Stage.CLOSED)

    # --- how it works

    def _pass(self, until: float) -> bool:
        """The next thing that time brings happens, if it is due by ``until``."""
        timer, ending = self.exchange.state.timers.next(), self._phone.next()
        if ending is not None and ending[0] <= until and (timer is None or ending[0] <= timer[1]):
            self.at = max(self.at, ending[0])
            self._tell(self._phone.take(ending[1]))
        elif timer is not None and timer[1] <= until:
            self.at = max(self.at, timer[1])
            self._tell(TimerFired(at=self.at, timer=timer[0]))
        else:
            return False
        return True

    def _tell(self, event: Event) -> None:
        """An event goes in; orders are carried out, and what they lead to goes in as well."""
        events = deque([event])
        while events:
            orders = self.exchange.handle(events.popleft())
            self.call = self.exchange.state.calls.get(_CALL, self.call)
            self._note_stage()
            for order in orders:
                self._note_order(order)
                events += self._phone.carry_out(order, self.at)

    def _seen(self, walk: Walk, seen: Seen) -> None:
        """A verb of a watched flow was called."""
        if seen.entered:
            source, path = (seen.way.source, seen.way.path) if seen.way else ("", ())
            self.trace.append(
                trace.Entered(at=self.at, node=seen.node, source=source, path=path)
            )
        if seen.key:
            self.trace.append(trace.Chose(at=self.at, node=seen.node, key=seen.key))

    def _note_order(self, order: Command) -> None:
        if order.call != _CALL or self.call is None:
            return
        if isinstance(order, PlayPrompt):
            node = str(self.call.walk.node)
            self.trace.append(
                trace.Said(at=self.at, node=node, speech=order.speech, language=order.language)
            )
        elif isinstance(order, OfferCall) and self.call.offer is not None:
            self.trace.append(trace.Rang(at=self.at, agent=self.call.offer.agent))

    def _note_stage(self) -> None:
        call = self.call
        if call is None or call.stage == self._stage:
            return
        self._stage = call.stage
        if call.stage == Stage.QUEUED and call.wait is not None:
            wait = call.wait
            self.trace.append(
                trace.Joined(
                    at=self.at, queue=wait.queue, skills=wait.skills, language=wait.language, priority=wait.priority,
                )
            )  # fmt: skip
        elif call.stage == Stage.TALKING and call.talk is not None:
            self.trace.append(trace.Talking(at=self.at, agent=call.talk.agent))
        elif call.stage == Stage.CLOSING or (call.stage == Stage.CLOSED and not self._ended()):
            self.trace.append(
                trace.Ended(at=self.at, disposition=call.disposition.value, by=call.hung_up_by, cause=call.cause)
            )

    def _ended(self) -> bool:
        return any(isinstance(f, trace.Ended) for f in self.trace)
