"""``ivrd reload`` leaves a line in the audit log: who asked for it, and what came of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivrd import cli
from ivrd.adapters.audit import AuditLog
from ivrd.adapters.journal import FileJournal
from ivrd.cli.archive import operator
from ivrd.daemon import outcome
from ivrd.daemon.clock import SystemClock
from ivrd.daemon.outcome import Outcome
from rig.site import SitePaths


def state_of(site: SitePaths) -> Path:
    """The state directory."""
    return site.loaded.path(site.loaded.site.paths.state)


@contextmanager
def daemon(site: SitePaths, answer: Outcome | None) -> Iterator[None]:
    """This process, in the daemon's place. None: it never answers."""

    def asked(_number: int, _frame: object) -> None:
        if answer is not None:
            answer.write(state_of(site))

    before = signal.signal(signal.SIGHUP, asked)
    journal = FileJournal(state_of(site))
    journal.load()
    try:
        yield
    finally:
        journal.close()
        signal.signal(signal.SIGHUP, before)


def reload(site: SitePaths) -> int:
    """The command, in this process."""
    return cli.main(["--config", str(site.config), "reload", "--wait-s", "0.2"])


def audited(site: SitePaths) -> list[tuple[str, str, object]]:
    """Who did what, and how it went."""
    return [(line.by, line.action, line.facts.get("outcome")) for line in AuditLog(state_of(site), SystemClock()).lines()]


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (Outcome(outcome=outcome.APPLIED, flows={"169": "169@1"}), 0, "applied"),
        (Outcome(outcome=outcome.FAULTY, faults=("config/ivrd.yaml:1:1: no",)), 1, "faulty"),
        (None, 1, "no answer"),
    ],
)
def test_who_has_the_daemon_reload_is_in_the_audit_log(site: SitePaths, answer: Outcome | None, status: int, said: str) -> None:
    with daemon(site, answer):
        assert reload(site) == status
    assert audited(site) == [(operator(), "configuration reloaded", said)]


def test_what_was_not_asked_for_is_not_in_it(site: SitePaths, capsys: pytest.CaptureFixture[str]) -> None:
    """A faulty file, and no daemon at all."""
    assert reload(site) == 1
    assert "no ivrd runs with the state directory" in capsys.readouterr().err
    (site.config / "ivrd.yaml").write_text("site: [")
    with daemon(site, Outcome(outcome=outcome.APPLIED)):
        assert reload(site) == 1
    assert audited(site) == []


def test_an_audit_log_that_cannot_be_written_keeps_nobody_from_reloading(site: SitePaths, capsys: pytest.CaptureFixture[str]) -> None:
    with daemon(site, Outcome(outcome=outcome.APPLIED, flows={"169": "169@1"})):
        (state_of(site) / "audit.jsonl").mkdir()
        assert reload(site) == 0
    said = capsys.readouterr()
    assert "169@1" in said.out
    assert "audit log not written" in said.err
