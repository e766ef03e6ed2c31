"""The inbox: each event is journaled, handled at once, and its orders are sent on their lanes.

``post`` is the only way in. It is called from adapters' readers and from timers, always on the event
loop, and never waits: what it does costs some 100 microseconds, so no queue stands between a fact
and its handling. Publications are gathered: walls are told of the last of many changes.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from ivrd.core.commands import Command, Publish, PublishEvent
from ivrd.core.events import CallArrived, Event, TimerFired
from ivrd.core.exchange import Exchange
from ivrd.core.state import Stage
from ivrd.daemon.lanes import Lanes
from ivrd.errors import OutsideError
from ivrd.ports import Clock, Journal
from ivrd.vault import Vault

_log = structlog.get_logger(__name__)

#: walls are told at most so often; a person cannot read faster
PUBLISH_EVERY_S = 0.5
#: what a change changes at once is told together, this much after it when walls have not been told for a while
PUBLISH_SOON_S = 0.1
#: log and walls are told this much after the orders were given, so that writing keeps no caller waiting
TELL_AFTER_S = 0.005
#: who stamped an event read a clock that was set back since, when it is that far ahead of us
AHEAD_S = 1.0
#: a deadline that is met so much too late was missed because we stood still
STALL_S = 1.0
#: then the sockets are read first, which takes this long at most
READ_S = 0.1
#: the same trouble is logged again after so long
SAY_AGAIN_S = 10.0

#: the log line of an event for walls: everything else of it is in the journal
_TOLD = frozenset({"call_queued", "call_relaxed", "call_offered", "offer_ended", "call_answered",
                   "call_ended", "call_diverted", "agent_presence", "recording_failed", "phone",
                   "agent_alert", "private_call", "wrong_pin", "call_transferred", "call_passed_on", "transfer_refused",
                   "consult_began", "consult_ended"})  # fmt: skip
#: of an agent, what a call's own lines say already
_SAID_OF_THE_CALL = frozenset({"offered", "talking", "wrap_up"})


class Walls(Protocol):
    """Where publications go: topics, payloads and metrics are its business."""

    def publish(self, publication: Publish, at: float) -> None:
        """Pass one publication on; never waits."""
        ...


class Watcher(Protocol):
    """What is counted of the runtime's work (adapters/http/metrics.py)."""

    def handled(self, event: str, seconds: float) -> None:
        """An event was handled."""
        ...

    def core_failed(self) -> None:
        """The core raised: a defect."""
        ...

    def journal_failed(self) -> None:
        """An event could not be journaled."""
        ...


class Runtime:
    """Owns the exchange: nothing else calls it."""

    def __init__(
        self,
        exchange: Exchange,
        journal: Journal,
        clock: Clock,
        walls: Walls,
        watcher: Watcher,
        vault: Vault | None = None,
        phones_ready: Callable[[frozenset[str]], None] = lambda phones: None,
    ) -> None:
        self._phones_ready = phones_ready
        self._vault = vault or Vault()
        self.exchange = exchange
        self._journal = journal
        self._clock = clock
        self._walls = walls
        self._watcher = watcher
        self._inbox: deque[Event] = deque()
        self._draining_inbox = False
        self._untidy = False
        self._lanes: Lanes | None = None
        self._loop: asyncio.AbstractEventLoop  # kept: to look it up asks Python 3.11 the kernel each time
        self._alarm: asyncio.TimerHandle | None = None
        self._armed: float | None = None
        self._stalled = False  #: a deadline waits until what came while we stood still was read
        self._publishing: asyncio.TimerHandle | None = None
        self._published_at = 0.0
        self._untold: list[Publish | CallArrived] = []
        self._telling: asyncio.TimerHandle | None = None
        self._stopped = False
        self._empty: asyncio.Event = asyncio.Event()
        self._said_at = 0.0
        self.journal_gap = False  #: events are missing in the journal since the last snapshot
        self.events = 0  #: handled since the start

    def start(self, lanes: Lanes) -> None:
        """Begin to carry orders out; deadlines of the restored state are armed."""
        self._lanes, self._loop = lanes, asyncio.get_running_loop()
        self._arm()
        self._publish_soon()

    def stop(self) -> None:
        """Take no more events: what is in the journal is what the next start knows."""
        self._stopped = True
        for handle in (self._alarm, self._publishing, self._telling):
            if handle is not None:
                handle.cancel()
        self._alarm = self._publishing = None
        self._tell_all()

    def post(self, event: Event) -> None:
        """A fact for the core. Facts that orders cause at once are handled after this one."""
        if self._stopped or self._lanes is None:
            return
        self._inbox.append(event)
        if self._draining_inbox:
            return
        self._draining_inbox = True
        try:
            while self._inbox:
                self._handle(self._inbox.popleft())
        finally:
            self._draining_inbox = False
        if not self._untidy:  # after the orders of these events, which are on their way by then
            self._untidy = True
            self._loop.call_soon(self._tidy)

    def _tidy(self) -> None:
        """What follows from events and keeps nobody waiting."""
        self._untidy = False
        if self._stopped:
            return
        self._note_empty()
        self._arm()
        self._publish_soon()

    async def wait_empty(self) -> None:
        """Return when no call is in progress (wrap-ups and rows may still be to come)."""
        self._note_empty()
        await self._empty.wait()

    @property
    def calls(self) -> int:
        """In progress (wrap-ups and rows may still be to come where it is 0)."""
        return sum(c.stage != Stage.CLOSED for c in self.exchange.state.calls.values())

    def _note_empty(self) -> None:
        if any(c.stage != Stage.CLOSED for c in self.exchange.state.calls.values()):
            self._empty.clear()
        else:
            self._empty.set()

    def _handle(self, event: Event) -> None:
        assert self._lanes is not None
        loop = self._loop
        began = loop.time()
        self.events += 1
        if event.at > (now := self._clock.now()) + AHEAD_S:  # time would stand still in the core until then
            event = dataclasses.replace(event, at=now)
        event = self._vault.veil(event, self.exchange)
        self._remember(event)
        try:
            orders = self.exchange.handle(event, self._lanes.put)
        except Exception:
            # A defect in the core must not end everybody's call: it is said as loudly as can be,
            # the event is in the journal for a test, and the other calls go on.
            _log.exception("core failed", call=getattr(event, "call", ""), fact=repr(event))
            self._watcher.core_failed()
            return
        if isinstance(event, CallArrived):
            self._tell_soon(event)
        self._send(orders)
        self._watcher.handled(type(event).__name__, loop.time() - began)

    def _remember(self, event: Event) -> None:
        """Before it is handled. A full disk costs a restart its memory, but no caller the call."""
        try:
            self._journal.append(event)
        except OutsideError as exc:
            self._watcher.journal_failed()
            self.journal_gap = True
            if self.exchange.state.last_at - self._said_at >= SAY_AGAIN_S:
                self._said_at = self.exchange.state.last_at
                _log.error("journal not written", error=str(exc))

    def _send(self, orders: list[Command]) -> None:
        assert self._lanes is not None
        for order in orders:
            if isinstance(order, Publish):
                self._tell_soon(order)
            else:
                self._lanes.put(order)

    def _tell_soon(self, fact: Publish | CallArrived) -> None:
        self._untold.append(fact)
        if self._telling is None:
            self._telling = self._loop.call_later(TELL_AFTER_S, self._tell_all)

    def _tell_all(self) -> None:
        self._telling = None
        facts, self._untold = self._untold, []
        for fact in facts:
            if isinstance(fact, CallArrived):
                _log.info("call arrived", call=fact.call, caller_number=fact.caller_number, did=fact.did)
            else:
                self._tell(fact)

    def _tell(self, publication: Publish) -> None:
        if isinstance(publication, PublishEvent) and publication.kind in _TOLD and publication.facts.get("presence") not in _SAID_OF_THE_CALL:
            _log.info(publication.kind.replace("_", " "), call=publication.call, **publication.facts)
        self._walls.publish(publication, self._clock.now())

    # --- time

    def _arm(self) -> None:
        """Wake up for the next deadline."""
        due = self.exchange.state.timers.next()
        at = due[1] if due else None
        if self._alarm is not None and (at == self._armed or self._stalled):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._armed = None, at
        if at is not None:
            delay_s = max(0.0, at - self._clock.now())
            self._alarm = self._loop.call_later(delay_s, self._ring)

    def _ring(self) -> None:
        due, self._alarm, self._armed = self._armed, None, None
        now = self._clock.now()
        if due is not None and now - due > STALL_S and not self._stalled:
            # We stood still (frozen, or a disk did): what others did meanwhile waits in the sockets, and comes before our judgement of it.
            self._stalled, self._armed = True, due
            self._alarm = self._loop.call_later(READ_S, self._ring)
            return
        self._stalled = False
        for name in self.exchange.state.timers.passed(now):
            self.post(TimerFired(at=now, timer=name))
        self._arm()

    # --- walls

    def _publish_soon(self) -> None:
        if self._publishing is None and not self._stopped:
            at = max(self._loop.time() + PUBLISH_SOON_S, self._published_at + PUBLISH_EVERY_S)
            self._publishing = self._loop.call_at(at, self._publish)

    def _publish(self) -> None:
        self._publishing, self._published_at = None, self._loop.time()
        self._tell_all()  # what led to the views goes before them
        for view in self.exchange.views():
            self._walls.publish(view, self._clock.now())
        self._phones_ready(self.exchange.ready_phones())
