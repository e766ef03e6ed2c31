"""``ivrd check``: everything an admin wrote, read and checked; all faults at once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.core.plan import Plan
from ivrd.daemon.plan import make_plan
from ivrd.settings.load import load
from ivrd.settings.site import Loaded


def add_parser(subparsers: Any) -> None:
    """``ivrd check``."""
    parser = subparsers.add_parser("check", help="check config/ and dialplans/ without starting")
    parser.set_defaults(run=run)


def read_all(config: Path) -> tuple[Loaded, Plan]:
    """Everything an admin wrote; ConfigError, with every fault, when something is wrong."""
    loaded = load(config)
    texts = catalogue.load(
        loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages
    )
    return loaded, make_plan(loaded, texts)


def run(args: argparse.Namespace) -> int:
    """ConfigError, with every fault, when something is wrong."""
    loaded, plan = read_all(args.config)
    nodes = sum(len(f.nodes) for f in plan.flows.values())
    print(
        f"all right: {len(plan.flows)} dialplan(s) with {nodes} nodes, {len(loaded.queues)} queues, "
        f"{len(loaded.agents)} agents"
    )
    return 0
