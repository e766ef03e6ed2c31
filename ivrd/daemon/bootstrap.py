"""From a config directory to a running daemon: the one place where everything is wired."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable
from pathlib import Path

from ivrd.adapters.prompts import catalogue
from ivrd.core.plan import Plan
from ivrd.daemon import logs, parts
from ivrd.daemon.history import FlowShelf, recall_flows, restore
from ivrd.daemon.plan import make_plan, read_flow
from ivrd.daemon.supervisor import Daemon
from ivrd.errors import StartError
from ivrd.settings import secrets
from ivrd.settings.load import load
from ivrd.settings.site import Loaded


def run(config: Path, *, drain_s: float) -> int:
    """Run until told to stop. IvrdError, with the daemon's words for it, when it cannot start."""
    loaded = load(config)
    logs.configure(loaded.site.log_level, log_callers=loaded.site.log_callers)
    texts = catalogue.load(
        loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages
    )
    plan = make_plan(loaded, texts)
    outside = parts.build(
        loaded,
        secrets.load_or_create(
            loaded.path(loaded.site.paths.state), [a.extension for a in loaded.agents.values()]
        ),
    )
    _check_prompts(plan, outside, loaded)
    try:
        exchange = restore(plan, outside.journal)
        shelf = FlowShelf(loaded.path(loaded.site.paths.state) / "flows")
        recall_flows(plan, exchange, shelf, lambda path: read_flow(path, loaded, texts))
        for flow in plan.flows.values():
            source = loaded.path(loaded.site.paths.dialplans) / f"{flow.name}.yaml"
            if plan.current.get(flow.name) == flow.version:
                shelf.keep(flow, source)
        daemon = Daemon(outside, exchange, drain_s=drain_s)
        gc.freeze()  # what stands now stands for good: collections need not look at it again
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(daemon.run())
    finally:
        outside.journal.close()
    return 0


def _check_prompts(plan: Plan, outside: parts.Parts, loaded: Loaded) -> None:
    """Before a caller hears silence: every prompt that a flow or the core names has audio."""
    keys = {key.partition("@")[0] for f in plan.flows.values() for n in f.nodes.values() for _, key in n.says()}
    keys = {k for k in keys if not k.startswith(":")} | CORE_PROMPTS
    missing = outside.prompts.missing(sorted(keys), loaded.site.languages)
    if missing:
        listed = ", ".join(f"{key} ({language})" for key, language in missing[:10])
        more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        raise StartError(f"{len(missing)} prompts have no audio: {listed}{more}. Run `ivrd prompts build`")


#: what the core says by itself, beside what flows name
CORE_PROMPTS = frozenset(
    {
        "closed-hours", "closed-holiday", "closed-opens-at",
        "queue-wait", "queue-next", "queue-position-before", "queue-position-after",
        "queue-wait-about", "queue-wait-less-than-minute", "minute", "minutes",
        "feature-logged-in", "feature-logged-out", "feature-paused", "feature-resumed",
        "feature-wrap-up-ended", "feature-refused",
    }
)  # fmt: skip


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop when it is installed (the ``speed`` extra): a third less CPU per call."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None
