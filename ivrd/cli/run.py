"""``ivrd run``: the daemon, in the foreground."""

from __future__ import annotations

import argparse
from typing import Any

from ivrd.daemon.bootstrap import run as run_daemon


def add_parser(subparsers: Any) -> None:
    """``ivrd run``."""
    parser = subparsers.add_parser("run", help="run the daemon in the foreground")
    parser.add_argument(
        "--drain-s",
        type=float,
        default=3600.0,
        help="at SIGTERM, wait so long for calls in progress (default: 3600); a second SIGTERM stops now",
    )
    parser.add_argument(
        "--standby",
        action="store_true",
        help="when another ivrd leads, wait until it hands over, stops, dies or freezes, and go on in its place",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Returns when the daemon has stopped."""
    return run_daemon(args.config, drain_s=args.drain_s, standby=args.standby)
