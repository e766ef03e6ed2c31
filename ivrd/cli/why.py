"""``ivrd why``: why a call came to whom, or to nobody."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ivrd.adapters.bell import ask
from ivrd.adapters.store import CdrStore
from ivrd.core.acd.decision import Decision
from ivrd.core.acd.selection import SCORERS
from ivrd.settings.load import load
from ivrd.settings.site import Loaded

#: what a call's points are for
WORDS = {"priority": "priority", "vip": "a VIP", "waited": "waiting"}
#: reasons against an agent (selection.FILTERS, presence), in words
REASONS = {
    "has_skills": "lack what is asked for",
    "did_not_just_decline": "declined or missed this call a moment ago",
    "caller_waits_for_no_other": "the caller waits for the agent who talked to them last",
    "is_not_reserved": "kept free for another queue",
    "logged_out": "not logged in",
    "offered": "their phone rings already",
    "talking": "talk",
    "wrap_up": "wrap up",
    "paused": "pause",
    "unreachable": "their phone is not there",
    "phone_in_use": "their phone is in use",
    "kept": "kept free for a customer who is being called back",
    "resting": "rest, or have as many contacts as they may",
}
#: the same filters, said of a call that was passed over for the agent who is named
PASSED_OVER = {
    "has_skills": "needs what {agent} lacks",
    "did_not_just_decline": "{agent} declined or missed it a moment ago",
    "caller_waits_for_no_other": "waits for the agent who talked to them last",
    "is_not_reserved": "{agent} is kept free for another queue",
    "": "its customer could not be rung",
}
OUTCOMES = {
    "answered": "answered",
    "withdrawn": "stopped ringing: the call was no longer to be had",
    "forwarded": "the phone forwards its calls, which is not followed",
}


def add_parser(subparsers: Any) -> None:
    """``ivrd why``."""
    parser = subparsers.add_parser("why", help="why a call came to whom: who could, who could not and for what reason")
    parser.add_argument("call", help="a call's id, as `ivrd cdr` and the log have it")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is told (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0; 1 when nothing is known of the call."""
    loaded = load(args.config)
    decisions = ask(loaded.path(loaded.site.paths.state), args.call) or asyncio.run(_kept(loaded, args.call))
    if not decisions:
        print(f"ivrd: nothing is known of a call {args.call!r} that waited in a queue: `ivrd cdr` lists calls", file=sys.stderr)
        return 1
    if args.format == "json":
        print(json.dumps({"call": args.call, "decisions": [vars(d) for d in decisions]}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(told(loaded, decisions)))
    return 0


def told(loaded: Loaded, decisions: Sequence[Decision]) -> Iterator[str]:
    """For people, a decision at a time."""
    zone = ZoneInfo(loaded.hours.timezone)
    for decision in decisions:
        at = dt.datetime.fromtimestamp(decision.at, zone).strftime("%H:%M:%S.%f")[:-3]
        first, *others = _lines(loaded, decision)
        yield f"{at}  {first}"
        yield from (f"{'':14}{line}" for line in others)


def _lines(loaded: Loaded, decision: Decision) -> Iterator[str]:
    match decision.what:
        case "joined":
            yield f"came to queue {decision.queue}, place {decision.place}; needs {decision.asks}"
            yield from _points(decision)
            if decision.passed:
                yield "nobody could be offered the call:"
        case "relaxed":
            yield f"step {decision.step} of the queue's relax: needs {decision.asks}"
        case "offered":
            step = f", at step {decision.step}" if decision.step else ""
            yield f"offered to {_name(loaded, decision.agent)} of queue {decision.queue}{step}"
            yield from _points(decision)
            yield from _passed_over(decision)
        case "offer_ended":
            yield f"{_name(loaded, decision.agent)}: {OUTCOMES.get(decision.outcome, decision.outcome.replace('_', ' '))}"
        case _:
            yield f"left queue {decision.queue}: {decision.outcome.replace('_', ' ')}"
    yield from _looked_at(loaded, decision)
    if decision.forgotten:
        yield f"... {decision.forgotten} more, not kept ..."


def _points(decision: Decision) -> Iterator[str]:
    """What the place in line was made of. Nothing is known of it in what an earlier version noted."""
    parts = [f"{points:g} for {WORDS.get(part, part)}" for part, points in decision.points.items() if points]
    if parts:
        weight = f", weight {decision.weight:g}" if decision.weight != 1 else ""
        long = "; waits so long that points do not count" if decision.long else ""
        yield f"{sum(decision.points.values()):g} points ({', '.join(parts)}{weight}){long}"


def _passed_over(decision: Decision) -> Iterator[str]:
    """Calls that would have come first, and could not have this agent."""
    if decision.over:
        yield f"{decision.over} {'call' if decision.over == 1 else 'calls'} ahead could not have {decision.agent}:"
    for call, points in decision.ahead.items():
        why = decision.ahead_why.get(call, "")
        yield f"  {call} ({points:g} points): {PASSED_OVER.get(why, why.replace('_', ' ')).format(agent=decision.agent)}"
    if (more := decision.over - len(decision.ahead)) > 0 and decision.ahead:
        yield f"  and {more} more"


def _looked_at(loaded: Loaded, decision: Decision) -> Iterator[str]:
    """Who could, the best first, with what told them apart; then who could not."""
    queue = loaded.queues.get(decision.queue)
    names = [s.__name__ for s in SCORERS[queue.order if queue else "longest_idle"]]
    names = names[-max((len(scores) for scores in decision.scores.values()), default=0) :]  # a decision of a release that had a scorer less
    ranked = sorted(decision.scores.items(), key=lambda item: ([-score for score in item[1]], item[0]))
    told_apart = {i for i in range(len(names)) if len({tuple(scores[i : i + 1]) for _, scores in ranked}) > 1}
    for agent, scores in ranked:
        differ = [(names[i], scores[i]) for i in sorted(told_apart) if i < len(scores)]
        why = ", ".join(_score(name, score, decision.at) for name, score in differ)
        yield f"could: {_name(loaded, agent)}{f' ({why})' if why else ''}"
    for reason, agents in decision.passed.items():
        yield f"{REASONS.get(reason, reason.replace('_', ' '))}: {', '.join(agents)}"
    if decision.uncounted:
        yield f"{decision.uncounted} more were not noted"


def _score(name: str, score: float, at: float) -> str:
    """What one scorer says of an agent, in words."""
    match name:
        case "was_not_asked":
            return f"asked for this call already, again from {at + score:.0f} s ago on" if score else "not asked for this call yet"
        case "knows_the_caller":
            return "talked to the caller last" if score else "does not know the caller"
        case "is_preferred":
            return f"preferred skills {score:g}"
        case "is_best":
            return f"levels {score:g}"
        case "is_a_specialist":
            return f"breadth {-score:g}"
        case "was_busy_least":
            return f"busy {-score:.0%}"
        case "was_asked_longest_ago":
            return f"asked {at + score:.0f} s ago" if score else "not asked yet"
        case _:
            return f"idle {at + score:.0f} s"


def _name(loaded: Loaded, agent: str) -> str:
    known = loaded.agents.get(agent)
    return f"{agent} ({known.name})" if known else agent


async def _kept(loaded: Loaded, call: str) -> list[Decision]:
    store = CdrStore(loaded.store_url(), ZoneInfo(loaded.hours.timezone))
    await store.open_to_read()
    try:
        return await store.find_why(call)
    finally:
        await store.close()
