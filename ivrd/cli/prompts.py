"""`ivrd prompts build|missing|check|listen|sheet`: the audio behind prompts/catalogue.yaml."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ivrd.adapters.prompts import audio, build, catalogue, quality, sheet, spoken, studio
from ivrd.adapters.prompts.build import Workshop
from ivrd.adapters.prompts.library import BuiltPrompts
from ivrd.adapters.prompts.sources import sources, unused_recordings
from ivrd.core.ivr.shape import says
from ivrd.core.speech import Number, Prompt, Speech
from ivrd.daemon.checkup import check as check_all
from ivrd.daemon.prompts import CORE_PROMPTS, FALLBACK_PROMPTS
from ivrd.errors import IvrdError
from ivrd.settings import load, named

HELP = {
    "build": "make audio of what is new or has changed",
    "missing": "list prompts without up-to-date audio; status 1 when there are any",
    "check": "check texts, studio recordings and built audio; status 1 when something is wrong",
    "listen": "play what a caller would hear, or tell where it is",
    "sheet": "what a speaker must record in a studio, as CSV or to print",
}
#: program and its arguments before the files
PLAYERS = (("play", "-q"), ("aplay", "-q"), ("paplay",), ("afplay",), ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"))


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `prompts` to ``ivrd``'s commands."""
    parser = subparsers.add_parser("prompts", help="build and check what callers are told")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    made = {action: actions.add_parser(action, help=text, description=text) for action, text in HELP.items()}
    made["listen"].add_argument("what", help="a key of the catalogue, or a number from 0 to 999999")
    made["listen"].add_argument("--path", action="store_true", help="only tell the files")
    for action in ("listen", "sheet"):
        made[action].add_argument("--language", help="(default: listen: the site's first; sheet: all)")
    made["sheet"].add_argument("--format", choices=sorted(sheet.FORMATS), default="csv", help="html is to print")
    made["sheet"].add_argument("--all", action="store_true", help="also what is recorded already")
    made["sheet"].add_argument("--out", type=Path, metavar="FILE", help="(default: standard output)")


def run(args: argparse.Namespace) -> int:
    """Carry the action out; the process's status. IvrdError when it cannot be."""
    shop = _workshop(args.config)
    actions: dict[str, Callable[[], int]] = {
        "build": lambda: _build(shop),
        "missing": lambda: _missing(shop),
        "check": lambda: _check(shop, args.config),
        "listen": lambda: _listen(shop, args),
        "sheet": lambda: _sheet(shop, args),
    }
    return actions[args.action]()


def _workshop(config: Path) -> Workshop:
    loaded = load.load(config)
    return Workshop(
        prompts_dir=loaded.path(loaded.site.paths.prompts),
        bin_dir=loaded.path(Path("var/bin")),
        languages=loaded.site.languages,
        settings=loaded.site.prompt_build,
    )


def _build(shop: Workshop) -> int:
    report = build.build(shop)
    print(
        f"prompts: {len(report.built)} built ({report.spoken_ms / 1000:.0f} s of speech),"
        f" {len(report.kept)} unchanged, {len(report.removed)} removed;"
        f" {len(report.from_studio)} are studio recordings"
    )
    _warn_of_unused(report.unused_recordings)
    return 0


def _missing(shop: Workshop) -> int:
    names = build.outdated(shop)
    for name in names:
        built = (shop.build_dir / f"{name}.wav").is_file()
        print(f"{name}: {'changed since it was built' if built else 'has no audio'}")
    if names:
        print(f"{len(names)} prompts are missing or out of date: run `ivrd prompts build`")
    return 1 if names else 0


def _check(shop: Workshop, config: Path) -> int:
    texts = catalogue.load(shop.prompts_dir / catalogue.FILE, shop.languages)
    all_of_them = sources(texts, shop.languages, shop.studio_dir)
    names = [s.name for s in all_of_them]
    measured = quality.measure(shop.build_dir, names)
    print(f"{len(names)} texts, {len(measured)} of them built, {sum(s.studio is not None for s in all_of_them)} recorded")
    wrong = [f"{m.name}: {c}" for m in measured if (c := m.complaint(shop.settings.loudness_dbfs))]
    wrong += [f"studio/{s.name}.wav: {c}" for s in all_of_them if s.studio and (c := studio.complaint(s.studio))]
    wrong += [
        f"studio/{s.name}.wav: stale: it says {text!r}, the catalogue {s.text!r}"
        for s, text in studio.stale(shop.studio_dir, all_of_them)
    ]
    built = {m.name for m in measured}
    wrong += [f"{name}: has no audio: run `ivrd prompts build`" for name in names if name not in built]
    for line in wrong:
        print(line)
    unused = unused_recordings(texts, shop.languages, shop.studio_dir)
    _warn_of_unused(unused)
    for key in _never_said(texts, config):
        print(f"{key}: no dialplan says it")
    return 1 if wrong or unused else 0


def _never_said(texts: catalogue.Catalogue, config: Path) -> list[str]:
    """Keys that neither a dialplan nor ivrd itself names; [] when a dialplan cannot be read."""
    done = check_all(config)
    if done.errors:
        return []
    flows = [f for flow in done.flows for f in (flow, *flow.parts.values())]
    said = {key.partition("@")[0] for flow in flows for node in flow.nodes.values() for _, key in says(node)}
    by_settings = {key for _, _, key in named.prompts(done.loaded)} if done.loaded else set()
    used = said | CORE_PROMPTS | FALLBACK_PROMPTS | by_settings
    return [key for key in texts.entries if key not in used and not key.startswith(spoken.WORD)]


def _warn_of_unused(recordings: list[Path]) -> None:
    for path in recordings:
        print(f"{path}: no key has this name, so nobody will hear it")


def _listen(shop: Workshop, args: argparse.Namespace) -> int:
    """PromptMissing when it has no audio."""
    language = args.language or shop.languages[0]
    key, _, forced = args.what.partition("@")
    what: Speech = Number(value=int(key)) if key.isdigit() else Prompt(key=key, language=forced)
    media = BuiltPrompts(shop.build_dir).render((what,), language)
    files = [str(path.with_name(f"{path.name}.wav")) for path in media]
    player = next(((found, *p[1:]) for p in PLAYERS if (found := audio.find_program(p[0], shop.bin_dir))), None)
    if args.path or player is None or not sys.stdout.isatty():
        print("\n".join(files))
        return 0
    many = player[0].endswith(("play", "aplay")) and not player[0].endswith(("ffplay", "afplay", "paplay"))
    for batch in [files] if many else [[file] for file in files]:
        if subprocess.run([*player, *batch], check=False).returncode != 0:
            raise IvrdError(f"{player[0]} could not play: {' '.join(batch)}")
    return 0


def _sheet(shop: Workshop, args: argparse.Namespace) -> int:
    texts = catalogue.load(shop.prompts_dir / catalogue.FILE, shop.languages)
    languages = [args.language] if args.language else shop.languages
    if unknown := set(languages) - set(shop.languages):
        raise IvrdError(f"the site does not speak {', '.join(unknown)}: it speaks {', '.join(shop.languages)}")
    all_of_them = sources(texts, languages, shop.studio_dir)
    stale = {s.name for s, _ in studio.stale(shop.studio_dir, all_of_them)}
    text = sheet.FORMATS[args.format](sheet.takes(texts, all_of_them, stale, everything=args.all))
    if args.out is None:
        print(text, end="")
        return 0
    try:
        args.out.write_text(text, encoding="utf-8", newline="")
    except OSError as exc:
        raise IvrdError(f"{args.out}: {exc.strerror}") from exc
    return 0
