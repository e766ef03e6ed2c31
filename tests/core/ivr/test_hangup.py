"""hangup: the flow ends the call, and says what the row shows."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp
from ivrd.errors import ConfigError


@pytest.mark.parametrize(
    ("why", "disposition"),
    [
        ("completed", Disposition.COMPLETED_IVR),
        ("closed", Disposition.CLOSED),
        ("overflow", Disposition.OVERFLOW),
        ("no_input", Disposition.ABANDONED_IVR),
        ("failed", Disposition.FAILED),
    ],
)
def test_each_reason_has_its_disposition(why: str, disposition: Disposition) -> None:
    book = Playbook(plan(text=f"start: bye\nnodes:\n  bye: {{hangup: {{why: {why}, cause: 42}}}}\n"))
    book.arrive()
    assert book.asked(HangUp).cause == 42
    book.wind_up()
    (row,) = book.rows()
    assert (row.disposition, row.hung_up_by, row.cause) == (disposition, "system", 42)


@pytest.mark.parametrize(("word", "cause"), [("busy", 17), ("no_answer", 19), ("rejected", 21), ("congestion", 42), ("failure", 41)])
def test_a_cause_has_a_word(word: str, cause: int) -> None:
    book = Playbook(plan(text=f"start: bye\nnodes:\n  bye: {{hangup: {{cause: {word}}}}}\n"))
    book.arrive()
    assert book.asked(HangUp).cause == cause


def test_a_cause_that_q850_does_not_have_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="must be between 1 and 127"):
        flow("start: bye\nnodes:\n  bye: {hangup: {cause: 200}}\n")
