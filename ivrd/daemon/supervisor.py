"""The daemon's life: start, readiness, signals, drain, stop in stages.

    start     store, health server; then the links to Asterisk and the broker, each of which comes back
              by itself whenever it is lost
    ready     once all of them have answered: systemd is told, the log says so
    SIGTERM   drain: new callers go to the dialplan's fallback, calls in progress are served to their end
    SIGTERM   again: stop now; talking calls go on in Asterisk and are taken back at the next start
    SIGUSR2   hand over: stop now, the next process waits already (stopping.py has all signals)
    SIGHUP    read the configuration again (see reload.py); so does a saved file
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import structlog

from ivrd.adapters.bell import Bell, Inquiries
from ivrd.adapters.recordings.room import Room
from ivrd.adapters.rescued import Ledger
from ivrd.core.events import CallbacksCounted, DrainAsked, Event, SwitchLost
from ivrd.core.exchange import Exchange
from ivrd.core.state import Rec
from ivrd.daemon import alarms, course, rotated, unseen
from ivrd.daemon.alarms import Alarms
from ivrd.daemon.audit import Audit
from ivrd.daemon.clockwatch import ClockWatch
from ivrd.daemon.diskwatch import DiskWatch
from ivrd.daemon.execute import Executor, Outside
from ivrd.daemon.explain import Explain, under_way
from ivrd.daemon.floordesk import FloorDesk
from ivrd.daemon.history import FlowShelf, begin, encode_state
from ivrd.daemon.lamps import LampBoard
from ivrd.daemon.lanes import Lanes
from ivrd.daemon.links import LinkAlert
from ivrd.daemon.messagewatch import MessageWatch
from ivrd.daemon.parts import Parts
from ivrd.daemon.places import told_with
from ivrd.daemon.reload import Reloader
from ivrd.daemon.rescues import Rescues
from ivrd.daemon.runtime import Runtime
from ivrd.daemon.snapshots import SnapshotDue
from ivrd.daemon.stopping import Asked
from ivrd.daemon.storewatch import StoreWatch
from ivrd.daemon.trunkwatch import TrunkWatch
from ivrd.daemon.walls import BrokerWalls, Everywhere
from ivrd.errors import Fault, IvrdError, OutsideError, StartError, StoreError, SwitchError, first
from ivrd.settings import secrets
from ivrd.vault import Vault

_log = structlog.get_logger(__name__)

#: what is left undone then is done again after the next start
FINISH_ORDERS_S = 5.0
#: the same when the next process waits: callers should not
HAND_OVER_ORDERS_S = 0.5
#: readiness changes are looked for so often; also how late systemd hears of them
WATCH_EVERY_S = 0.5  #: each look wakes an idle process, and costs a millisecond then
#: parts come one after the other at a start: what is not there after so long is told
PATIENT_S = 2.0
ASK_STORE_EVERY_S = 5.0
#: after a full disk, a snapshot that makes the journal whole again is tried so often
MEND_EVERY_S = 5.0
SPARE_EVERY_S = 2.0


class Daemon:
    """One run of ivrd."""

    def __init__(
        self, parts: Parts, exchange: Exchange, shelf: FlowShelf, *, drain_s: float
    ) -> None:
        self._parts = parts
        self._exchange = exchange
        self._drain_s = drain_s
        self.asked = Asked()
        self._vault = Vault(parts.pins)
        self._lamps = LampBoard(parts.ami)
        self._runtime = Runtime(
            exchange,
            parts.journal,
            parts.clock,
            Everywhere(BrokerWalls(parts.mqtt, parts.metrics), self._lamps),
            parts.metrics,
            self._vault,
            parts.ari.warm.keep,
        )
        self._links = LinkAlert(parts.mqtt, parts.metrics, parts.clock)
        self._audit = Audit(lambda: exchange.state, parts.ari.look, parts.ari.tell_anew)
        self._reloader = Reloader(parts, exchange, shelf, self._runtime.post)
        self._alarms = Alarms(parts.mqtt, parts.metrics, parts.clock)
        self._clock = ClockWatch(parts.clock, self._runtime, self._alarms, parts.metrics)
        self._store = StoreWatch(parts.store, parts.rows, self._alarms, parts.metrics)
        self._room = Room((parts.loaded.path(p) for p in _recorded(parts)), parts.loaded.site.recordings.min_free_mb)
        self._disk = DiskWatch(self._room, self._alarms, parts.loaded.kept_in().values())
        self._messages = MessageWatch(lambda: exchange.state, self._alarms, parts.clock)
        self._trunk = TrunkWatch(parts.loaded.site.asterisk.trunk, parts.ami.registration, self._alarms)
        self._rescues = Rescues(Ledger(parts.loaded.path(parts.loaded.site.paths.state)))
        self._bell = Bell(parts.loaded.path(parts.loaded.site.paths.state), parts.ari.connected.is_set)
        self._inquiries = Inquiries(parts.loaded.path(parts.loaded.site.paths.state), functools.partial(under_way, exchange))
        self._course = course.CourseLog(parts.loaded.path(parts.loaded.site.paths.state))
        self._due = SnapshotDue()
        self._mend_at = 0.0

    async def run(self) -> None:
        """Serve until stopped. The first error that a person must mend ends it."""
        try:
            await self._serve()
        except BaseExceptionGroup as group:  # not `except*`: Python 3.11.2 (Debian 12) wraps what it raises
            ours, others = group.split(IvrdError)
            if ours is None or others is not None:
                raise
            raise first(ours) from None

    async def _serve(self) -> None:
        parts, runtime = self._parts, self._runtime
        where = parts.loaded.where
        await _placed(parts.rows.open(served_before=parts.journal.served_before), where("ivrd.yaml", "store_url"))
        try:
            await _placed(parts.http.start(), where("ivrd.yaml", "http", "port"))
            with told_with(where("ivrd.yaml", "paths", "state")):
                begin(parts.journal, self._exchange)
            _log.info("leading", journal=parts.journal.generation)
            async with asyncio.TaskGroup() as group:
                outside = Outside(
                    telephony=parts.ari,
                    recorder=parts.ami,
                    ear=parts.ami,
                    archive=parts.archive,
                    prompts=parts.prompts,
                    store=parts.rows,
                    dip=parts.dip,
                    callbacks=parts.store,
                    messages=parts.ari.messages,
                    mailboxes=parts.mailboxes,
                    letters=parts.store,
                )
                executor = Executor(
                    outside, runtime.post, parts.clock, parts.metrics.order_failed, self._vault, self._no_room
                )
                lanes = Lanes(group, executor)
                executor.again.put = lanes.put
                runtime.start(lanes)
                if parts.journal.served_before:  # what ended since then is not known to us
                    runtime.post(SwitchLost(at=parts.journal.lock.left_at))
                self._alarms.announce()
                self._clock.begin()
                parts.entrance.inbox = self._inbox
                parts.http.desk = FloorDesk(self._exchange, runtime.post)
                parts.http.why = Explain(self._exchange, parts.store)
                tasks = [
                    group.create_task(
                        _placed(parts.ari.run(), where("ivrd.yaml", "asterisk", "ari")), name="ari"
                    ),
                    group.create_task(
                        _placed(parts.ami.run(), where("ivrd.yaml", "asterisk", "ami")), name="ami"
                    ),
                    group.create_task(parts.mqtt.run(), name="mqtt"),
                    group.create_task(parts.ari.warm.run(), name="warm legs"),
                    group.create_task(self._watch(), name="watch"),
                    group.create_task(self._beat(), name="beat"),
                    group.create_task(self._ask_store(), name="store"),
                    group.create_task(parts.rows.run(), name="spool"),
                    group.create_task(self._spare_disk(), name="spare disk"),
                    group.create_task(self._disk.run(), name="disk"),
                    group.create_task(self._reloader.run(), name="reload"),
                    group.create_task(self._lamps.run(), name="lamps"),
                    group.create_task(self._audit.run(), name="audit"),
                    group.create_task(self._trunk.run(), name="trunk"),
                ]
                tasks.append(group.create_task(self._watch_secrets(), name="watch secrets"))
                if every_s := parts.loaded.site.watch_every_s:
                    tasks.append(group.create_task(self._reloader.watch(every_s), name="watch files"))
                self._catch_signals()
                try:
                    await self.asked.to_stop.wait()
                    parts.notifier.stopping()
                    parts.rows.hurry()
                    if not self.asked.to_hand_over:
                        await self._drain()
                    await self._finish(lanes)
                finally:
                    executor.again.stop()
                    runtime.stop()
                    parts.mqtt.stop()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._finish_s):
                            await asyncio.wait([tasks[2]])
                    for task in tasks:
                        task.cancel()
                    lanes.give_up()
        finally:
            await self._bell.take_down()
            await self._inquiries.close()
            await parts.http.stop()
            await parts.dip.close()
            await parts.store.close()
            self._course.tell(course.STOPPED, self._runtime.calls)
            _log.info("stopped", handed_over=self.asked.to_hand_over)

    def _inbox(self, event: Event) -> None:
        state = self._exchange.state
        for told in self._rescues.told(event, state.calls, state.lost_at):
            self._runtime.post(told)

    async def _watch_secrets(self) -> None:
        parts, since = self._parts, None
        state = parts.loaded.path(parts.loaded.site.paths.state)

        def tell(faults: tuple[Fault, ...]) -> None:
            nonlocal since
            now = parts.clock.now()
            since = (since or now) if faults else None
            alarms.tell(parts.mqtt, parts.metrics, rotated.ALERT, now, since, faults)

        await rotated.watch(secrets.path(state), parts.secrets, tell)

    # --- stopping

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        self.asked.catch_signals()
        loop.add_signal_handler(signal.SIGHUP, self._reloader.ask)
        self._course.tell(course.STARTING)  # from now on it can be asked

    @property
    def _finish_s(self) -> float:
        return HAND_OVER_ORDERS_S if self.asked.to_hand_over else FINISH_ORDERS_S

    async def _drain(self) -> None:
        """Wait for the calls in progress, unless told again or waited long enough."""
        parts = self._parts
        parts.mqtt.set_status("draining")
        self._runtime.post(DrainAsked(at=parts.clock.now()))
        self._course.tell(course.DRAINING, self._runtime.calls)
        _log.info("draining", calls=self._runtime.calls, at_most_s=self._drain_s)
        async with asyncio.TaskGroup() as group:
            waits = [
                group.create_task(self._runtime.wait_empty(), name="empty"),
                group.create_task(self.asked.to_stop_now.wait(), name="stop now"),
            ]
            await asyncio.wait(waits, timeout=self._drain_s, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()

    async def _finish(self, lanes: Lanes) -> None:
        """Let orders in flight end, then leave a snapshot for the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._finish_s):
                await lanes.wait_idle()
        self._runtime.stop()
        with contextlib.suppress(TimeoutError):  # a frozen Asterisk would take the time of each order
            async with asyncio.timeout(self._finish_s):
                await self._parts.ari.warm.end()
        self._exchange.state.draining = False  # the next process serves again
        self._parts.journal.write_snapshot_now(encode_state(self._exchange.state))

    # --- watching

    async def _ask_store(self) -> None:
        """See for ourselves that the store answers: hours may pass between two calls."""
        while True:
            await asyncio.sleep(ASK_STORE_EVERY_S)
            await unseen.gather(self._parts.ami, self._parts.rows, self._exchange)
            with contextlib.suppress(StoreError):  # ``store.problem()`` has it then
                counted = await self._parts.store.open_callbacks()
                known = {q: n for q, n in self._exchange.state.callbacks_open.items() if n}
                done = await self._done_by_people()
                if counted != known or done:  # marked done from outside, or a day's snapshot was lost
                    self._runtime.post(CallbacksCounted(at=self._parts.clock.now(), open=counted, done=done))

    async def _done_by_people(self) -> tuple[str, ...]:
        """Promises of ours that the store holds open no longer."""
        promises = [p for p in self._exchange.state.promises.values() if p.stored_at and not p.closed]
        if not promises:
            return ()
        still = await self._parts.store.open_callback_keys()
        return tuple(p.id for p in promises if (p.queue, p.number) not in still)

    async def _beat(self) -> None:
        """Tell systemd, the standby and the rescuer that the loop turns. StartError when the lock is no longer ours."""
        lock = self._parts.journal.lock
        self._parts.notifier.watchdog_waits()
        trouble = ""
        while True:
            self._parts.notifier.watchdog()
            try:
                await self._bell.hang()
                await self._inquiries.open()
            except OSError as exc:  # tried again: without it the rescuer takes us for away
                if str(exc) != trouble:
                    trouble = str(exc)
                    _log.error("the rescuer and `ivrd why` cannot ask us", error=trouble)
            with contextlib.suppress(OSError):  # a disk that takes nothing is no reason to stop
                lock.beat()
            if lock.is_lost():
                raise StartError(
                    f"{lock.directory}: the file `lock` was removed or replaced, so that another ivrd could lead: stopped, "
                    "without a further order or record. Start again; calls go on in Asterisk"
                )
            await asyncio.sleep(WATCH_EVERY_S)

    async def _watch(self) -> None:
        """Notice readiness, measure the loop, write snapshots."""
        parts, loop = self._parts, asyncio.get_running_loop()
        ready, patient_until = False, loop.time() + PATIENT_S
        told: dict[str, str | None] = {}
        while True:
            began = loop.time()
            await asyncio.sleep(WATCH_EVERY_S)
            parts.metrics.tasks(len(asyncio.all_tasks()))
            parts.metrics.loop_lag(max(0.0, loop.time() - began - WATCH_EVERY_S))
            self._clock.look()
            self._store.look()
            self._disk.look()
            self._messages.look()
            problems = parts.problems()
            parts.metrics.broker(parts.mqtt.connected)
            self._links.look(problems)
            if problems != told and (ready or began >= patient_until or not any(problems.values())):
                self._tell(told, problems)
                told = problems
            if self._course.stage == course.STARTING and not problems["ari"] and not problems["ami"]:
                self._course.tell(course.SERVING)
            elif self._course.stage == course.DRAINING:
                self._course.tell(course.DRAINING, self._runtime.calls)
            if not ready and not any(problems.values()):
                ready = True
                parts.notifier.ready()
                parts.mqtt.settled()
                _log.info("ready", site=parts.loaded.site.site)
            await self._snapshot_if_due()
            parts.metrics.runtime(self._exchange, parts.journal.size_bytes, parts.mqtt.dropped)

    def _tell(self, before: dict[str, str | None], now: dict[str, str | None]) -> None:
        for part, problem in now.items():
            if problem and problem != before.get(part):
                _log.warning("part not ready", part=part, problem=problem)
            elif not problem and before.get(part):
                _log.info("part ready", part=part)
        missing = ", ".join(f"{p}: {t}" for p, t in now.items() if t)
        self._parts.notifier.status(f"waiting for {missing}" if missing else "serving")

    async def _snapshot_if_due(self) -> None:
        runtime, loop = self._runtime, asyncio.get_running_loop()
        if runtime.journal_gap:
            if loop.time() < self._mend_at:
                return
            self._mend_at = loop.time() + MEND_EVERY_S
            self._due.taken(runtime.events, loop.time())
        elif not self._due.look(runtime.events, loop.time()):
            return
        had_gap, runtime.journal_gap = runtime.journal_gap, False  # one that comes while we write is another
        try:
            await self._parts.journal.write_snapshot(encode_state(self._exchange.state))
            if not runtime.journal_gap:
                self._alarms.clear("journal")
        except OutsideError as exc:
            runtime.journal_gap = runtime.journal_gap or had_gap
            _log.error("snapshot not written", error=str(exc))
        if runtime.journal_gap:
            self._alarms.raise_("journal", "the journal cannot be written: a restart would not know what happens now", "free some space")

    def _no_room(self) -> str:
        """Why no recording may begin; asked for each."""
        self._room.look()
        return self._room.why

    async def _spare_disk(self) -> None:
        """With little room left for what calls need, recordings that run are ended: what there is of them is published."""
        while True:
            await asyncio.sleep(SPARE_EVERY_S)
            if not self._room.is_critical:
                continue
            for call in list(self._exchange.state.calls.values()):
                if call.recording.state == Rec.RUNNING:
                    with contextlib.suppress(SwitchError):  # ended already
                        await self._parts.ami.stop_recording(call.id)


def _recorded(parts: Parts) -> tuple[Path, Path]:
    """Where recordings are made, and where they stay."""
    paths = parts.loaded.site.paths
    return paths.spool, paths.recordings


async def _placed(work: Coroutine[Any, Any, None], place: str) -> None:
    """Do ``work``; what a person must mend is told with the place where it is set."""
    with told_with(place):
        await work
