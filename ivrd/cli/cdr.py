"""``ivrd cdr``: list, filter and export the calls in the store. Local times; callers masked."""

from __future__ import annotations

import argparse
import asyncio
import csv
import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from ivrd.adapters.audit import AuditLog
from ivrd.adapters.store import COLUMNS, CdrFilter, CdrStore, to_row
from ivrd.cli.archive import operator
from ivrd.core.cdr import Cdr, Disposition
from ivrd.daemon.clock import SystemClock
from ivrd.errors import IvrdError
from ivrd.settings.load import load
from ivrd.settings.site import Loaded

TABLE_LIMIT = 50


def add_parser(subparsers: Any) -> None:
    """``ivrd cdr``."""
    parser = subparsers.add_parser("cdr", help="list, filter and export call records")
    when = "2026-11-24, or with a time: 2026-11-24T13:30 (the centre's time zone)"
    parser.add_argument(
        "--since", type=_moment, metavar="WHEN", help=f"arrived at or after: {when}"
    )
    parser.add_argument(
        "--until", type=_moment, metavar="WHEN", help="arrived before; a date is included"
    )
    parser.add_argument("--disposition", default="", choices=[d.value for d in Disposition])
    parser.add_argument("--queue", default="", metavar="ID")
    parser.add_argument("--agent", default="", metavar="ID")
    parser.add_argument(
        "--caller", default="", metavar="DIGITS", help="last digits of the caller's number"
    )
    parser.add_argument(
        "--call", default="", metavar="ID", help="one call, with all that is known of it"
    )
    parser.add_argument(
        "--limit",
        type=_count,
        metavar="N",
        help=f"the newest N (default: {TABLE_LIMIT}; export: all)",
    )
    parser.add_argument("--callers", action="store_true", help="show callers' numbers and names")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--csv", metavar="FILE", help="export all columns; - is standard output")
    output.add_argument("--json", action="store_true", help="one JSON object a call and line")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0, also when nothing was found. StoreError when the store cannot be read; OutsideError when who looks at callers cannot be noted."""
    loaded = load(args.config)
    zone = ZoneInfo(loaded.hours.timezone)
    limit = args.limit
    if limit is None and not (args.csv or args.json):
        limit = TABLE_LIMIT
    calls = asyncio.run(_find(loaded, zone, _filter(args, zone), limit))
    if args.callers:
        AuditLog(loaded.path(loaded.site.paths.state), SystemClock()).write(operator(), "calls shown with callers", **_asked(args, len(calls)))
    else:
        calls = [_masked(call) for call in calls]
    if args.csv:
        _export(calls, zone, args.csv)
    elif args.json:
        for call in calls:
            print(json.dumps(to_row(call, zone), default=_json, ensure_ascii=False))
    elif args.call:
        _show_whole(calls, zone)
    else:
        _show(calls, zone, limited=len(calls) == limit)
    return 0


async def _find(loaded: Loaded, zone: ZoneInfo, wanted: CdrFilter, limit: int | None) -> list[Cdr]:
    store = CdrStore(loaded.store_url(), zone)
    await store.open_to_read()
    try:
        return await store.find(wanted, limit)
    finally:
        await store.close()


# --- what is asked for


def _moment(text: str) -> tuple[dt.datetime, bool]:
    """The local moment, and whether it is a whole day."""
    try:
        return dt.datetime.fromisoformat(text), len(text) == len("2026-11-24")
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date like 2026-11-24 or a time like 2026-11-24T13:30"
        ) from None


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _filter(args: argparse.Namespace, zone: ZoneInfo) -> CdrFilter:
    return CdrFilter(
        since=_at(args.since, zone),
        until=_at(args.until, zone, end=True),
        disposition=args.disposition,
        queue=args.queue,
        agent=args.agent,
        caller_ends=args.caller.lstrip("."),
        call=args.call,
    )


def _at(
    given: tuple[dt.datetime, bool] | None, zone: ZoneInfo, *, end: bool = False
) -> float | None:
    if given is None:
        return None
    moment, whole_day = given
    if whole_day and end:
        moment += dt.timedelta(days=1)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _asked(args: argparse.Namespace, found: int) -> dict[str, object]:
    """For the audit log: what was looked for and where it went; of a number the last three digits, as everywhere."""
    given = {name: getattr(args, name) for name in ("disposition", "queue", "agent", "call") if getattr(args, name)}
    moments = {name: getattr(args, name)[0].isoformat() for name in ("since", "until") if getattr(args, name)}
    caller = {"caller": f"...{args.caller[-3:]}"} if args.caller else {}
    return {"calls": found, "to": args.csv or ("json" if args.json else "screen"), **given, **moments, **caller}


# --- what is shown


def _masked(call: Cdr) -> Cdr:
    number = call.caller_number
    hidden = "*" * max(0, len(number) - 3) + number[-3:]
    return dataclasses.replace(
        call, caller_number=hidden, caller_name="*" if call.caller_name else ""
    )


def _show(calls: Sequence[Cdr], zone: ZoneInfo, *, limited: bool) -> None:
    zone_name = _zone_name(calls, zone)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in (f"Arrived ({zone_name})", "Call", "Caller", "Lang", "Queue", "Agent"):
        table.add_column(title, no_wrap=True)
    for title in ("Wait", "Talk", "Hold"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("CSAT", "NPS"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("Disposition", "Ended by", "Recording"):
        table.add_column(title, no_wrap=True)
    for call in calls:
        table.add_row(
            _local(call.arrived_at, zone), call.call, call.caller_number or "withheld",
            call.language, call.queue, call.agent,
            _duration(call.wait_ms), _duration(call.talk_ms), _duration(call.hold_ms),
            "" if call.csat is None else str(call.csat), "" if call.nps is None else str(call.nps),
            call.disposition.value, call.hung_up_by, call.recording or call.recording_note,
        )  # fmt: skip
    console = _console()
    console.print(table)
    more = ", the newest that match; --limit shows more" if limited else ""
    console.print(f"{len(calls)} call{'' if len(calls) == 1 else 's'}{more}")


def _show_whole(calls: Sequence[Cdr], zone: ZoneInfo) -> None:
    console = _console()
    if not calls:
        console.print("no such call")
    for call in calls:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, value in to_row(call, zone).items():
            table.add_row(name, "" if value is None else str(value))
        console.print(table)


def _export(calls: Sequence[Cdr], zone: ZoneInfo, target: str) -> None:
    if target == "-":
        _write_csv(calls, zone, sys.stdout)
        return
    try:
        with Path(target).open("w", encoding="utf-8", newline="") as file:
            _write_csv(calls, zone, file)
    except OSError as exc:
        raise IvrdError(f"cannot write {target}: {exc.strerror}") from exc
    print(f"{len(calls)} calls written to {target}", file=sys.stderr)


def _write_csv(calls: Sequence[Cdr], zone: ZoneInfo, file: TextIO) -> None:
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for call in calls:
        row = to_row(call, zone)
        # A spreadsheet runs a cell that begins like a formula, and callers choose their names.
        if row["caller_name"].startswith(("=", "+", "-", "@", "\t", "\r")):
            row["caller_name"] = f"'{row['caller_name']}"
        writer.writerow(row)


def _console() -> Console:
    """As wide as the terminal; into a file or pipe as wide as the table."""
    return Console() if sys.stdout.isatty() else Console(width=1000)


def _local(at: float, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def _zone_name(calls: Sequence[Cdr], zone: ZoneInfo) -> str:
    """WIB, as people say; the key where the zone has no name of its own."""
    if not calls:
        return zone.key
    return dt.datetime.fromtimestamp(calls[-1].arrived_at, zone).tzname() or zone.key


def _duration(ms: int) -> str:
    seconds = round(ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02}" if ms else ""


def _json(value: object) -> str:
    assert isinstance(value, dt.datetime)
    return value.isoformat(timespec="microseconds") + "Z"
