"""``ivrd drain``: no new calls for the running daemon; the old ones are served to their end, or left to the standby."""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ivrd.adapters.audit import AuditLog
from ivrd.adapters.journal import holder
from ivrd.cli.archive import operator
from ivrd.daemon import course, standby
from ivrd.daemon.clock import SystemClock
from ivrd.daemon.stopping import DRAIN, HAND_OVER
from ivrd.errors import IvrdError, OutsideError
from ivrd.settings.load import load

_LOOK_EVERY_S = 0.25
_LOOK_AGAIN_S = 0.02


def add_parser(subparsers: Any) -> None:
    """``ivrd drain``."""
    parser = subparsers.add_parser(
        "drain",
        help="have the running daemon take no new calls, serve the old ones to their end, and stop",
        description="New callers go to the dialplan's fallback meanwhile. Tells how many calls are left. Status 0: the "
        "daemon is gone, 1: it is not. Given up with Ctrl-C, or asked twice, the drain goes on.",
    )
    parser.add_argument(
        "--handover",
        action="store_true",
        help="stop at once and leave all calls to the standby (`ivrd run --standby`), which goes on with them",
    )
    parser.add_argument(
        "--wait-s", type=float, help="wait so long (default: 3660 for the calls' end, 60 for the standby)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """IvrdError when no daemon runs, it cannot be asked, or it is still there after ``--wait-s``."""
    loaded = load(args.config)
    state = loaded.path(loaded.site.paths.state)
    pid = asked_for(state)
    if args.handover:
        return hand_over(state, pid, 60.0 if args.wait_s is None else args.wait_s)
    deadline = time.monotonic() + (3660.0 if args.wait_s is None else args.wait_s)
    with ask(state, pid, DRAIN, "drain") as process:
        left = _watch(state, pid, process, deadline)
    if left:
        print(f"ivrd (process {pid}) is gone; its calls ({left}) go on in Asterisk, and are taken back at the next start")
    else:
        print(f"ivrd (process {pid}) is gone, no call is left")
    return 0


def hand_over(state: Path, pid: int, wait_s: float) -> int:
    """The leader stops, the standby leads. IvrdError when there is none, or it does not serve in time."""
    if not standby.waits(state):
        raise IvrdError(f"no standby waits for process {pid} to hand over: start one with `ivrd run --standby`. Nothing has changed")
    began = time.monotonic()
    deadline = began + wait_s
    with ask(state, pid, HAND_OVER, "hand over") as process:
        if not ended(process, wait_s):
            raise IvrdError(f"ivrd (process {pid}) has not stopped within {wait_s:g} s: see its log")
    while time.monotonic() < deadline:
        now = course.read(state)
        if now is not None and now.pid != pid and now.stage == course.SERVING:
            print(f"process {pid} has handed over to process {now.pid}, which serves after {time.monotonic() - began:.1f} s")
            return 0
        time.sleep(_LOOK_AGAIN_S)
    raise IvrdError(f"ivrd (process {pid}) is gone, and no standby serves after {wait_s:g} s: see its log, or start ivrd")


def asked_for(state: Path) -> int:
    """The daemon that leads and can be asked. IvrdError."""
    pid = holder(state)
    if pid is None:
        raise IvrdError(f"no ivrd runs with the state directory {state}: there is nothing to drain, or name its --config")
    told = course.read(state)
    if told is None or told.pid != pid:  # a signal that it does not know would end it
        raise IvrdError(f"ivrd (process {pid}) is just starting, or an older version: try again, or use `systemctl stop ivrd`")
    return pid


@contextlib.contextmanager
def ask(state: Path, pid: int, number: signal.Signals, what: str) -> Iterator[int]:
    """Send the signal, with a line in the audit log; a descriptor that becomes readable at the daemon's end."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        raise IvrdError(f"ivrd (process {pid}) has just ended") from None
    try:
        _audited(state, what, pid)
        with contextlib.suppress(ProcessLookupError):  # it has just ended, as it should
            signal.pidfd_send_signal(process, number)
        yield process
    except PermissionError:
        raise IvrdError(f"ivrd (process {pid}) belongs to another user: use `systemctl stop ivrd`, or its user") from None
    finally:
        os.close(process)


def ended(process: int, within_s: float) -> bool:
    """Whether the process is gone, waiting so long for it."""
    return bool(select.select([process], [], [], max(0.0, within_s))[0])


def _audited(state: Path, what: str, pid: int) -> None:
    try:
        AuditLog(state, SystemClock()).write(operator(), what, process=pid)
    except OutsideError as exc:  # who empties a machine with a full disk must not be kept from it
        print(f"ivrd: audit log not written: {exc}", file=sys.stderr)


def _watch(state: Path, pid: int, process: int, deadline: float) -> int:
    """Tell how it goes until the daemon is gone: how many calls are left then."""
    told: course.Course | None = None
    while True:
        gone = ended(process, min(_LOOK_EVERY_S, deadline - time.monotonic()))
        now = course.read(state)
        now = now if now is not None and now.pid == pid else told
        if gone:
            return now.calls if now else 0
        if now != told and now is not None and now.stage == course.DRAINING:
            print(f"draining, calls left: {now.calls}", flush=True)
        told = now
        if time.monotonic() >= deadline:
            left = f", calls left: {told.calls}" if told else ""
            raise IvrdError(f"ivrd (process {pid}) is not gone yet{left}. It goes on draining; `ivrd drain` shows how far it is")
