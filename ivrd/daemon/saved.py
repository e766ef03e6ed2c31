"""Was a file saved? By looking at times and sizes: a dozen files, on any file system, without a daemon's help (ADR 19)."""

from __future__ import annotations

from pathlib import Path

from ivrd.adapters.prompts import build, catalogue
from ivrd.settings.load import FILES
from ivrd.settings.site import Loaded

Signature = dict[str, tuple[int, int, int]]
"""Path -> inode, length in bytes, time of the last change in ns. What does not exist is not listed."""


def watched(loaded: Loaded) -> list[Path]:
    """Every file that a reload reads, and what a build of prompts leaves last."""
    paths = loaded.site.paths
    prompts = loaded.path(paths.prompts)
    dialplans = sorted(loaded.path(paths.dialplans).glob("*.yaml"))
    config = [loaded.config / name for name in FILES]
    return [*config, *dialplans, prompts / catalogue.FILE, prompts / "build" / build.MANIFEST]


def signature(loaded: Loaded) -> Signature:
    """How the files look now; blocks as long as the disk does."""
    found: Signature = {}
    for path in watched(loaded):
        try:
            seen = path.stat()
        except OSError:
            continue
        found[str(path)] = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
    return found


class Saved:
    """Tells once of each change, and only when two looks agree: nobody is in the middle of writing."""

    def __init__(self, now: Signature) -> None:
        self._handled = self._looked = now

    def handled(self, now: Signature) -> None:
        """The files were read as they are now."""
        self._handled = now

    def look(self, now: Signature) -> bool:
        """Whether there is something to read."""
        settled, self._looked = now == self._looked, now
        return settled and now != self._handled
