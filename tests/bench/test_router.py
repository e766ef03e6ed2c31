"""The router's benchmark runs, and measures decisions that are made."""

from __future__ import annotations

import pytest

from bench import router


def test_it_prints_a_row_a_size_and_how_it_grows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(router, "SIZES", ((12, 20), (24, 40)))
    monkeypatch.setattr(router, "ROUNDS", 12)
    router.main()
    printed = capsys.readouterr().out
    assert "| 12 / 20 |" in printed
    assert "growth by floor size: decision" in printed


def test_a_decision_offers_a_call_and_is_taken_back() -> None:
    centre = router.Centre(12, 20)
    agent = next(a for a in centre.exchange.plan.floor.agents if centre.free(a))
    assert sum(len(c.ringing) for c in centre.exchange.state.calls.values()) == 1
    centre.undo(agent)
    assert sum(len(c.ringing) for c in centre.exchange.state.calls.values()) == 0
