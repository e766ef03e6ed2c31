"""``ivrd simulate``: days of pretend callers on the daemon's own exchange, and what comes of them."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.cli import planned
from ivrd.cli.simulated import comparison, prices, told
from ivrd.core.commands import PlayPrompt
from ivrd.core.speech import Prompt
from ivrd.daemon.plan import make_plan
from ivrd.errors import IvrdError
from ivrd.settings.load import load
from ivrd.settings.load_planning import load_traffic
from ivrd.settings.planning import Traffic
from ivrd.settings.site import Loaded
from ivrd.simulation import plot, recorded
from ivrd.simulation.app_queue import STRATEGIES, AppQueueDay
from ivrd.simulation.callers import Shift, draw
from ivrd.simulation.centre import Centre, centre
from ivrd.simulation.day import Day
from ivrd.simulation.pooled import pooled
from ivrd.simulation.result import Result
from ivrd.simulation.tally import DayTally

#: characters of a text that are spoken in a second, about
_SPOKEN_CHARS_A_S = 14.0
#: a spoken number, date or amount
_VALUE_S = 1.5
_TARGET = 0.85


def add_parser(subparsers: Any) -> None:
    """``ivrd simulate``."""
    parser = subparsers.add_parser(
        "simulate", help="days of pretend callers through the real router: service level, waits, occupancy",
        description="Nothing is dialled: the daemon's own exchange is told of pretend callers and agents, by a clock that does not wait. "
        "The same seed gives the same days. See docs/staffing.md.",
    )
    planned.add_source(parser)
    parser.add_argument("--days", type=planned.count, default=20, metavar="N", help="open days (default: 20, a month)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, other chances (default: 1)")
    parser.add_argument("--load", type=planned.above_0, default=1.0, metavar="X", help="so many times the calls (default: 1)")
    parser.add_argument("--menus", action="store_true", help="callers go through the menus, pressing the file's keys; else straight into their queue")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="two config directories on the same callers")
    what.add_argument("--price-of-skills", action="store_true", help="against a centre without skills, and against app_queue's strategies")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the service level over the day")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """IvrdError for a file that is faulty, or what cannot be simulated."""
    if args.price_of_skills and args.menus:
        raise IvrdError("--price-of-skills puts callers straight into their queues: leave --menus out")
    if args.recorded and (args.menus or args.load != 1):
        raise IvrdError("--recorded takes the calls as they were, from when they joined a queue: leave --menus and --load out")
    sites = [load(config) for config in args.compare or [args.config]]
    traffic = _traffic(args, sites)
    made = [_centre(site, traffic, args.menus, str(site.config)) for site in sites]
    shifts = _shifts(args, sites[0], traffic, made[0][0])
    results = [simulate(centre, shifts, args.seed, length_s) for centre, length_s in made]
    if args.price_of_skills:
        results += _others(made[0][0], shifts, args.seed)
    if args.svg:
        _draw(args.svg, results)
    show = comparison if args.compare else prices if args.price_of_skills else told
    data, words = show(results)
    if args.format == "json":
        print(json.dumps({"seed": args.seed, "load": args.load, **data}, indent=1, ensure_ascii=False))
        return 0
    print(_head(results[0], shifts, args))
    print(words)
    print(f"\n{results[0].calls:,} calls in {results[0].took_s:.1f} s: {results[0].faster:,.0f} times faster than life")
    return 0


def simulate(centre: Centre, shifts: list[Shift], seed: int, length_s: Callable[[PlayPrompt], float] | None = None) -> Result:
    """All days, and how long that took."""
    return _timed(centre.name, [lambda s=s: Day(centre, s, seed, length_s).run() for s in shifts])  # type: ignore[misc]


def _others(centre: Centre, shifts: list[Shift], seed: int) -> list[Result]:
    """The bound that skills cannot beat, and app_queue."""
    found = [simulate(pooled(centre), shifts, seed)]
    for strategy in STRATEGIES:
        found.append(_timed(f"app_queue {strategy}", [lambda s=s, y=strategy: AppQueueDay(centre, s, y, seed).run() for s in shifts]))  # type: ignore[misc]
    return found


def _timed(name: str, days: list[Callable[[], DayTally]]) -> Result:
    began = time.perf_counter()
    done = [day() for day in days]
    return Result(name=name, days=done, took_s=time.perf_counter() - began)


# --- what is simulated


def _traffic(args: argparse.Namespace, sites: list[Loaded]) -> Traffic:
    """The file, checked against every configuration: both must know its queues."""
    path = args.file or sites[0].root / "planning" / planned.TRAFFIC
    if path.suffix == ".csv":
        raise IvrdError(f"{path}: a simulation needs a traffic file (.yaml): a CSV does not say what callers ask for")
    first, *others = sites
    for site in others:
        load_traffic(path, site)
    return load_traffic(path, first)


def _centre(site: Loaded, traffic: Traffic, menus: bool, name: str) -> tuple[Centre, Callable[[PlayPrompt], float]]:
    texts = catalogue.load(site.path(site.site.paths.prompts) / catalogue.FILE, site.site.languages)
    plan = make_plan(site, texts)
    did = (traffic.did or next(iter(plan.dids))) if menus else ""
    made = centre(name, plan, site.site.asterisk.trunk.channels, traffic.staff, traffic.handling.mean_s, did)
    return made, lambda order: _length_s(order, texts)


def _shifts(args: argparse.Namespace, site: Loaded, traffic: Traffic, centre: Centre) -> list[Shift]:
    calendar = centre.plan.calendar
    if args.recorded:
        return recorded_shifts(args.recorded, site, centre, args.seed)
    try:
        return draw(traffic, calendar, args.days, args.seed, args.load)
    except ValueError as exc:
        raise IvrdError(str(exc)) from None


def recorded_shifts(days: Sequence[str], site: Loaded, centre: Centre, seed: int) -> list[Shift]:
    """The days of the store's calls between two dates. IvrdError when none of them can be told again."""
    calls = planned.calls_between(days, site)
    gone = sorted({c.queue for c in calls if c.queued_at} - set(site.queues))
    if gone:
        raise IvrdError(f"calls of that time waited in queues that are no more: {', '.join(gone)}")
    found = recorded.shifts(calls, centre.plan.calendar.local, seed)
    if not found:
        raise IvrdError("no call of that time joined a queue: `ivrd cdr --since ... --until ...` lists them")
    return found


def _length_s(order: PlayPrompt, texts: Catalogue) -> float:
    """How long it takes to say something, by the length of its text."""
    total = 0.0
    for speech in order.speech:
        text = texts.text(speech.key, speech.language or order.language) if isinstance(speech, Prompt) else None
        total += len(text) / _SPOKEN_CHARS_A_S if text else _VALUE_S
    return max(0.1, total)


def _head(result: Result, shifts: list[Shift], args: argparse.Namespace) -> str:
    way = "recorded calls" if args.recorded else "through the menus" if args.menus else "straight into their queues"
    load = f", {args.load:g} times the calls" if args.load != 1 else ""
    return f"{len(shifts)} days, {result.calls / len(shifts):.0f} calls a day {way}{load}, seed {args.seed}; +/-: 95 % confidence\n"


def _draw(path: Path, results: list[Result]) -> None:
    try:
        path.write_text(plot.svg(results, "Answered in time, by half hour", _TARGET), encoding="utf-8")
    except OSError as exc:
        raise IvrdError(f"{path}: {exc.strerror}") from exc
