"""Settings of waiting: faults are named where they stand, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivrd.errors import ConfigError
from ivrd.settings.load import load
from rig.site import make_site, remove, scratch

QUEUE = {"queues": {"umum": {"music": "calm"}}}


def faults(tmp_path: Path, overrides: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        load(make_site(tmp_path, overrides=overrides).config)
    return str(caught.value)


@pytest.fixture
def root() -> Iterator[Path]:
    """A path short enough for Asterisk's control socket, which pytest's need not be."""
    yield (made := scratch())
    remove(made)


def test_music_that_nobody_listed(tmp_path: Path) -> None:
    said = faults(tmp_path, {"queues.yaml": QUEUE, "ivrd.yaml": {"music": {"kalm": "prompts/kalm"}}})
    assert "there is no music 'calm'" in said
    assert "did you mean 'kalm'?" in said


def test_music_of_a_queue_becomes_a_class(root: Path) -> None:
    site = make_site(root, overrides={"queues.yaml": QUEUE, "ivrd.yaml": {"music": {"calm": "prompts/calm"}}})
    conf = (site.etc / "musiconhold.conf").read_text()
    assert "[calm]" in conf
    assert f"directory = {site.root / 'prompts' / 'calm'}" in conf


@pytest.mark.parametrize(
    ("trunk", "said"),
    [
        ({"channels": 2, "reserve": 2}, "leaves no channel of 2 for callers"),
        ({"full_says": "trunk-full"}, "only on a channel kept in `reserve`"),
        ({"full_cause": 16}, "17 or 34 or 42"),
    ],
)
def test_a_trunk_that_makes_no_sense(tmp_path: Path, trunk: dict[str, Any], said: str) -> None:
    found = faults(tmp_path, {"ivrd.yaml": {"asterisk": {"trunk": trunk}}})
    assert said in found.replace(",", " or").replace("  ", " "), found


def test_callbacks_that_could_dial_nothing(tmp_path: Path) -> None:
    said = faults(tmp_path, {"ivrd.yaml": {"callbacks": {"allow": ["08X."], "dial": "agent_first"}}})
    assert "nothing may be dialled outside" in said
    assert "asterisk.trunk.outbound.allow" in said


def test_limits_of_a_queue(tmp_path: Path) -> None:
    said = faults(tmp_path, {"queues.yaml": {"queues": {"umum": {"closing_grace_s": -1, "max_expected_wait_s": -1, "comfort_every_s": 1}}}})
    for name in ("closing_grace_s", "max_expected_wait_s", "comfort_every_s"):
        assert name in said
