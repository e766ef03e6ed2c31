"""``ivrd rescue``: look after callers when ivrd does not. A service of its own (systemd/ivrd-rescue.service)."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import Any

import structlog

from ivrd.adapters.ami.connection import Connection
from ivrd.adapters.audit import AuditLog
from ivrd.adapters.bell import ring
from ivrd.adapters.rescued import Ledger
from ivrd.adapters.systemd.notify import Notifier
from ivrd.cli.archive import operator
from ivrd.daemon import logs
from ivrd.daemon.clock import SystemClock
from ivrd.errors import OutsideError, StartError, SwitchError
from ivrd.rescue.watch import EVERY_S, Rescuer
from ivrd.settings import secrets
from ivrd.settings.load import load


def add_parser(subparsers: Any) -> None:
    """``ivrd rescue``."""
    parser = subparsers.add_parser(
        "rescue", help="while ivrd is away or frozen, move waiting callers to the dialplan's fallback"
    )
    parser.add_argument(
        "--now", action="store_true", help="move everybody who waits alone once, whatever ivrd does, and end"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Until SIGTERM; with ``--now`` once. StartError when Asterisk refuses (``--now`` only)."""
    loaded = load(args.config)
    site = loaded.site
    logs.configure(site.log_level, log_callers=site.log_callers)
    state = loaded.path(site.paths.state)
    password = secrets.load_or_create(state, [a.extension for a in loaded.agents.values()]).ami
    rescuer = Rescuer(
        site,
        lambda: ring(state, EVERY_S),
        lambda heard: Connection(loaded.ami, password, heard),
        Ledger(state),
        SystemClock(),
        Notifier(),
        structlog.get_logger("ivrd.rescue"),
    )
    return asyncio.run(once(rescuer, AuditLog(state, SystemClock())) if args.now else _until_told(rescuer))


async def _until_told(rescuer: Rescuer) -> int:
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(rescuer.run(), name="watching")
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
    return 0


async def once(rescuer: Rescuer, audit: AuditLog) -> int:
    """Move whoever waits, then note who asked for it. StartError when Asterisk refuses."""
    try:
        verdict = await rescuer.once()
    except SwitchError as exc:
        raise StartError(str(exc)) from exc
    try:
        audit.write(operator(), "callers rescued", callers=[c.unique_id for c in verdict.to_fallback], phones=len(verdict.hang_up))
    except OutsideError as exc:  # whoever waited was moved all the same
        print(f"ivrd: {exc}", file=sys.stderr)
    print(f"{len(verdict.to_fallback)} callers moved to the fallback, {len(verdict.hang_up)} phones hung up")
    return 0
