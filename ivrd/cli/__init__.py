"""The command line: argv only, one file a command.

Each command module has ``add_parser(subparsers)`` and ``run(args) -> exit status``. Exit status: 0 done,
1 something is wrong with what was asked for (said on standard error), 2 wrong use.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from ivrd import __version__
from ivrd.errors import IvrdError

#: what is typed -> the module that does it, in the order in which help lists them
COMMANDS = {
    "run": "run",
    "rescue": "rescue",
    "reload": "reload",
    "drain": "drain",
    "check": "check",
    "schema": "schema",
    "cdr": "cdr",
    "why": "why",
    "callbacks": "callbacks",
    "recordings": "recordings",
    "caller": "caller",
    "audit": "audit",
    "prompts": "prompts",
    "asterisk-config": "asterisk_config",
    "broker-config": "broker_config",
    "secrets": "secrets",
    "what": "what",
    "try": "walk",
    "test": "flowtest",
    "graph": "graph",
    "diff": "diff",
    "staff": "staff",
    "simulate": "simulate",
}


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
    typed = sys.argv[1:] if argv is None else argv
    for module in _wanted(typed):
        importlib.import_module(f"ivrd.cli.{module}").add_parser(subparsers)
    args = parser.parse_args(typed)
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


def _wanted(typed: Sequence[str]) -> list[str]:
    """Modules of the commands that may be meant, all when none is named: a daemon that is started again loads no simulator first."""
    return [module for name, module in COMMANDS.items() if name in typed] or list(COMMANDS.values())
