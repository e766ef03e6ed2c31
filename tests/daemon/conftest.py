"""A site to start ivrd on, cheap enough for each test: no Asterisk, no broker, unless a test brings them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.site import SitePaths, make_site, remove, scratch
from tests.live.said import write_flows, write_prompts

AGENTS = {"101": {"name": "Adi", "languages": ["id", "en"]}, "102": {"name": "Ayu"}}


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prompts directory with audio."""
    directory = tmp_path_factory.mktemp("prompts")
    write_prompts(directory)
    return directory


@pytest.fixture
def site(prompts: Path) -> Iterator[SitePaths]:
    """A site that would start."""
    root = scratch()
    write_flows(root / "dialplans")
    paths = {"prompts": str(prompts), "dialplans": "dialplans"}
    yield make_site(root, agents=AGENTS, overrides={"ivrd.yaml": {"paths": paths}})
    remove(root)
