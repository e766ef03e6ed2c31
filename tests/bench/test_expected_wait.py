"""The bench of expected waits: what its table says, and that our estimate is the best of those it compares."""

from __future__ import annotations

import pytest

from bench import expected_wait
from rig.tools import REPOSITORY


def test_bias_has_a_sign_and_the_error_has_none() -> None:
    said = dict.fromkeys(("ivrd", *expected_wait.FORMULAS), 10.0)
    lines = expected_wait.table([(said, 20.0), (said | {"ivrd": 50.0}, 40.0)])
    assert lines[0] == "2 callers who had to wait, 30 s on average"
    assert "| ivrd | +0 | 10 | 33% |" in lines
    assert "| app_queue | -20 | 20 | 67% |" in lines


def test_on_the_same_callers_ours_is_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    found = expected_wait.watched(days=1, load=3.0, seed=1)
    assert len(found) > 100
    errors = {n: sum(abs(said[n] - real) for said, real in found) for n in ("ivrd", *expected_wait.FORMULAS)}
    assert min(errors, key=lambda n: errors[n]) == "ivrd", errors
