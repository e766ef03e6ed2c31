"""A copy of the shipped configuration that a test may spoil, and where things stand in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from ivrd.errors import ConfigError, Fault
from ivrd.settings.load import load

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """config/ and dialplans/ in a directory of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "config", root / "config")
        shutil.copytree(ROOT / "dialplans", root / "dialplans")

    def edit(self, file: str, before: str, after: str) -> None:
        """Replace a text that stands in the file exactly once."""
        path = self.root / "config" / file
        text = path.read_text()
        assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {file}"
        path.write_text(text.replace(before, after))

    def place(self, file: str, text: str) -> tuple[int, int]:
        """Line and column at which ``text`` first stands."""
        before = (self.root / "config" / file).read_text().partition(text)[0]
        return before.count("\n") + 1, len(before) - before.rfind("\n")

    def faults(self) -> list[Fault]:
        """What is wrong with it."""
        try:
            load(self.root / "config")
        except ConfigError as exc:
            return exc.faults
        return []
