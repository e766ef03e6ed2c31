"""SIGHUP: dialplans, queues, agents and hours are read again; checked first, a fault changes nothing.

Calls in progress end on the dialplan version they began with. What only takes effect at a restart
(addresses, passwords, paths) is left as it is.
"""

from __future__ import annotations

import structlog

from ivrd.adapters.prompts import catalogue
from ivrd.core.exchange import Exchange
from ivrd.daemon.plan import make_plan
from ivrd.daemon.prompts import check_prompts
from ivrd.errors import IvrdError
from ivrd.ports import PromptLibrary
from ivrd.settings.load import load
from ivrd.settings.site import Loaded

_log = structlog.get_logger(__name__)


def reload(loaded: Loaded, exchange: Exchange, prompts: PromptLibrary) -> bool:
    """Read everything again and put it to use; False, with the faults in the log, when it is wrong."""
    try:
        fresh = load(loaded.config)
        texts = catalogue.load(
            fresh.path(fresh.site.paths.prompts) / catalogue.FILE, fresh.site.languages
        )
        plan = make_plan(fresh, texts)
        check_prompts(plan, prompts, fresh.site.languages)
    except IvrdError as exc:
        _log.error("configuration not reloaded: nothing has changed", faults=str(exc).splitlines())
        return False
    exchange.replan(plan)
    _log.info("configuration reloaded", flows=sorted(plan.current.values()))
    return True
