"""``ivrd staff``: agents needed per half hour by Erlang C, Erlang A and M/M/n/K+M; the workload of a month."""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path
from typing import Any

from ivrd.cli import planned
from ivrd.cli.planned import FORMATS, Column
from ivrd.errors import IvrdError
from ivrd.settings.load import load
from ivrd.settings.load_planning import load_workload
from ivrd.staffing.model import MODELS, NAMES
from ivrd.staffing.profile import Planned, plan
from ivrd.staffing.requirement import Target
from ivrd.staffing.workload import Row, rounded, table

WORKLOAD = "workload.yaml"


def add_parser(subparsers: Any) -> None:
    """``ivrd staff``."""
    parser = subparsers.add_parser(
        "staff", help="agents needed per half hour, and the workload of a month",
        description="How many agents keep the service level, half hour by half hour, by three models of a queue; see docs/staffing.md.",
    )
    planned.add_source(parser)
    parser.add_argument("--workload", nargs="?", const="", metavar="FILE", help=f"the workload table of a month instead (default file: planning/{WORKLOAD})")
    parser.add_argument("--level", type=planned.percent, default=0.85, metavar="PERCENT", help="answered in time (default: 85)")
    parser.add_argument("--within", type=planned.above_0, default=20.0, metavar="S", help="in time is so many seconds (default: 20)")
    parser.add_argument("--max-occupancy", type=planned.percent, default=1.0, metavar="PERCENT", help="agents may be busy so much (default: 100)")
    parser.add_argument("--shrinkage", type=planned.percent, metavar="PERCENT", help="paid time away from the phone (default: the file's)")
    parser.add_argument("--aht", type=planned.above_0, metavar="S", help="handling time in place of the file's")
    parser.add_argument("--patience", type=planned.above_0, metavar="S", help="average patience in place of the file's")
    parser.add_argument("--trunks", type=int, metavar="N", help="channels of the trunk (default: of config/ivrd.yaml)")
    parser.add_argument("--load", type=planned.above_0, default=1.0, metavar="X", help="so many times the calls (default: 1)")
    parser.add_argument("--model", choices=MODELS, default="trunks", help="c: Erlang C, a: Erlang A, trunks: M/M/n/K+M (default: trunks)")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """IvrdError for a file that is faulty or a target that cannot be kept."""
    loaded = load(args.config)
    if args.workload is not None:
        path = Path(args.workload) if args.workload else loaded.root / "planning" / WORKLOAD
        planned.show(list(table(load_workload(path)).values()), _WORKLOAD, args.format)
        return 0
    source = planned.read(args, loaded)
    trunks = args.trunks if args.trunks is not None else loaded.site.asterisk.trunk.channels
    if trunks < 1:
        raise IvrdError(f"--trunks must be at least 1, not {trunks}")
    shrinkage = source.shrinkage if args.shrinkage is None else args.shrinkage
    if shrinkage >= 1:
        raise IvrdError("--shrinkage must be below 100")
    periods = [
        dataclasses.replace(p, calls=p.calls * args.load, handling_s=args.aht or p.handling_s) for p in source.periods
    ]
    patience_s = args.patience or source.patience_s
    target = Target(level=args.level, within_s=args.within, max_occupancy=args.max_occupancy, shrinkage=shrinkage)
    try:
        rows = plan(periods, target, patience_s, trunks, args.model)
    except ValueError as exc:
        raise IvrdError(f"{exc}: ask for less than {args.level:.0%} in {args.within:g} s, or a higher occupancy") from None
    planned.show(rows, _columns(args.within), args.format)
    if args.format == "text":
        print(_summary(rows, target, patience_s, trunks, NAMES[args.model]))
    return 0


def _columns(within_s: float) -> tuple[Column[Planned], ...]:
    return (
        Column("Start", "start", lambda r: r.period.start),
        Column("Calls", "calls", lambda r: r.period.calls, 1),
        Column("AHT s", "aht_s", lambda r: r.period.handling_s, 0),
        Column("Erlangs", "erlangs", lambda r: r.erlangs, 2),
        Column("C", "agents_erlang_c", lambda r: r.needed["c"]),
        Column("A", "agents_erlang_a", lambda r: r.needed["a"]),
        Column("K", "agents_trunks", lambda r: r.needed["trunks"]),
        Column("Agents", "agents", lambda r: r.agents),
        Column("Roster", "roster", lambda r: r.roster),
        Column(f"In {within_s:g} s %", "within", lambda r: r.outlook.within, 1, percent=True),
        Column("ASA s", "answer_s", lambda r: r.outlook.answer_s, 1),
        Column("Abandon %", "abandoned", lambda r: r.outlook.abandoned, 1, percent=True),
        Column("Blocked %", "blocked", lambda r: r.outlook.blocked, 2, percent=True),
        Column("Occupancy %", "occupancy", lambda r: r.outlook.occupancy, 1, percent=True),
    )


_WORKLOAD: tuple[Column[Row], ...] = (
    Column("Position", "position", lambda r: r.position.title),
    Column("Staff", "staff", lambda r: r.position.staff),
    Column("Contacts a month", "contacts", lambda r: r.position.contacts),
    Column("Per agent", "per_agent", lambda r: int(rounded(r.per_agent))),
    Column("AHT s", "aht_s", lambda r: r.position.aht_s, 0),
    Column("Occupancy %", "occupancy", lambda r: rounded(r.occupancy, 3), 1, percent=True),
)


def _summary(rows: list[Planned], target: Target, patience_s: float, trunks: int, model: str) -> str:
    hours = sum(r.agents for r in rows) / 2
    most = max((r.roster for r in rows), default=0)
    patience = "nobody hangs up" if math.isinf(patience_s) else f"patience {patience_s:.0f} s"
    return (
        f"{model}, {target.level:.0%} within {target.within_s:g} s, {patience}, {trunks} channels: {hours:g} agent hours a day, "
        f"{most} on the roster at most (shrinkage {target.shrinkage:.0%})\n"
        "C: Erlang C, A: Erlang A, K: with the trunk's channels (M/M/n/K+M)"
    )
