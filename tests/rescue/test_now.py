"""`ivrd rescue --now`: who moved callers is in the audit log; that it cannot be written keeps nobody waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.adapters.audit import AuditLog
from ivrd.cli.archive import operator
from ivrd.cli.rescue import once
from ivrd.daemon.clock import SystemClock
from ivrd.rescue.judge import Held, Verdict

WAITS = Held(name="PJSIP/trunk-1", unique_id="1.1", state="Up", application="Stasis", data="ivrd,call,169", bridge="")


class Rescuer:
    async def once(self) -> Verdict:
        return Verdict(to_fallback=(WAITS,))


async def test_it_is_noted_who_moved_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit = AuditLog(tmp_path, SystemClock())
    assert await once(Rescuer(), audit) == 0  # type: ignore[arg-type]
    [line] = audit.lines()
    assert (line.by, line.action, line.facts) == (operator(), "callers rescued", {"callers": ["1.1"], "phones": 0})
    assert capsys.readouterr().out == "1 callers moved to the fallback, 0 phones hung up\n"


async def test_a_log_that_cannot_be_written_is_told_after_it_was_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    assert await once(Rescuer(), AuditLog(tmp_path, SystemClock())) == 0  # type: ignore[arg-type]
    said = capsys.readouterr()
    assert "1 callers moved" in said.out
    assert "audit.jsonl: cannot be written" in said.err
