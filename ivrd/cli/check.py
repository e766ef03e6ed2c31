"""``ivrd check``: everything an admin wrote, read and checked; all faults at once."""

from __future__ import annotations

import argparse
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.daemon.plan import make_plan
from ivrd.settings.load import load


def add_parser(subparsers: Any) -> None:
    """``ivrd check``."""
    parser = subparsers.add_parser("check", help="check config/ and dialplans/ without starting")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """ConfigError, with every fault, when something is wrong."""
    loaded = load(args.config)
    texts = catalogue.load(
        loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages
    )
    plan = make_plan(loaded, texts)
    nodes = sum(len(f.nodes) for f in plan.flows.values())
    print(
        f"all right: {len(plan.flows)} dialplan(s) with {nodes} nodes, {len(loaded.queues)} queues, "
        f"{len(loaded.agents)} agents"
    )
    return 0
