"""A rehearsal: one call on the exchange, with a pretend telephone and a simulated clock."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from ivrd.core.commands import AskOutside, CheckPin, Command, PlayPrompt
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
    PinChecked,
    SwitchSeen,
    TimerFired,
)
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.interpreter import MASKED_DIGIT
from ivrd.core.ivr.orders import CheckSecret, FetchHttp, Order
from ivrd.core.ivr.walk import Phase, Scalar
from ivrd.core.plan import Plan
from ivrd.core.state import Call, Stage
from ivrd.rehearsal import outside, trace
from ivrd.rehearsal.phone import Phone
from ivrd.rehearsal.scribe import Scribe
from ivrd.rehearsal.ways import watch
from ivrd.vault import Vault

#: how long everything said takes, unless whoever rehearses knows better
PROMPT_S = 3.0
#: between a caller's two keys
KEY_S = 0.2
#: how far time is let pass when nothing happens that a caller would notice
PATIENCE_S = 24 * 3600.0

_CALL = "rehearsal"
_REJECTED = 21  #: Q.850
#: facts that a caller notices
NOTICED: tuple[type[trace.Fact], ...] = (trace.Said, trace.Joined, trace.Talking, trace.Connected, trace.Ended)


class Rehearsal:
    """Dial, press, let time pass, hang up; ``trace`` has what came of it."""

    def __init__(
        self, plan: Plan, at: float, length_s: Callable[[PlayPrompt], float] | None = None
    ) -> None:
        self.at = at
        self.call: Call | None = None  #: the caller's; kept when it is over
        self._scribe = Scribe(at, lambda: self.exchange.state.calls.get(_CALL))
        flows = {version: watch(flow, self._scribe.verb) for version, flow in plan.flows.items()}
        self.exchange = Exchange(dataclasses.replace(plan, flows=flows, current=dict(plan.current), dids=dict(plan.dids)))
        self._phone = Phone(length_s=length_s or (lambda _: PROMPT_S))
        self._vault = Vault()
        self._asked: Order | None = None
        self._sessions = 0
        self._tell(SwitchSeen(at=at))

    # --- what the caller does

    def dial(self, did: str, number: str = "") -> None:
        """The caller dials ``did``. A number that no flow serves ends the call at once."""
        self._scribe.add(trace.Dialled(at=self.at, did=did, number=number))
        self._tell(CallArrived(at=self.at, call=_CALL, did=did, caller_number=number))
        if self.call is None:
            self._scribe.add(trace.Ended(at=self.at, disposition="refused", by="system", cause=1))

    def press(self, keys: str) -> None:
        """Keys, one after the other. Masked ones are seen by nobody."""
        for key in keys:
            event = self._vault.veil(self._digit(key), self.exchange)
            assert isinstance(event, DigitPressed)
            self._scribe.add(trace.Pressed(at=self.at, keys=event.digit))
            self._tell(event)
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

    def go_on(self, also: tuple[type[trace.Fact], ...] = ()) -> bool:
        """Nothing is pressed until something happens that the caller notices; False when nothing does.

        ``also``: facts that are to be noticed besides."""
        seen, until = len(self.trace), self.at + PATIENCE_S
        while not any(isinstance(f, (*NOTICED, *also)) for f in self.trace[seen:]):
            if self.over or not self._pass(until):
                return False
        return True

    # --- what others do

    def log_in(self, *agents: str) -> None:
        """Agents log in at their phones."""
        self.feature("log_in", *agents)

    def feature(self, feature: str, *agents: str) -> None:
        """Agents dial a feature code (core/features.py) at their phones."""
        for agent in agents:
            self._sessions += 1
            session = f"session-{self._sessions}"
            extension = self.exchange.plan.floor.agents[agent].extension
            self._tell(
                FeatureDialled(at=self.at, session=session, extension=extension, feature=feature)
            )
            if self.exchange.state.sessions[session].pin_for:  # typed, and right: _carry_out
                self._tell(DigitPressed(at=self.at, call=session, channel=session, digit=MASKED_DIGIT))
                self._tell(DigitPressed(at=self.at, call=session, channel=session, digit="#"))
            self._phone.forget(session)  # the confirmation is of no interest here
            self._tell(ChannelGone(at=self.at, call=session, channel=session))

    def agent_answers(self) -> str:
        """The phone that rings (an agent's, or whom the flow called) is picked up; returns whose, "" when none rings."""
        who, leg = self._ringing()
        if leg:
            self._phone.due.pop(leg, None)
            self._tell(AgentAnswered(at=self.at, call=_CALL, leg=leg))
        return who

    def agent_declines(self, cause: int = _REJECTED) -> str:
        """The phone that rings is told to be quiet (Q.850 ``cause``); returns whose, "" when none rings."""
        who, leg = self._ringing()
        if leg:
            self._phone.due.pop(leg, None)
            self._tell(ChannelGone(at=self.at, call=_CALL, channel=leg, cause=cause))
        return who

    def agent_hangs_up(self) -> str:
        """The other side of the conversation hangs up; returns who, "" when nobody talks."""
        call = self.call
        if call is not None and call.stage == Stage.TALKING and call.talk is not None:
            who, leg = call.talk.agent, call.talk.leg
        elif call is not None and call.stage == Stage.CONNECTED and call.dialled is not None:
            who, leg = call.dialled.to, call.dialled.leg
        else:
            return ""
        self._tell(AgentHungUp(at=self.at, call=_CALL, leg=leg))
        return who

    def answer(self, outcome: str, values: Mapping[str, Scalar]) -> str:
        """The outside answers what the flow asked of it: "", or what is wrong with the answer, in words."""
        if self.stage == Stage.DIALLING:
            if wrong := outside.not_one_of(outcome, outside.DIALLED, "calling somebody"):
                return wrong
            self.agent_answers() if outcome == "answered" else self.agent_declines(outside.DIALLED[outcome])
            return ""
        if (order := self.asked) is None or self.call is None:
            return "nothing was asked of the outside at this point"
        if wrong := outside.wrong(order, outcome, values):
            return wrong
        self.wait(outside.takes_s(order, values))
        if self.asked is order:
            self._scribe.add(trace.Answered(at=self.at, outcome=outcome, values=values))
            self._tell(AskAnswered(at=self.at, call=_CALL, ask_id=self.call.asks, outcome=outcome, values=dict(values)))
        return ""

    # --- what may be asked

    @property
    def trace(self) -> list[trace.Fact]:
        """What the call went through so far."""
        return self._scribe.trace

    @property
    def asked(self) -> Order | None:
        """What the flow has asked of the outside, and waits for; None when it waits for nothing."""
        asking = self.stage == Stage.IVR and self.call is not None and self.call.walk.phase == Phase.ASKING
        return self._asked if asking else None

    @property
    def masked(self) -> bool:
        """A digit pressed now would be masked input."""
        return self.exchange.secret(self._digit("0"))

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

    def _digit(self, key: str) -> DigitPressed:
        return DigitPressed(at=self.at, call=_CALL, channel=_CALL, digit=key)

    def _ringing(self) -> tuple[str, str]:
        """Whose phone rings, and its leg."""
        call = self.call
        if call is not None and call.offer is not None:
            return call.offer.agent, call.offer.leg
        if call is not None and call.stage == Stage.DIALLING and call.dialled is not None:
            return call.dialled.to, call.dialled.leg
        return "", ""

    def _pass(self, until: float) -> bool:
        """The next thing that time brings happens, if it is due by ``until``."""
        timer, ending = self.exchange.state.timers.next(), self._phone.next()
        if ending is not None and ending[0] <= until and (timer is None or ending[0] <= timer[1]):
            self.at = max(self.at, ending[0])
            self._tell(self._phone.take(ending[1]))
        elif timer is not None and timer[1] <= until:
            self.at = self._scribe.at = max(self.at, timer[1])
            if self.call is not None and self.stage == Stage.IVR:
                self._scribe.timer(timer[0], self.call)
            self._tell(TimerFired(at=self.at, timer=timer[0]))
        else:
            return False
        return True

    def _tell(self, event: Event) -> None:
        """An event goes in; orders are carried out, and what they lead to goes in as well."""
        events = deque([event])
        while events:
            self._scribe.begin(self.at)
            orders = self.exchange.handle(events.popleft())
            self.call = self.exchange.state.calls.get(_CALL, self.call)
            if self.call is not None:
                self._scribe.look(self.call)
            for order in orders:
                if self.call is not None and order.call == _CALL:
                    self._scribe.order(order, self.call)
                events += self._carry_out(order)

    def _carry_out(self, order: Command) -> Iterator[Event]:
        """What the daemon's shell would do: masked input is looked at here, the rest is the telephone's."""
        if isinstance(order, CheckPin):
            yield PinChecked(at=self.at, call=order.call, right=True)
            return
        if not isinstance(order, AskOutside):
            yield from self._phone.carry_out(order, self.at)
            return
        self._asked = order.order
        match order.order:
            case CheckSecret() as check:
                answer = self._vault.check(order.call, check)
                yield AskAnswered(at=self.at, call=order.call, ask_id=order.ask_id, outcome=answer.outcome)
            case FetchHttp() as fetch if self._vault.reveal(order.call, fetch) is None:
                yield AskAnswered(at=self.at, call=order.call, ask_id=order.ask_id, outcome="lost")
            case _:
                pass  # whoever rehearses answers, or nobody in time
