"""Fixtures of the settings' tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sites import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A copy of the shipped configuration that a test may spoil."""
    return Site(tmp_path)
