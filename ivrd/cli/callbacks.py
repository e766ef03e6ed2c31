"""``ivrd callbacks``: who wants to be called back, and marking them done. Nobody is dialled by this."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from ivrd.adapters.audit import AuditLog
from ivrd.adapters.store import CdrStore, KeptCallback
from ivrd.cli.archive import operator
from ivrd.daemon.clock import SystemClock
from ivrd.settings.load import load


def add_parser(subparsers: Any) -> None:
    """``ivrd callbacks``."""
    parser = subparsers.add_parser("callbacks", help="list who wants to be called back; mark them done")
    parser.add_argument("--queue", default="", metavar="ID")
    parser.add_argument("--all", action="store_true", help="also those that are done")
    parser.add_argument("--callers", action="store_true", help="show numbers in full")
    parser.add_argument("--done", action="append", default=[], metavar="ID", help="this one was seen to; may be repeated")
    parser.add_argument("--note", default="", help="with --done: what came of it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0; 1 when a request to be marked is not there or done already. OutsideError when who did it cannot be noted."""
    loaded = load(args.config)
    zone = ZoneInfo(loaded.hours.timezone)
    found, unknown = asyncio.run(_work(CdrStore(loaded.store_url(), zone), args))
    audit = AuditLog(loaded.path(loaded.site.paths.state), SystemClock())
    if done := [ident for ident in args.done if ident not in unknown]:
        audit.write(operator(), "callbacks done", ids=done, note=args.note)
    for ident in unknown:
        print(f"ivrd: there is no open request {ident!r}", file=sys.stderr)
    if not args.done:
        if args.callers:
            audit.write(operator(), "callbacks shown with callers", requests=len(found), queue=args.queue)
        _show(found, in_full=args.callers, done=args.all)
    return 1 if unknown else 0


async def _work(store: CdrStore, args: argparse.Namespace) -> tuple[list[KeptCallback], list[str]]:
    await store.open_to_read()
    try:
        now = SystemClock().now()
        unknown = [i for i in args.done if not await store.callback_done(i, args.note, now)]
        return await store.find_callbacks(args.queue, done=args.all), unknown
    finally:
        await store.close()


def _show(found: list[KeptCallback], *, in_full: bool, done: bool) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("Asked", "Id", "Number", "Lang", "Queue", "Times", *(("Done", "Note") if done else ())):
        table.add_column(title, no_wrap=True)
    for wish in found:
        number = wish.number if in_full else "*" * max(0, len(wish.number) - 3) + wish.number[-3:]
        facts = [wish.requested_local[:19], wish.id, number, wish.language, wish.queue, str(wish.times)]
        if done:
            facts += [(wish.done_local or "")[:19], wish.done_note]
        table.add_row(*facts)
    console = Console() if sys.stdout.isatty() else Console(width=1000)
    console.print(table)
    console.print(f"{len(found)} request{'' if len(found) == 1 else 's'}")
