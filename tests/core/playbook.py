"""A playbook: events in, orders out, read as a trace. The core's tests are written with it.

``tell`` feeds an event a little later than the last one; ``asked`` gives what it was answered with.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, TypeVar

from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue
from ivrd.core.calendar import Calendar, Span
from ivrd.core.cdr import Cdr
from ivrd.core.commands import Command, OfferCall, PlayPrompt, Publish, PublishEvent, WriteCdr
from ivrd.core.events import (
    AgentAnswered,
    CallArrived,
    CallerHungUp,
    CdrWritten,
    ChannelGone,
    DigitPressed,
    Event,
    FeatureDialled,
    PromptFinished,
    RecordingPublished,
    SwitchSeen,
    TimerFired,
)
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.validate import Known
from ivrd.core.plan import Outbound, Plan
from ivrd.core.speech import Prompt
from ivrd.core.state import Call, Counters, Rec, State
from ivrd.settings import yamltext
from ivrd.settings.flows import parse_flow

C = TypeVar("C", bound=Command)
WIB = dt.timezone(dt.timedelta(hours=7), "WIB")
TUESDAY_10 = dt.datetime(2026, 11, 24, 10, 0, tzinfo=WIB).timestamp()
WEEK = {day: (Span.parse("08:00-17:00"),) for day in range(5)}


class Anything:
    """A catalogue that knows every prompt: the core's tests are not about texts."""

    def __contains__(self, key: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def flow(text: str, name: str = "test", queues: tuple[str, ...] = ("help", "other", "kbli"), parts: dict[str, str] | None = None) -> Flow:
    """A dialplan from text."""
    known = Known(queues=queues, languages=("id", "en"), prompts=Anything(), skills=Anything(), services=Anything(), mailboxes=Anything(), may_call_back=("08X.",), extensions=Anything(), may_dial=("021X.",), ways=False)  # type: ignore[arg-type]
    files = {part: (yamltext.loads(t, f"{part}.yaml"), t.encode()) for part, t in (parts or {}).items()}
    return parse_flow(yamltext.loads(text, f"{name}.yaml"), name, text.encode(), known, files.get)


STRAIGHT = "start: q\nnodes:\n  q: {queue: {to: help, overflow: sorry}}\n  sorry: {play: {say: [queue-overflow], then: bye}}\n  bye: {hangup: {why: overflow}}\n"


def plan(
    *,
    text: str = STRAIGHT,
    queues: tuple[Queue, ...] = (Queue(id="help", title="Help"),),
    agents: tuple[Agent, ...] = (Agent(id="101", name="Adi", extension="101", languages=("id", "en")),),
    rules: AcdRules | None = None,
    parts: dict[str, str] | None = None,
) -> Plan:
    """A small centre: one queue, one agent, straight into the queue, unless said otherwise."""
    made = Plan(
        floor=Floor(queues={q.id: q for q in queues}, agents={a.id: a for a in agents}, rules=rules or AcdRules()),
        calendar=Calendar(tz=WIB, week=WEEK),
        dids={"169": "test"},
        language="id",
    )
    made.outbound = Outbound(trunk="trunk", allow=("021X.",), per_day=2, per_agent_day=2, caller_id="169")
    made.may_call_back = ("08X.", "021X.")
    made.add(flow(text, queues=tuple(q.id for q in queues), parts=parts))
    return made


class Playbook:
    """One exchange and its trace."""

    def __init__(self, the_plan: Plan | None = None, state: State | None = None, connected: bool = True) -> None:
        self.at = TUESDAY_10
        self.exchange = Exchange(the_plan or plan(), state)
        self.last: list[Command] = []
        self.trace: list[Event | Command] = []
        if connected:
            self.tell(SwitchSeen)

    def tell(self, kind: type[Event], *, after_s: float = 0.01, **facts: Any) -> list[Command]:
        """Something happened, ``after_s`` after the last event; returns the orders, walls left out."""
        self.at += after_s
        event = kind(at=self.at, **facts)
        orders = self.exchange.handle(event)
        self.trace += [event, *orders]
        self.last = [c for c in orders if not isinstance(c, Publish)]
        return self.last

    def asked(self, kind: type[C]) -> C:
        """The one order of ``kind`` that the last event was answered with."""
        found = [c for c in self.last if isinstance(c, kind)]
        assert len(found) == 1, f"expected one {kind.__name__}, got {self.last}"
        return found[0]

    def asked_none(self, kind: type[Command]) -> bool:
        """The last event was not answered with an order of ``kind``."""
        return not any(isinstance(c, kind) for c in self.last)

    def arrive(self, call: str = "c1", did: str = "169", number: str = "0812345678") -> Call:
        """A call comes in."""
        self.tell(CallArrived, call=call, did=did, caller_number=number)
        return self.call(call)

    def call(self, call: str = "c1") -> Call:
        """The call's state."""
        return self.exchange.state.calls[call]

    def log_in(self, *extensions: str) -> None:
        """Agents log in from their phones and hang up."""
        for extension in extensions or ("101",):
            session = f"s{extension}"
            self.tell(FeatureDialled, session=session, extension=extension, feature="log_in")
            self.tell(PromptFinished, call=session, prompt=f"{session}.prompt-1")
            self.tell(ChannelGone, call=session, channel=session)

    def pass_time(self, seconds: float) -> list[Command]:
        """Let ``seconds`` go by; every deadline in between fires in its order. Returns all orders."""
        end, orders = self.at + seconds, list[Command]()
        while (due := self.exchange.state.timers.next()) and due[1] <= end:
            orders += self.tell(TimerFired, after_s=max(0.0, due[1] - self.at), timer=due[0])
        self.at = max(self.at, end)
        self.last = orders
        return orders

    def write_cdrs(self) -> None:
        """The store confirms the newest row of every call."""
        for call in list(self.exchange.state.calls.values()):
            if call.revision:
                self.tell(CdrWritten, call=call.id, revision=call.revision)

    # --- what a caller does

    def press(self, digits: str, call: str = "c1") -> list[Command]:
        """The caller presses keys, one after the other; returns the orders of the last one."""
        for digit in digits:
            self.tell(DigitPressed, call=call, channel=call, digit=digit)
        return self.last

    def heard(self, call: str = "c1") -> list[Command]:
        """What the caller is being told is played to its end."""
        return self.tell(PromptFinished, call=call, prompt=self.call(call).prompt)

    def caller_leaves(self, call: str = "c1", after_s: float = 0.01) -> list[Command]:
        """The caller hangs up and the channel goes."""
        orders = self.tell(CallerHungUp, call=call, after_s=after_s)
        self.tell(ChannelGone, call=call, channel=call, cause=16)
        self.last = [*orders, *self.last]
        return self.last

    def agent_answers(self, call: str = "c1", after_s: float = 1.0) -> str:
        """The phone that rings for the call is picked up; returns its leg."""
        offer = self.call(call).offer
        assert offer is not None, f"no phone rings for {call}"
        self.tell(AgentAnswered, call=call, leg=offer.leg, after_s=after_s)
        return offer.leg

    def offers(self) -> list[tuple[str, str]]:
        """(call, extension) of the offers that the last event was answered with."""
        return [(c.call, c.extension) for c in self.last if isinstance(c, OfferCall)]

    def spoken(self) -> list[str]:
        """Keys of the catalogue in the last thing said; "key@language" where it is forced."""
        said = self.asked(PlayPrompt).speech
        return [
            (f"{s.key}@{s.language}" if s.language else s.key) if isinstance(s, Prompt) else str(next(iter(vars(s).values())))
            for s in said
        ]

    # --- looking at it

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Facts of every event of ``kind`` that walls were told."""
        return [c.facts for c in self.trace if isinstance(c, PublishEvent) and c.kind == kind]

    def counters(self, queue: str = "help") -> Counters:
        """The queue's day."""
        return self.exchange.state.counters.get(queue, Counters())

    def presence(self, agent: str = "101") -> str:
        """The agent's presence."""
        return self.exchange.desk.agent(agent).presence.value

    def rows(self, call: str = "c1") -> list[Cdr]:
        """Every revision of the call's row, as ordered."""
        return [c.cdr for c in self.trace if isinstance(c, WriteCdr) and c.call == call]

    def wind_up(self) -> None:
        """Everybody goes: channels, recordings, wrap-ups, rows. Nothing may be left of any call."""
        for call in list(self.exchange.state.calls.values()):
            for channel in [*call.legs, *([call.id] if call.caller_here else [])]:
                self.tell(ChannelGone, call=call.id, channel=channel)
            if call.recording.state == Rec.FINISHING:
                self.tell(RecordingPublished, call=call.id, path=f"{call.recording.name}.wav", duration_ms=1, sha256="ab")
        self.pass_time(120)
        self.write_cdrs()
        assert self.exchange.state.calls == {}
        assert self.exchange.state.timers.due == {}
        assert all(a.presence in ("ready", "logged_out", "paused") for a in self.exchange.state.agents.values())


def order_kinds(orders: list[Command]) -> list[str]:
    """Names of orders, for reading a trace."""
    return [type(o).__name__ for o in orders]


SHIPPED = Path(__file__).resolve().parents[2]
