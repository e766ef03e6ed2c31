"""From a config directory to a running daemon: the one place where everything is wired."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ivrd.adapters.prompts import catalogue
from ivrd.core.plan import Plan
from ivrd.daemon import logs, parts
from ivrd.daemon.history import FlowShelf, recall_flows, restore
from ivrd.daemon.places import told_with
from ivrd.daemon.plan import make_plan, read_flow
from ivrd.daemon.prompts import check_prompts
from ivrd.daemon.standby import Standby
from ivrd.daemon.stopping import HANDED_OVER
from ivrd.daemon.supervisor import Daemon
from ivrd.errors import IvrdError, OutsideError, StartError
from ivrd.settings import secrets
from ivrd.settings.load import load
from ivrd.settings.site import Loaded

_log = structlog.get_logger(__name__)

#: Python's 700 objects are a handful of events: a twentieth of all CPU went into looking for rubbish that reference counts had taken away
COLLECT_AFTER = (20_000, 20, 20)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """All that there is before anything is opened."""

    loaded: Loaded
    texts: catalogue.Catalogue
    plan: Plan
    outside: parts.Parts
    state: Path
    state_is_set_at: str


def run(config: Path, *, drain_s: float, standby: bool = False) -> int:
    """Run until told to stop. IvrdError, with the daemon's words for it, when it cannot start.

    ``standby``: while another process leads, wait; then go on in its place.
    """
    prepared = _prepare(config)
    if standby:
        prepared = _when_it_is_our_turn(config, prepared)
    outside, plan = prepared.outside, prepared.plan
    try:
        with told_with(prepared.state_is_set_at):
            exchange = restore(plan, outside.journal)
        shelf = FlowShelf(prepared.state / "flows")
        recall_flows(plan, exchange, shelf, lambda path: read_flow(path, prepared.loaded, prepared.texts))
        shelf.keep_current(exchange.plan)
        daemon = Daemon(outside, exchange, shelf, drain_s=drain_s)
        gc.freeze()  # what stands now stands for good: collections need not look at it again
        gc.set_threshold(*COLLECT_AFTER)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(daemon.run())
    finally:
        outside.journal.close()
    return HANDED_OVER if daemon.asked.to_hand_over else 0


def _prepare(config: Path) -> Prepared:
    loaded = load(config)
    logs.configure(loaded.site.log_level, log_callers=loaded.site.log_callers)
    texts = catalogue.load(
        loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages
    )
    plan = make_plan(loaded, texts)
    state = loaded.path(loaded.site.paths.state)
    state_is_set_at = loaded.where("ivrd.yaml", "paths", "state")
    with told_with(state_is_set_at):
        passwords = secrets.load_or_create(
            state,
            [a.extension for a in loaded.agents.values()],
            services=[n for n, s in loaded.site.services.items() if s.needs_secret],
            pins=[a.id for a in loaded.agents.values() if a.pin],
            api=loaded.site.http.tokens,
        )
    outside = parts.build(loaded, passwords)
    check_prompts(plan, outside.prompts, loaded.site.languages)
    return Prepared(
        loaded=loaded, texts=texts, plan=plan, outside=outside, state=state, state_is_set_at=state_is_set_at
    )


def _when_it_is_our_turn(config: Path, known: Prepared) -> Prepared:
    """Wait for the lock; then the configuration as it is by now, or the one we know when that one is faulty."""
    lock = known.outside.journal.lock
    try:
        waited = Standby(lock, known.outside.notifier).wait()
    except OSError as exc:
        raise OutsideError(f"cannot use the state directory ({known.state_is_set_at}): {exc}") from exc
    if not waited:
        return known
    try:
        fresh = _prepare(config)
        if fresh.state != known.state:
            raise StartError(f"{fresh.state_is_set_at}: it is another directory now, which is for the next start")
    except IvrdError as exc:
        _log.error("configuration not used: going on with the one of this process's start", error=str(exc))
        return known
    fresh.outside.journal.lock = lock
    return fresh


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop when it is installed (the ``speed`` extra): a third less CPU per call."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None
