"""``ivrd schema``: JSON Schemas for editors, and the reference of the dialplan language made of them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ivrd.errors import IvrdError
from ivrd.settings import reference, schema

DOCUMENT = "dialplan.md"
SETTINGS = ("ivrd", "queues", "agents", "calendar", "traffic", "workload")


def add_parser(subparsers: Any) -> None:
    """``ivrd schema``."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON Schema of dialplans or of a settings file",
        description="With the schema's comment at its top a YAML editor completes, explains and checks as one types:"
        " `# yaml-language-server: $schema=../docs/dialplan.schema.json`",
    )
    parser.add_argument("of", nargs="?", choices=("dialplan", *SETTINGS), default="dialplan", help="(default: dialplan)")
    parser.add_argument("--markdown", action="store_true", help="print the reference of the dialplan language")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"write all schemas, and renew the reference in {DOCUMENT}"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """IvrdError when the directory cannot be written."""
    if args.markdown:
        print(reference.markdown(), end="")
    elif args.out is None:
        print(files()[args.of], end="")
    else:
        try:
            write(args.out)
        except (OSError, ValueError) as exc:
            raise IvrdError(f"{args.out}: {exc}") from exc
    return 0


def files() -> dict[str, str]:
    """Name -> the schema's text."""
    all_of_them = {"dialplan": schema.dialplan(), **schema.settings()}
    return {name: json.dumps(made, indent=1, ensure_ascii=False) + "\n" for name, made in all_of_them.items()}


def write(directory: Path) -> None:
    """Every schema, and the reference in the document."""
    for name, text in files().items():
        (directory / f"{name}.schema.json").write_text(text, encoding="utf-8")
    document = directory / DOCUMENT
    if document.exists():
        document.write_text(reference.renewed(document.read_text(encoding="utf-8")), encoding="utf-8")
