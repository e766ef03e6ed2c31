"""``ivrd try dialplans/169.yaml``: walk a flow at the terminal, without a telephone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.cli import told
from ivrd.cli.faults import in_order, text
from ivrd.cli.terminal import Terminal
from ivrd.core.plan import Plan
from ivrd.daemon.clock import SystemClock
from ivrd.daemon.plan import plan_of, read_flow, unknown_prompts
from ivrd.errors import ConfigError, IvrdError
from ivrd.rehearsal import sight, trace
from ivrd.rehearsal.moments import WAYS_TO_SAY, moment
from ivrd.rehearsal.session import Session
from ivrd.rehearsal.words import WORDS
from ivrd.settings.load import load, suggest

STATUS = "status: 0  the call or the input ended, 1  a moment, number or agent that there is not, 2  a file is faulty"
DESCRIPTION = """\
Walks the flow on the daemon's own core. What a caller hears is shown, in the caller's language; type telephone keys (also
several: 211), an empty line to press nothing, or a word: `help` lists them. What the flow asks of the outside (a service, a
recording, somebody's phone) you answer. From a pipe: one line each, no questions asked.
"""
#: dialled to reach a flow that no number leads to yet
_UNLISTED = "try"


def add_parser(subparsers: Any) -> None:
    """``ivrd try``."""
    parser = subparsers.add_parser(
        "try", help="walk a dialplan at the terminal: type keys, let time pass, answer as an agent", description=DESCRIPTION, epilog=STATUS
    )
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a dialplan (default: the first number's, dialplans/169.yaml)")
    parser.add_argument("--at", default="", metavar="WHEN", help=f"{WAYS_TO_SAY}; default: now")
    parser.add_argument("--from", dest="caller", default="", metavar="NUMBER", help="the caller's number; default: withheld")
    parser.add_argument("--agents", default="", metavar="101,102", help="who is logged in (`all`: everybody)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """See STATUS. IvrdError for a moment or agent that is none."""
    try:
        loaded = load(args.config)
        texts = catalogue.load(loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages)
        first = loaded.path(loaded.site.paths.dialplans) / f"{next(iter(loaded.site.dids.values()))}.yaml"
        flow = read_flow(args.file or first, loaded, texts)
        if faults := unknown_prompts(loaded, texts):
            raise ConfigError(faults)
    except ConfigError as exc:
        print(text(in_order(exc.faults, [])), file=sys.stderr)
        return 2
    if flow.arguments or flow.returns:
        raise IvrdError(f"{args.file} is a sub-flow: try a flow that runs it")
    plan = plan_of(loaded, [flow])
    leading = [did for did, name in plan.dids.items() if name == flow.name]
    did = leading[0] if leading else _UNLISTED
    plan.dids = {**dict.fromkeys(leading, flow.name), did: flow.name}
    session = Session(plan, did, _moment(args.at, plan), args.caller, _agents(args.agents, plan))
    _sit(session, plan, texts)
    return 0


def _sit(session: Session, plan: Plan, texts: Catalogue) -> None:
    """Until there is nothing more to read, or `quit`."""
    terminal = Terminal(w.word for w in WORDS)
    if terminal.person:
        terminal.say("keys: 0-9 * #, also several; an empty line presses nothing; words: `help`", "dim")
    _show(session, plan, texts, terminal)
    while not session.done:
        masked = session.call.masked
        if (line := terminal.ask(masked)) is None:
            return
        try:
            replies = session.type(line)
        except ValueError as exc:
            replies = []
            _show(session, plan, texts, terminal)
            terminal.say(f"? {exc}", "red")
            continue
        facts = _show(session, plan, texts, terminal, *replies)
        if not masked and any(isinstance(f, trace.Pressed) and f.keys == "?" for f in facts):
            terminal.forget()


def _show(session: Session, plan: Plan, texts: Catalogue, terminal: Terminal, *replies: str) -> list[trace.Fact]:
    """What happened, replies, and what the call waits for now."""
    facts = session.facts()
    for fact in facts:
        if isinstance(fact, trace.Dialled):
            terminal.say(told.opening(plan.calendar, fact.at), "bold")
        clock = f"{plan.calendar.local(fact.at):%H:%M:%S}"
        for label, line in told.lines(fact, plan, texts):
            terminal.tell(clock, label, line)
    for reply in replies:
        terminal.say(reply)
    if facts and not session.done:
        hint = "the call is over (restart, quit)" if session.call.over else sight.now(session.call)
        terminal.say(f"-- {hint}" + _keys(session), "dim")
    return facts


def _keys(session: Session) -> str:
    """The keys of a menu that waits, behind what it waits for."""
    menu = sight.menu(session.call)
    return ": " + ", ".join(f"{key} {name}" for key, name in menu.items()) if menu else ""


def _moment(at: str, plan: Plan) -> float:
    now = SystemClock().now()
    try:
        return moment(at, plan.calendar.tz, now) if at else now
    except ValueError as exc:
        raise IvrdError(str(exc)) from None


def _agents(names: str, plan: Plan) -> tuple[str, ...]:
    known = plan.floor.agents
    chosen = tuple(known) if names == "all" else tuple(n for n in names.replace(",", " ").split() if n)
    for agent in chosen:
        if agent not in known:
            raise IvrdError(f"there is no agent {agent!r}: {suggest(agent, known) or 'agents: ' + ', '.join(known)}")
    return chosen
