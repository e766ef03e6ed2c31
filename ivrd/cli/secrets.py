"""``ivrd secrets rotate``: new passwords, and what has to be done for them to be used."""

from __future__ import annotations

import argparse
from typing import Any

from ivrd.cli.archive import open_archive, operator
from ivrd.settings import rotation


def add_parser(subparsers: Any) -> None:
    """``ivrd secrets``."""
    parser = subparsers.add_parser("secrets", help="make new passwords")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    rotate = actions.add_parser("rotate", help="make new ones for old ones; says what to do next")
    what = f"{', '.join(rotation.STEPS)}, all; or one of several: phones.101"
    rotate.add_argument("names", nargs="+", metavar="NAME", help=what)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0. No password is ever printed."""
    archive = open_archive(args.config)
    state = archive.loaded.path(archive.loaded.site.paths.state)
    done = rotation.rotate(state, args.names)
    archive.audit.write(operator(), "secrets rotated", names=done.names)
    print(f"new: {', '.join(done.names) or 'nothing'}")
    if done.steps:
        print("next, at once:")
    for number, step in enumerate(done.steps, 1):
        print(f"  {number}. {rotation.WORDS[step]}")
    return 0
