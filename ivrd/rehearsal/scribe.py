"""Writes a call's trace: what the core did, as facts."""

from __future__ import annotations

from collections.abc import Callable

from ivrd.core.commands import AskOutside, Command, OfferCall, PlayPrompt
from ivrd.core.ivr.orders import CheckSecret
from ivrd.core.ivr.walk import Phase
from ivrd.core.state import Call, Offer, Stage
from ivrd.rehearsal import trace, ways

_OVER = (Stage.CLOSING, Stage.CLOSED)
_AWAY = (Stage.TALKING, Stage.DIALLING, Stage.CONNECTED)


class Scribe:
    """``trace`` grows; ``at`` is the moment of what is told next. ``find``: the call, once it is there."""

    def __init__(self, at: float, find: Callable[[], Call | None]) -> None:
        self.at, self._find = at, find
        self.trace: list[trace.Fact] = []
        self._stage: Stage | None = None
        self._offer: Offer | None = None
        self._begun = 0  #: length of the trace before the present event
        self._diverted = 0  #: how often that was noted

    def begin(self, at: float) -> None:
        """An event is about to be handled."""
        self.at, self._begun = at, len(self.trace)

    def verb(self, told: ways.Seen | ways.Weighed) -> None:
        """A verb of a watched flow was called, or weighed an expression."""
        if isinstance(told, ways.Weighed):
            self.add(trace.Weighed(at=self.at, text=told.text, named=told.named, value=told.value))
            return
        self._divert()
        if told.entered:
            source, path = (told.way.source, told.way.path) if told.way else ("", ())
            self.add(trace.Entered(at=self.at, node=told.node, part=told.part, source=source, path=path))
        if told.hours is not None:
            self.add(trace.Looked(at=self.at, state=told.hours))
        if told.key:
            self.add(trace.Chose(at=self.at, node=told.node, part=told.part, key=told.key))

    def order(self, order: Command, call: Call) -> None:
        """The core gave an order of the call."""
        match order:
            case PlayPrompt():
                node = str(call.walk.node)
                self.add(trace.Said(at=self.at, node=node, speech=order.speech, language=order.language))
            case AskOutside() if not isinstance(order.order, CheckSecret):
                self.add(trace.Asked(at=self.at, order=order.order))
            case OfferCall() if (offer := call.rings_at(order.leg)) is not None:
                self.add(trace.Rang(at=self.at, agent=offer.agent))
            case OfferCall() if call.dialled is not None:
                self.add(trace.Dialling(at=self.at, to=call.dialled.to))
            case _:
                pass

    def look(self, call: Call) -> None:
        """Note what changed about the call since the last look."""
        self._divert()
        rang, self._offer = self._offer, call.offer
        if rang is not None and call.stage == Stage.QUEUED and (call.offer is None or call.offer.leg != rang.leg):
            self.add(trace.Missed(at=self.at, agent=rang.agent))
        if call.stage != self._stage:
            before, self._stage = self._stage, call.stage
            self._turned(call, before)

    def timer(self, name: str, call: Call) -> None:
        """A deadline of the flow passes."""
        kind = name.partition(":")[0]
        if kind == "menu" and call.walk.phase == Phase.LISTENING:
            self.add(trace.Silent(at=self.at))
        elif kind == "ask" and call.walk.phase == Phase.ASKING:
            self.add(trace.Answered(at=self.at, outcome="timeout"))

    def _divert(self) -> None:
        """Out of a queue: the node that is entered for that comes after it."""
        call = self._find()
        for overflow in call.overflows[self._diverted :] if call else ():
            self._diverted += 1
            queue, _, why = overflow.rpartition(":")
            self.add(trace.Diverted(at=self.at, queue=queue, why=why))

    def _turned(self, call: Call, before: Stage | None) -> None:
        """The call is in another stage of its life."""
        if before in _AWAY and any(isinstance(f, trace.Entered) for f in self.trace[self._begun :]):
            result = "" if before == Stage.TALKING or call.dialled is None else call.dialled.result
            # what the same event led to came after it
            self.trace.insert(self._begun, trace.Returned(at=self.at, result=result))
        match call.stage:
            case Stage.QUEUED if (wait := call.wait) is not None:
                self.add(
                    trace.Joined(at=self.at, queue=wait.queue, skills=wait.skills, language=wait.language, priority=wait.priority)
                )
            case Stage.TALKING if call.talk is not None:
                self.add(trace.Talking(at=self.at, agent=call.talk.agent))
            case Stage.CONNECTED if call.dialled is not None:
                self.add(trace.Connected(at=self.at, to=call.dialled.to))
            case stage if stage in _OVER and before not in _OVER:
                self.add(
                    trace.Ended(at=self.at, disposition=call.disposition.value, by=call.hung_up_by, cause=call.cause)
                )
            case _:
                pass

    def add(self, fact: trace.Fact) -> None:
        """One more fact."""
        self.trace.append(fact)
