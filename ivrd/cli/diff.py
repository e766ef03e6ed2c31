"""``ivrd diff OLD NEW``: what changes for callers between two versions of a dialplan."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.cli import faults, revision
from ivrd.core.ivr.flow import Flow
from ivrd.daemon.plan import read_flow
from ivrd.errors import ConfigError, IvrdError
from ivrd.graph.diff import Change, diff
from ivrd.graph.steps import Words
from ivrd.graph.surroundings import surroundings
from ivrd.graph.told import facts, sentence
from ivrd.settings.load import load
from ivrd.settings.site import Loaded

STATUS = "status: 0  nothing changes for callers, 1  something does, 2  a file is faulty or cannot be read"


@dataclass(frozen=True)
class _Side:
    flow: Flow
    config: Path
    loaded: Loaded
    texts: Catalogue


def add_parser(subparsers: Any) -> None:
    """``ivrd diff``."""
    parser = subparsers.add_parser(
        "diff", help="tell what changes for callers between two versions of a dialplan", epilog=STATUS,
        description="Walks both flows step by step; how nodes are called does not matter. REVISION:FILE (HEAD~1:dialplans/169.yaml, "
        "from the top of the repository) is read from git, with the settings and texts of that revision.",
    )  # fmt: skip
    parser.add_argument("old", metavar="OLD", help="a file, or REVISION:FILE")
    parser.add_argument("new", metavar="NEW", help="a file, or REVISION:FILE")
    parser.add_argument("--old-config", type=Path, metavar="DIR", help="settings that belong to OLD (default: those of --config)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """See STATUS."""
    with ExitStack() as stack:
        taken: dict[str, str] = {}  # directory -> as a person knows it
        try:
            old = _side(args.old, args.old_config or args.config, stack, taken)
            new = _side(args.new, args.config, stack, taken)
        except ConfigError as exc:
            print(_known(faults.text(faults.in_order(exc.faults, [])), taken), file=sys.stderr)
            return 2
        except IvrdError as exc:
            print(_known(f"ivrd: {exc}", taken), file=sys.stderr)
            return 2
    around = surroundings((old.flow, old.loaded), (new.flow, new.loaded)) if old.config != new.config else []
    found = [*around, *diff(old.flow, new.flow, _words(old), _words(new))]
    language = new.loaded.site.languages[0]
    print(_as_json(found, language) if args.format == "json" else _as_text(new.flow.name, found, language))
    return 1 if found else 0


def _side(word: str, config: Path, stack: ExitStack, taken: dict[str, str]) -> _Side:
    """One version with all that belongs to it. ConfigError for faulty files, IvrdError for what git has not."""
    file = Path(word)
    if at := revision.split(word):
        repository = revision.top(config if config.is_dir() else Path())
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ivrd-diff-"))).resolve()
        taken[f"{root}/"] = f"{at[0]}:"
        revision.take_out(repository, at[0], root)
        try:
            config = root / config.resolve().relative_to(repository)
        except ValueError:
            raise IvrdError(f"{config} is not in the repository {repository}") from None
        file = root / at[1]
        if not file.resolve().is_relative_to(root):
            raise IvrdError(f"{word}: the path begins at the top of the repository")
    loaded = load(config)
    texts = catalogue.load(loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages)
    return _Side(read_flow(file, loaded, texts), config.resolve(), loaded, texts)


def _words(side: _Side) -> Words:
    def words(word: str) -> dict[str, str]:
        key, _, forced = word.partition("@")
        languages = (forced,) if forced else side.loaded.site.languages
        return {each: text for each in languages if (text := side.texts.text(key, each)) is not None}

    return words


def _known(text: str, taken: dict[str, str]) -> str:
    """Files that were taken out of git under the names under which they are known."""
    for directory, name in taken.items():
        text = text.replace(directory, name)
    return text


def _as_text(name: str, found: list[Change], language: str) -> str:
    if not found:
        return f"{name}: nothing changes for callers"
    count = "one thing changes" if len(found) == 1 else f"{len(found)} things change"
    return "\n".join([f"{name}: {count} for callers", *(f"  {sentence(change, language)}" for change in found)])


def _as_json(found: list[Change], language: str) -> str:
    return json.dumps([facts(change, language) for change in found], indent=1, ensure_ascii=False)
