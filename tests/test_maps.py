"""Each package opens with its map: whoever adds a module says there what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.tools import REPOSITORY

PACKAGES = ("ivrd/core", "ivrd/daemon", "ivrd/adapters", "ivrd/settings", "rig")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_map_names_every_room(package: str) -> None:
    directory: Path = REPOSITORY / package
    shown = (directory / "__init__.py").read_text()
    rooms = [f"{p.name}/" if p.is_dir() else p.name for p in directory.iterdir() if not p.name.startswith(("_", "."))]
    missing = [room for room in rooms if room.endswith(("/", ".py")) and room not in shown]
    assert not missing
