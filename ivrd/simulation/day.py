"""One day: callers, agents, clock and switch around the exchange."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable

from ivrd.core.commands import Command, PlayPrompt, PublishEvent, WriteCdr
from ivrd.core.events import (
    CallArrived,
    CallerHungUp,
    DigitPressed,
    Event,
    PromptFinished,
    SwitchSeen,
    TimerFired,
)
from ivrd.core.exchange import Exchange
from ivrd.simulation.agents import Agents
from ivrd.simulation.callers import Caller, Shift
from ivrd.simulation.centre import Centre, straight
from ivrd.simulation.chance import Chance
from ivrd.simulation.count import count
from ivrd.simulation.switch import Switch
from ivrd.simulation.tally import DayTally

#: how long everything said takes, unless whoever simulates knows better
PROMPT_S = 3.0
#: between the end of a menu and the caller's key
KEY_S = 0.7
#: after closing, when nobody calls any more, wrap-ups end within this
_QUIET_S = 900.0

Length = Callable[[PlayPrompt], float]


class Day:
    """``run`` once; the exchange is new, so days know nothing of each other."""

    def __init__(self, centre: Centre, shift: Shift, seed: int = 0, length_s: Length | None = None) -> None:
        self.centre, self.shift = centre, shift
        self.exchange = Exchange(centre.plan)
        self.at = shift.opens
        self.callers = {c.id: c for c in shift.callers}
        self.rows: dict[str, WriteCdr] = {}  #: the latest of each call
        self.blocked = 0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._made = 0
        self._keys = {c.id: c.keys for c in shift.callers if c.keys and centre.did}
        self._told: dict[str, str] = {}  #: call -> the prompt last begun
        self._talks: set[str] = set()
        self._chance = Chance(centre)
        self._switch = Switch(length_s=length_s or (lambda _: PROMPT_S), picks_up=self._picks_up_s, later=self._happen)
        self._agents = Agents(centre, shift, seed, self._do, self._tell)

    def run(self) -> DayTally:
        """From a minute before opening until the last caller is served."""
        self._tell(SwitchSeen(at=self.at))
        self._agents.begin()
        for caller in self.shift.callers:
            self._do(caller.at, lambda caller=caller: self._dial(caller))  # type: ignore[misc]
        while self._pass():
            pass
        self._agents.end(self.at)
        return count(self.centre.plan, self.shift, self.rows, self.blocked, self._agents.worked)

    # --- time

    def _do(self, at: float, what: Callable[[], None]) -> None:
        """Have something done at a moment; of the same moment, what was asked for first."""
        self._made += 1
        heapq.heappush(self._queue, (at, self._made, what))

    def _pass(self) -> bool:
        """The next thing happens; False when the day is over."""
        timer, ahead = self.exchange.state.timers.next(), self._queue[0][0] if self._queue else None
        first = min((t for t in (timer[1] if timer else None, ahead) if t is not None), default=None)
        if first is None or (first > self.shift.closes + _QUIET_S and not self._callers_here()):
            return False
        self.at = max(self.at, first)
        if ahead is not None and ahead == first:
            heapq.heappop(self._queue)[2]()
        else:
            assert timer is not None
            self._tell(TimerFired(at=self.at, timer=timer[0]))
        return True

    def _callers_here(self) -> int:
        return sum(channel in self.callers for channel in self._switch.channels)

    # --- what happens

    def _tell(self, event: Event) -> None:
        """An event goes in; orders are carried out, and what they lead to goes in as well."""
        events = deque([event])
        while events:
            for order in self.exchange.handle(events.popleft()):
                if isinstance(order, PublishEvent):
                    self._hear(order)
                else:
                    self._note(order)
                    events += self._switch.carry_out(order, self.at)

    def _happen(self, event: Event) -> None:
        self._do(event.at, lambda: self._if_still(event))

    def _if_still(self, event: Event) -> None:
        if not self._switch.still(event):
            return
        self._tell(event)
        if isinstance(event, PromptFinished) and self._keys.get(event.call) and self._told.get(event.call) == event.prompt:
            self._do(self.at + KEY_S, lambda: self._press(event.call, event.prompt))

    def _note(self, order: Command) -> None:
        if isinstance(order, WriteCdr):
            self.rows[order.call] = order
        elif isinstance(order, PlayPrompt):
            self._told[order.call] = order.prompt

    def _hear(self, told: PublishEvent) -> None:
        """What walls are told is how we know what happens inside."""
        if told.kind == "agent_presence":
            self._agents.moved(str(told.facts["agent"]), str(told.facts["presence"]), self.at)
        elif told.kind == "call_queued" and told.call in self.callers:
            self._do(self.at + self.callers[told.call].patience_s, lambda: self._give_up(told.call))
        elif told.kind == "call_answered" and told.call in self.callers:
            self._talks.add(told.call)
            self._do(self.at + self._chance.talk_s(self.callers[told.call], str(told.facts["queue"])), lambda: self._hang_up(told.call))

    # --- a caller

    def _dial(self, caller: Caller) -> None:
        if self._callers_here() >= self.centre.channels:
            self.blocked += 1
            return
        self._switch.channels.add(caller.id)
        did = self.centre.did or straight(caller.queue, caller.language)
        self._tell(CallArrived(at=self.at, call=caller.id, did=did, caller_number=f"08{caller.seed % 10**9:09}"))

    def _press(self, call: str, prompt: str) -> None:
        """One key, when the menu is still waiting for it."""
        if self._told.get(call) == prompt and call in self._switch.channels and (keys := self._keys[call]):
            self._keys[call] = keys[1:]
            self._tell(DigitPressed(at=self.at, call=call, channel=call, digit=keys[0]))

    def _give_up(self, call: str) -> None:
        if call not in self._talks:
            self._hang_up(call)

    def _hang_up(self, call: str) -> None:
        if call in self._switch.channels:
            self._tell(CallerHungUp(at=self.at, call=call))
            for event in list(self._switch.gone(call, call, self.at)):
                self._tell(event)

    def _picks_up_s(self, call: str) -> float | None:
        caller = self.callers.get(call)
        return self._chance.picks_up_s(caller) if caller else None
