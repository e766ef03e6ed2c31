"""hangup: the flow ends the call, and says what the row shows."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp


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
