"""SIGHUP's work: what is wrong changes nothing, what is right is used by the next call."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from ivrd.adapters.prompts import catalogue
from ivrd.core.exchange import Exchange
from ivrd.core.speech import Speech
from ivrd.daemon.plan import make_plan
from ivrd.daemon.reload import reload
from ivrd.settings.load import load
from rig.tools import REPOSITORY


class EveryPrompt:
    """Audio for everything."""

    def render(self, speech: Sequence[Speech], language: str) -> list[Path]:
        return []

    def missing(self, keys: Iterable[str], languages: Iterable[str]) -> list[tuple[str, str]]:
        return []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("config", "dialplans"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / "prompts").mkdir()
    shutil.copy(REPOSITORY / "prompts" / "catalogue.yaml", tmp_path / "prompts")
    return tmp_path


def exchange_of(root: Path) -> Exchange:
    loaded = load(root / "config")
    return Exchange(make_plan(loaded, catalogue.load(root / "prompts" / "catalogue.yaml", ("id", "en"))))


def test_a_changed_dialplan_is_a_new_version_for_new_calls(root: Path) -> None:
    exchange = exchange_of(root)
    before = exchange.plan.current["169"]
    flow = root / "dialplans" / "169.yaml"
    flow.write_text(flow.read_text() + "\n# another thought\n")
    assert reload(load(root / "config"), exchange, EveryPrompt())
    assert exchange.plan.current["169"] != before


def test_a_faulty_dialplan_changes_nothing(root: Path) -> None:
    exchange = exchange_of(root)
    before = exchange.plan
    loaded = load(root / "config")
    flow = root / "dialplans" / "169.yaml"
    flow.write_text(flow.read_text().replace("to: kbli", "to: kbly"))
    assert not reload(loaded, exchange, EveryPrompt())
    assert exchange.plan is before


def test_a_faulty_agent_changes_nothing(root: Path) -> None:
    exchange = exchange_of(root)
    before = exchange.plan
    loaded = load(root / "config")
    agents = root / "config" / "agents.yaml"
    agents.write_text(agents.read_text() + '  "300": {nam: Nobody}\n')
    assert not reload(loaded, exchange, EveryPrompt())
    assert exchange.plan is before
