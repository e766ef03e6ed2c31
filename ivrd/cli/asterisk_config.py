"""``ivrd asterisk-config``: write Asterisk's files from config/."""

from __future__ import annotations

import argparse
from pathlib import Path

from ivrd.adapters import asterisk_config
from ivrd.adapters.asterisk_config.write import BACKUP_SUFFIX, Written, ensure_music
from ivrd.settings import secrets
from ivrd.settings.load import load
from ivrd.settings.site import Loaded

#: Where distributions keep Asterisk's modules.
_MODULE_PLACES = ("/usr/lib/*/asterisk/modules", "/usr/lib/asterisk/modules", "/usr/lib64/asterisk/modules")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to ``ivrd``."""
    parser = subparsers.add_parser(
        "asterisk-config",
        help="write Asterisk's files from config/",
        description="Writes Asterisk's files from config/: only those that changed; a file of "
        f"somebody else's is kept beside its replacement as *{BACKUP_SUFFIX}. Afterwards: restart "
        "Asterisk the first time, `asterisk -rx 'core reload'` later.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="e.g. /etc/asterisk")
    parser.add_argument(
        "--private", action="store_true",
        help="for an Asterisk of our own, which keeps its things in var/asterisk",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a file would change"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: up to date now; 1: ``--check`` found files that would change."""
    loaded = load(args.config)
    extensions = [agent.extension for agent in loaded.agents.values()]
    passwords = secrets.load_or_create(loaded.path(loaded.site.paths.state), extensions)
    out = args.out.resolve()
    private = private_instance(loaded) if args.private else None
    files = asterisk_config.render(
        loaded,
        passwords,
        etc=out,
        music=ensure_music(loaded),
        private=private,
        available=_available(loaded),
    )
    if private is not None and not args.check:
        for directory in private.folders:
            directory.mkdir(parents=True, exist_ok=True)
    written = asterisk_config.write(files, out, private=args.private, check=args.check)
    _report(written, out, checking=args.check)
    return 1 if args.check and written.changed else 0


def private_instance(loaded: Loaded) -> asterisk_config.Private:
    """An Asterisk of our own below ``var/asterisk``, from packages unpacked where the settings say."""
    modules = loaded.site.asterisk.modules_dir
    return asterisk_config.Private(
        base=loaded.root / "var" / "asterisk",
        modules_dir=modules,
        data_dir=data_dir_of(modules) if modules else None,
    )


def data_dir_of(modules: Path) -> Path | None:
    """<root>/usr/share/asterisk for modules in <root>/usr/lib/..., if it is there."""
    for parent in modules.parents:
        if parent.name == "usr" and (parent / "share" / "asterisk").is_dir():
            return parent / "share" / "asterisk"
    return None


def _available(loaded: Loaded) -> frozenset[str] | None:
    """Names of the modules on this machine; None when they are in no place we know."""
    configured = loaded.site.asterisk.modules_dir
    places = [configured] if configured else [
        found for place in _MODULE_PLACES for found in Path("/").glob(place.lstrip("/"))
    ]  # fmt: skip
    names = frozenset(module.stem for place in places for module in place.glob("*.so"))
    return names or None


def _report(written: Written, out: Path, *, checking: bool) -> None:
    if not written.changed:
        print(f"{out}: up to date")
        return
    for name in written.changed:
        print(f"{'would change' if checking else 'wrote'} {out / name}")
    for name in written.backed_up:
        print(f"{'would keep' if checking else 'kept'} the old {name} as {name}{BACKUP_SUFFIX}")
