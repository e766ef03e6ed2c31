"""``ivrd what --at "2026-12-25 10:00"``: what a caller would hear then, and why."""

from __future__ import annotations

import argparse
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.cli import told
from ivrd.core.state import Stage
from ivrd.daemon.clock import SystemClock
from ivrd.daemon.plan import make_plan
from ivrd.errors import IvrdError
from ivrd.rehearsal.moments import WAYS_TO_SAY, moment
from ivrd.rehearsal.rehearsal import Rehearsal
from ivrd.settings.load import load
from ivrd.settings.words import suggest

_KEYS = frozenset("0123456789*#")


def add_parser(subparsers: Any) -> None:
    """``ivrd what``."""
    parser = subparsers.add_parser(
        "what", help="what a caller would hear at a moment, and why",
        description="Walks the flow on the daemon's own core, without a telephone. Nobody is logged in; what a flow "
        "asks of the outside (http, dial, ...) is not done and counts as having taken too long.",
    )
    parser.add_argument("--at", default="", metavar="WHEN", help=f"{WAYS_TO_SAY.replace('%', '%%')}; default: now")
    parser.add_argument("--did", default="", metavar="NUMBER", help="the number dialled (default: the first)")
    parser.add_argument("--from", dest="caller", default="", metavar="NUMBER", help="the caller's number")
    parser.add_argument("--press", default="", metavar="1,2", help="keys, each at the next menu; then nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0; IvrdError for a moment, number or key that is none."""
    loaded = load(args.config)
    texts = catalogue.load(loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages)
    plan = make_plan(loaded, texts)
    did = args.did or next(iter(plan.dids))
    if did not in plan.dids:
        raise IvrdError(f"no caller reaches us by {did!r}: {suggest(did, plan.dids) or 'numbers: ' + ', '.join(plan.dids)}")
    keys = args.press.replace(",", "").replace(" ", "")
    if wrong := sorted(set(keys) - _KEYS):
        raise IvrdError(f"{wrong[0]!r} is not a telephone key (0-9, *, #)")
    try:
        now = SystemClock().now()
        at = moment(args.at, plan.calendar.tz, now) if args.at else now
    except ValueError as exc:
        raise IvrdError(str(exc)) from None
    call = Rehearsal(plan, at)
    call.dial(did, args.caller)
    _walk(call, keys)
    print(told.opening(plan.calendar, at))
    for fact in call.trace:
        for label, text in told.lines(fact, plan, texts):
            print(f"{label:<8} {text}")
    return 0


def _walk(call: Rehearsal, keys: str) -> None:
    """Each key once something has been said to its end; then nothing, until a queue or the end."""
    for key in keys:
        call.listen_to_menu()
        while _elsewhere(call) and call.go_on():
            call.listen_to_menu()
        if call.stage != Stage.IVR:
            return
        call.press(key)
    while (call.stage == Stage.IVR or _elsewhere(call)) and call.go_on():
        pass


def _elsewhere(call: Rehearsal) -> bool:
    """Something outside is waited for, and will not come."""
    return call.stage == Stage.DIALLING or call.asked is not None
