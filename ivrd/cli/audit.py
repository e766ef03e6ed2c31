"""``ivrd audit``: who did what, and whether the log was tampered with."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from ivrd.cli.archive import open_archive


def add_parser(subparsers: Any) -> None:
    """``ivrd audit``."""
    parser = subparsers.add_parser("audit", help="show who did what; says when the log was changed")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="the newest N lines (default: 50; 0 = all)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """1 when the chain of lines is broken."""
    audit = open_archive(args.config).audit
    lines = list(audit.lines())
    for line in lines[-args.limit :] if args.limit > 0 else lines:
        facts = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in line.facts.items())
        print(f"{line.at}  {line.by}  {line.action}  {facts}  {line.hash[:16]}")
    broken = audit.verify()
    if broken is not None:
        print(f"ivrd: {audit.path}:{broken.line}: {broken.why}", file=sys.stderr)
        return 1
    print(f"{len(lines)} lines, each as it was written")
    return 0
