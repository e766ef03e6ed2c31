"""Dialplans, queues, agents, hours and texts are read again: at SIGHUP, at ``ivrd reload``, when a file was saved.

Checked first, in a thread: callers do not wait for it, and a fault changes nothing. Calls in progress end on the
dialplan version they began with. What only takes effect at a restart (addresses, passwords, paths) is named.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from ivrd.adapters.mqtt import topics
from ivrd.adapters.prompts import catalogue
from ivrd.core.events import TimerFired
from ivrd.core.exchange import Exchange
from ivrd.core.plan import Plan
from ivrd.daemon.alarms import tell
from ivrd.daemon.history import FlowShelf, encode_state
from ivrd.daemon.outcome import APPLIED, FAULTY, Outcome
from ivrd.daemon.parts import Parts
from ivrd.daemon.plan import make_plan
from ivrd.daemon.prompts import check_prompts
from ivrd.daemon.saved import Saved, signature
from ivrd.errors import ConfigError, Fault, IvrdError, OutsideError
from ivrd.ports import Inbox, PromptLibrary
from ivrd.settings.load import load
from ivrd.settings.site import Loaded

_log = structlog.get_logger(__name__)

#: what of ivrd.yaml is put to use by a reload; all else of it at a restart
RELOADED = frozenset({"dids", "languages", "acd"})
ALERT = "config"


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """What was read, and found right."""

    loaded: Loaded
    plan: Plan


def read(config: Path, prompts: PromptLibrary) -> Fresh:
    """Read and check everything; blocks. IvrdError when something is wrong."""
    loaded = load(config)
    texts = catalogue.load(
        loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages
    )
    plan = make_plan(loaded, texts)
    check_prompts(plan, prompts, loaded.site.languages)
    return Fresh(loaded=loaded, plan=plan)


def at_restart(running: Loaded, fresh: Loaded) -> list[str]:
    """Settings that were changed, but are only put to use by a restart."""
    names = [
        f.name
        for f in dataclasses.fields(fresh.site)
        if f.name not in RELOADED and getattr(fresh.site, f.name) != getattr(running.site, f.name)
    ]
    known = {a.extension for a in running.agents.values()}
    if any(a.extension not in known for a in fresh.agents.values()):
        names.append("phones of new agents (`ivrd asterisk-config`)")
    if {a.id for a in fresh.agents.values() if a.pin} - {a.id for a in running.agents.values() if a.pin}:
        names.append("PINs of agents who had none")
    if set(fresh.site.dids) - set(running.site.dids):
        names.append("new numbers (`ivrd asterisk-config`)")
    return names


class Reloader:
    """One reload after the other; ``run`` is the task. ``ask`` comes from signals and from the watch."""

    def __init__(self, parts: Parts, exchange: Exchange, shelf: FlowShelf, post: Inbox) -> None:
        self._parts = parts
        self._exchange = exchange
        self._shelf = shelf
        self._post = post
        self._asked = asyncio.Event()
        self._saved = Saved(signature(parts.loaded))
        self._faulty_since: float | None = None

    def ask(self) -> None:
        """Read everything again, soon."""
        self._asked.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        self._alert(())
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self.reload()

    async def watch(self, every_s: float) -> None:
        """Ask whenever a file was saved and has been left alone since the look before."""
        while True:
            await asyncio.sleep(every_s)
            if self._saved.look(await asyncio.to_thread(signature, self._parts.loaded)):
                self.ask()

    async def reload(self) -> bool:
        """Read, check, put to use; False when something is wrong, and nothing has changed."""
        parts = self._parts
        self._saved.handled(await asyncio.to_thread(signature, parts.loaded))
        try:
            fresh = await asyncio.to_thread(self._prepare)
        except IvrdError as exc:
            await self._refuse(exc)
            return False
        shown = _topics(self._exchange.plan)
        self._exchange.replan(fresh.plan)
        for topic in shown - _topics(fresh.plan):
            parts.mqtt.forget(topic)
        await self._remember()
        # any event will do: who waits may be taken by somebody whom the new plan lets take them
        self._post(TimerFired(at=parts.clock.now(), timer="reload"))
        later = at_restart(parts.loaded, fresh.loaded)
        if later:
            _log.warning("settings that take effect at a restart only", settings=later)
        _log.info("configuration reloaded", flows=sorted(fresh.plan.current.values()))
        self._alert(())
        await self._report(Outcome(outcome=APPLIED, flows=dict(fresh.plan.current), at_restart=later))
        return True

    async def _remember(self) -> None:
        """What happened under the old plan must never be replayed under the new one: a snapshot parts the two."""
        try:
            await self._parts.journal.write_snapshot(encode_state(self._exchange.state))
        except OutsideError as exc:
            _log.error("snapshot not written", error=str(exc))

    def _prepare(self) -> Fresh:
        """In a thread: what a new call needs is on disk before the call can come."""
        with _giving_way():
            fresh = read(self._parts.loaded.config, self._parts.prompts)
        self._shelf.keep_current(fresh.plan)
        return fresh

    async def _refuse(self, exc: IvrdError) -> None:
        faults = faults_of(exc)
        for fault in faults:
            _log.error("configuration faulty", place=fault.place, fault=fault.message, hint=fault.hint)
        _log.error("configuration not reloaded: nothing has changed", faults=len(faults))
        self._alert(faults)
        told = tuple(str(fault) for fault in faults)
        await self._report(Outcome(outcome=FAULTY, faults=told, flows=dict(self._exchange.plan.current)))

    async def _report(self, outcome: Outcome) -> None:
        """For the metrics, and for `ivrd reload`, which waits for it."""
        parts = self._parts
        parts.metrics.reloaded(outcome.outcome)
        state = parts.loaded.path(parts.loaded.site.paths.state)
        try:
            await asyncio.to_thread(outcome.write, state)
        except OSError as exc:
            _log.error("outcome of the reload not written", error=str(exc))

    def _alert(self, faults: tuple[Fault, ...]) -> None:
        """Raised, or cleared with no faults: walls see which files are not in use."""
        now = self._parts.clock.now()
        self._faulty_since = (self._faulty_since or now) if faults else None
        self._parts.metrics.config_faulty(bool(faults))
        tell(self._parts.mqtt, self._parts.metrics, ALERT, now, self._faulty_since, faults)


@contextmanager
def _giving_way() -> Iterator[None]:
    """Let the event loop take the interpreter within half a millisecond, not five: a call may be waiting."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def faults_of(exc: IvrdError) -> tuple[Fault, ...]:
    """What is wrong, fault by fault; an error without a place is one fault."""
    if isinstance(exc, ConfigError):
        return tuple(exc.faults)
    return (Fault(file="", line=0, column=0, message=str(exc)),)


def _topics(plan: Plan) -> set[str]:
    """Of every queue and agent in the plan."""
    queues = {topics.queue_state(queue) for queue in plan.floor.queues}
    return queues | {topics.agent_state(agent) for agent in plan.floor.agents}
