"""The tables of docs/performance.md that need no Asterisk: they print, and their goals are judged."""

from __future__ import annotations

import sys

import pytest

from bench import agreement, skills
from ivrd.simulation.agreement import Equals


def test_the_price_of_skills_prints_a_row_a_load(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(skills, "LOADS", ("0.5", "1"))
    monkeypatch.setattr(sys, "argv", ["skills", "--days", "2"])
    assert skills.main() == 0
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in capsys.readouterr().out.splitlines()]
    assert [(r[0], r[-1]) for r in rows[2:]] == [("0.5", "kept"), ("1", "kept")]


def test_agreement_prints_and_counts_what_is_inside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    case = Equals(agents=3, calls_per_s=0.02, handling_s=100, patience_s=60, trunks=5)
    monkeypatch.setattr(agreement, "CASES", [("trunks", case), ("c", Equals(agents=3, calls_per_s=0.01, handling_s=100))])
    monkeypatch.setattr(sys, "argv", ["agreement", "--calls", "50"])
    status, out = agreement.main(), capsys.readouterr().out
    assert out.count("\n| ") == 9 - 1
    assert (status == 0) == out.rstrip().endswith(("8 of 8 inside",))
