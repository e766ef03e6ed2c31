"""From a config directory to a running daemon: the one place where everything is wired."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable
from pathlib import Path

from ivrd.adapters.prompts import catalogue
from ivrd.daemon import logs, parts
from ivrd.daemon.history import FlowShelf, recall_flows, restore
from ivrd.daemon.places import told_with
from ivrd.daemon.plan import make_plan, read_flow
from ivrd.daemon.prompts import check_prompts
from ivrd.daemon.stopping import HANDED_OVER
from ivrd.daemon.supervisor import Daemon
from ivrd.settings import secrets
from ivrd.settings.load import load


def run(config: Path, *, drain_s: float) -> int:
    """Run until told to stop. IvrdError, with the daemon's words for it, when it cannot start."""
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
    try:
        with told_with(state_is_set_at):
            exchange = restore(plan, outside.journal)
        shelf = FlowShelf(state / "flows")
        recall_flows(plan, exchange, shelf, lambda path: read_flow(path, loaded, texts))
        shelf.keep_current(exchange.plan)
        daemon = Daemon(outside, exchange, shelf, drain_s=drain_s)
        gc.freeze()  # what stands now stands for good: collections need not look at it again
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(daemon.run())
    finally:
        outside.journal.close()
    return HANDED_OVER if daemon.asked.to_hand_over else 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop when it is installed (the ``speed`` extra): a third less CPU per call."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None
