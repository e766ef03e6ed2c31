"""What ``staff`` and ``simulate`` share: where traffic comes from, and tables as text, CSV or JSON."""

from __future__ import annotations

import argparse
import asyncio
import csv
import datetime as dt
import io
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from ivrd.adapters.store import CdrFilter, CdrStore
from ivrd.core.cdr import Cdr
from ivrd.daemon.plan import calendar
from ivrd.errors import ConfigError, Fault, IvrdError
from ivrd.settings.load_planning import load_traffic
from ivrd.settings.site import Loaded
from ivrd.staffing import recorded
from ivrd.staffing.profile import Period

T = TypeVar("T")
FORMATS = ("text", "csv", "json")
TRAFFIC = "169.yaml"
_CSV = ("start", "calls", "aht_s")


def percent(text: str) -> float:
    """0 to 100 as 0 to 1."""
    value = _number(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage from 0 to 100")
    return value / 100


def above_0(text: str) -> float:
    """A number above 0."""
    value = _number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def count(text: str) -> int:
    """A whole number above 0."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


# --- where traffic comes from


@dataclass(frozen=True, kw_only=True)
class Source:
    """A day of half hours."""

    periods: list[Period]
    patience_s: float
    shrinkage: float


def add_source(parser: argparse.ArgumentParser) -> None:
    """The file, or the store."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=f"traffic: .yaml, or .csv with {','.join(_CSV)} (default: planning/{TRAFFIC})")
    parser.add_argument("--recorded", nargs=2, metavar=("FROM", "TO"), help="calls of the store in place of a file: two dates like 2026-11-01, the last one included")


def read(args: argparse.Namespace, loaded: Loaded) -> Source:
    """A day as FILE or the store tell it."""
    if args.recorded:
        return _of_records(calls_between(args.recorded, loaded), loaded)
    path = args.file or loaded.root / "planning" / TRAFFIC
    if path.suffix == ".csv":
        return Source(periods=_csv(path), patience_s=math.inf, shrinkage=0.0)
    traffic = load_traffic(path, loaded)
    day, total = traffic.calls_a_month / traffic.days_a_month, sum(traffic.profile.values())
    return Source(
        periods=[Period(start=s, calls=day * w / total, handling_s=traffic.handling.mean_s) for s, w in sorted(traffic.profile.items())],
        patience_s=traffic.patience.mean_s or math.inf,
        shrinkage=traffic.staff.shrinkage,
    )


def _of_records(calls: list[Cdr], loaded: Loaded) -> Source:
    handling_s = recorded.handling_s(calls)
    if handling_s is None:
        raise IvrdError("no call of that time was answered by an agent: `ivrd cdr --since ... --until ...` lists them")
    return Source(
        periods=recorded.periods(calls, calendar(loaded.hours).local, handling_s),
        patience_s=recorded.patience_s(calls),
        shrinkage=0.0,
    )


def calls_between(days: Sequence[str], loaded: Loaded) -> list[Cdr]:
    """Every call of the store that arrived on these days, oldest first. IvrdError for what is no date."""
    zone = ZoneInfo(loaded.hours.timezone)
    try:
        first, last = (dt.datetime.combine(dt.date.fromisoformat(d), dt.time(0), zone) for d in days)
    except ValueError:
        raise IvrdError(f"{' '.join(days)}: write two dates like 2026-11-01 2026-11-30") from None
    wanted = CdrFilter(since=first.timestamp(), until=(last + dt.timedelta(days=1)).timestamp())
    return asyncio.run(_find(loaded, zone, wanted))


async def _find(loaded: Loaded, zone: ZoneInfo, wanted: CdrFilter) -> list[Cdr]:
    store = CdrStore(loaded.store_url(), zone)
    await store.open_to_read()
    try:
        return await store.find(wanted, None)
    finally:
        await store.close()


def _csv(path: Path) -> list[Period]:
    """``start,calls,aht_s`` with a header. ConfigError with every line that is wrong."""
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError) as exc:
        raise IvrdError(f"{path} cannot be read: {getattr(exc, 'strerror', None) or exc}") from None
    if not lines or tuple(c.strip() for c in lines[0]) != _CSV:
        raise ConfigError([_line(path, 1, f"the first line must be {','.join(_CSV)}")])
    found, faults = list[Period](), list[Fault]()
    for number, cells in enumerate(lines[1:], start=2):
        if not cells:
            continue
        try:
            start, calls, aht_s = cells[0].strip(), float(cells[1]), float(cells[2])
            if len(cells) != 3 or calls < 0 or not aht_s > 0 or not math.isfinite(calls + aht_s):
                raise ValueError
            found.append(Period(start=start, calls=calls, handling_s=aht_s))
        except (ValueError, IndexError):
            faults.append(_line(path, number, f"{','.join(cells)!r} is not a half hour: write 08:00,12.5,600 (calls 0 or more, aht_s above 0)"))
    if faults or not found:
        raise ConfigError(faults or [_line(path, 1, "there are no half hours")])
    return found


def _line(path: Path, line: int, message: str) -> Fault:
    return Fault(file=str(path), line=line, column=1, message=message)


# --- tables


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column: its title for people, its name for machines, and its value."""

    title: str
    name: str
    value: Callable[[T], Any]
    digits: int | None = None  #: after the point; None: as it is
    percent: bool = False  #: shown as percent; machines get the share

    def text(self, row: T) -> str:
        """For people."""
        value = self.value(row)
        if value is None:
            return "-"
        return str(value) if self.digits is None else f"{value * (100 if self.percent else 1):.{self.digits}f}"


def show(rows: Sequence[T], columns: Sequence[Column[T]], form: str) -> None:
    """Print a table."""
    if form == "json":
        print(json.dumps([{c.name: c.value(r) for c in columns} for r in rows], indent=1, ensure_ascii=False))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([c.name for c in columns])
        writer.writerows([c.value(r) for c in columns] for r in rows)
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for i, column in enumerate(columns):
            table.add_column(column.title, justify="left" if i == 0 else "right", no_wrap=True)
        for row in rows:
            table.add_row(*(c.text(row) for c in columns))
        (Console() if sys.stdout.isatty() else Console(width=1000)).print(table)
