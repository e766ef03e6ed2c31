"""The command line: argv only, one file a command.

Each command module has ``add_parser(subparsers)`` and ``run(args) -> exit status``. Exit status: 0 done,
1 something is wrong with what was asked for (said on standard error), 2 wrong use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ivrd import __version__
from ivrd.cli import (
    asterisk_config,
    audit,
    broker_config,
    callbacks,
    caller,
    cdr,
    check,
    diff,
    drain,
    flowtest,
    graph,
    prompts,
    recordings,
    reload,
    rescue,
    run,
    schema,
    secrets,
    simulate,
    staff,
    walk,
    what,
    why,
)
from ivrd.errors import IvrdError

COMMANDS = (
    run,
    rescue,
    reload,
    drain,
    check,
    schema,
    cdr,
    why,
    callbacks,
    recordings,
    caller,
    audit,
    prompts,
    asterisk_config,
    broker_config,
    secrets,
    what,
    walk,
    flowtest,
    graph,
    diff,
    staff,
    simulate,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a user's mistake is told in words, never as a traceback."""
    parser = argparse.ArgumentParser(
        prog="ivrd", description="The telephone front door of a public contact centre."
    )
    parser.add_argument("--version", action="version", version=f"ivrd {__version__}")
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("config"),
        metavar="DIR",
        help="directory with ivrd.yaml, queues.yaml, agents.yaml, calendar.yaml (default: config)",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    args = parser.parse_args(argv)
    try:
        status: int = args.run(args)
    except IvrdError as exc:
        print(f"ivrd: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    return status
