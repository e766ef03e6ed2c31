"""``ivrd check``: everything an admin wrote, read and checked; all faults of all files at once."""

from __future__ import annotations

import argparse
from typing import Any

from ivrd.cli.faults import FORMATS, in_order
from ivrd.daemon.checkup import Checked, check

STATUS = """\
status: 0  nothing is wrong (warnings may be told), 1  something is wrong,
        2  the command was used wrongly. With --strict warnings are wrong, too.
"""


def add_parser(subparsers: Any) -> None:
    """``ivrd check``."""
    parser = subparsers.add_parser(
        "check",
        help="check config/, dialplans/ and the prompts' texts without starting",
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="how faults are told (default: text)")
    parser.add_argument("--strict", action="store_true", help="warnings count as faults: for CI")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Status 1 when something is wrong."""
    done = check(args.config)
    told = FORMATS[args.format](in_order(done.errors, done.warnings))
    if told:
        print(told)
    if done.errors or (args.strict and done.warnings):
        return 1
    if args.format == "text":
        print(_summary(done))
    return 0


def _summary(done: Checked) -> str:
    assert done.loaded is not None
    nodes = sum(len(f.nodes) for f in done.flows)
    return (
        f"all right: {len(done.flows)} dialplan(s) with {nodes} nodes, {len(done.loaded.queues)} queues, "
        f"{len(done.loaded.agents)} agents"
    )

