"""``ivrd reload``: have the running daemon read config/, dialplans/ and texts again, and tell how it went."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from ivrd.adapters.audit import AuditLog
from ivrd.adapters.journal import holder
from ivrd.cli.archive import operator
from ivrd.cli.faults import in_order, text
from ivrd.daemon import outcome
from ivrd.daemon.checkup import check
from ivrd.daemon.clock import SystemClock
from ivrd.errors import IvrdError, OutsideError
from ivrd.settings.load import load

_POLL_S = 0.05


def add_parser(subparsers: Any) -> None:
    """``ivrd reload``."""
    parser = subparsers.add_parser(
        "reload",
        help="have the running daemon read its configuration again",
        description="Checks first; a fault is told here and the daemon is left alone. Status 0: in use, 1: it is not.",
    )
    parser.add_argument(
        "--wait-s", type=float, default=30.0, help="wait so long for the daemon's answer (default: 30)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """IvrdError when no daemon runs, or it cannot be asked."""
    checked = check(args.config)
    if checked.errors:
        print(text(in_order(checked.errors, ())), file=sys.stderr)
        raise IvrdError("nothing has changed: mend these first")
    loaded = load(args.config)
    state = loaded.path(loaded.site.paths.state)
    pid = holder(state)
    if pid is None:
        raise IvrdError(f"no ivrd runs with the state directory {state}: start it, or name its --config")
    before = outcome.mark(state)
    _ask(pid)
    said = "no answer"
    try:
        done = _answer(state, before, args.wait_s, pid)
        said = done.outcome
    finally:
        _audited(state, pid, said)
    for setting in done.at_restart:
        print(f"changed, but in use after a restart only: {setting}", file=sys.stderr)
    if done.outcome != outcome.APPLIED:
        raise IvrdError("nothing has changed:\n" + "\n".join(done.faults))
    print("in use for new calls: " + ", ".join(sorted(done.flows.values())))
    return 0


def _ask(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGHUP)
    except PermissionError:
        raise IvrdError(
            f"ivrd (process {pid}) belongs to another user: use `systemctl reload ivrd`, or its user"
        ) from None
    except ProcessLookupError:
        raise IvrdError(f"ivrd (process {pid}) has just ended") from None


def _audited(state: Path, pid: int, said: str) -> None:
    """Whoever had it reloaded is known; saved files that the daemon finds by itself are nobody's order."""
    try:
        AuditLog(state, SystemClock()).write(operator(), "configuration reloaded", process=pid, outcome=said)
    except OutsideError as exc:  # it has happened already
        print(f"ivrd: audit log not written: {exc}", file=sys.stderr)


def _answer(state: Path, before: tuple[int, int], wait_s: float, pid: int) -> outcome.Outcome:
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if outcome.mark(state) != before:
            try:
                return outcome.last(state)
            except (OSError, ValueError, TypeError, KeyError) as exc:
                raise IvrdError(f"{state / outcome.FILE} cannot be read: {exc}") from exc
        time.sleep(_POLL_S)
    raise IvrdError(f"ivrd (process {pid}) has not answered within {wait_s:g} s: see its log")
