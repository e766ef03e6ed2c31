"""``ivrd graph dialplans/169.yaml``: a flow as a picture, to print or to put into a wiki."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.daemon.plan import read_flow
from ivrd.errors import IvrdError
from ivrd.graph.chart import Text
from ivrd.graph.mermaid import mermaid
from ivrd.graph.svg import svg
from ivrd.settings.load import load

FORMATS = {"mermaid": mermaid, "svg": svg}


def add_parser(subparsers: Any) -> None:
    """``ivrd graph``."""
    parser = subparsers.add_parser(
        "graph", help="draw a dialplan: Mermaid text, or an SVG page to print",
        description="Every node with its verb, the beginning of what it says, and its keys and other ways out. "
        "An SVG is one page, A4 or A3 across; sub-flows stand below.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a file of dialplans/")
    parser.add_argument("--format", choices=sorted(FORMATS), help="(default: by the name of --out, else mermaid)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there (default: standard output)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """IvrdError for a file that is faulty or cannot be written."""
    loaded = load(args.config)
    texts = catalogue.load(loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages)
    flow = read_flow(args.file, loaded, texts)
    named = "svg" if args.out and args.out.suffix == ".svg" else "mermaid"
    drawn = FORMATS[args.format or named](flow, _words(texts, loaded.site.languages[0]))
    if args.out is None:
        print(drawn, end="")
        return 0
    try:
        args.out.write_text(drawn, encoding="utf-8")
    except OSError as exc:
        raise IvrdError(f"{args.out}: {exc.strerror}") from exc
    return 0


def _words(texts: Catalogue, language: str) -> Text:
    """What a prompt says in the site's first language; spoken values by their name."""

    def text(word: str) -> str:
        if word.startswith(":"):
            return f"({word[1:]})"
        key, _, forced = word.partition("@")
        return texts.text(key, forced or language) or ""

    return text
