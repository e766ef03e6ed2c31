"""`ivrd prompts build|missing|check`: the audio behind prompts/catalogue.yaml."""

from __future__ import annotations

import argparse
from pathlib import Path

from ivrd.adapters.prompts import build, catalogue, quality
from ivrd.adapters.prompts.build import Workshop
from ivrd.adapters.prompts.sources import sources, unused_recordings
from ivrd.settings import load

HELP = {
    "build": "make audio of what is new or has changed",
    "missing": "list prompts without up-to-date audio; status 1 when there are any",
    "check": "check the catalogue, the studio recordings and the built audio",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `prompts` to ``ivrd``'s commands."""
    parser = subparsers.add_parser("prompts", help="build and check what callers are told")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, text in HELP.items():
        actions.add_parser(action, help=text, description=text)


def run(args: argparse.Namespace) -> int:
    """Carry the action out; the process's status. IvrdError when it cannot be."""
    shop = _workshop(args.config)
    actions = {"build": _build, "missing": _missing, "check": _check}
    return actions[args.action](shop)


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


def _check(shop: Workshop) -> int:
    texts = catalogue.load(shop.prompts_dir / catalogue.FILE, shop.languages)
    names = [s.name for s in sources(texts, shop.languages, shop.studio_dir)]
    measured = quality.measure(shop.build_dir, names)
    loudness_dbfs = shop.settings.loudness_dbfs
    complaints = [f"{m.name}: {c}" for m in measured if (c := m.complaint(loudness_dbfs))]
    print("\n".join([f"{len(names)} texts, {len(measured)} of them built", *complaints]))
    unused = unused_recordings(texts, shop.languages, shop.studio_dir)
    _warn_of_unused(unused)
    return 1 if complaints or unused or len(measured) < len(names) else 0


def _warn_of_unused(recordings: list[Path]) -> None:
    for path in recordings:
        print(f"{path}: no key has this name, so nobody will hear it")
