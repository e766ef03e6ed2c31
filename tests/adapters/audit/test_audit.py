"""The audit log: every line is kept, and whoever changes one is found out."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ivrd.adapters.audit import AuditLog

CLOCK: Any = SimpleNamespace(now=lambda: 1764032523.456)


@pytest.fixture
def audit(tmp_path: Path) -> AuditLog:
    log = AuditLog(tmp_path, CLOCK)
    for number in range(3):
        log.write("sari", "recording exported", call=f"1.{number}")
    return log


def test_lines_tell_who_did_what_and_when(audit: AuditLog) -> None:
    first, _, last = audit.lines()
    assert (first.at, first.by, first.action) == ("2025-11-25T01:02:03.456Z", "sari", "recording exported")
    assert first.facts == {"call": "1.0"}
    assert last.hash != first.hash
    assert audit.verify() is None
    assert audit.path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (lambda rows: [rows[0].replace("sari", "budi"), *rows[1:]], 1, "it was changed"),
        (lambda rows: [rows[0], rows[2]], 2, "does not follow"),
        (lambda rows: rows[1:], 1, "does not follow"),
        (lambda rows: [rows[1], rows[0], rows[2]], 1, "does not follow"),
        (lambda rows: [rows[0], rows[0], *rows[1:]], 2, "does not follow"),
        (lambda rows: [rows[0], "gone\n", rows[2]], 2, "cannot be read"),
    ],
)
def test_a_changed_line_is_found(audit: AuditLog, change: Any, line: int, why: str) -> None:
    rows = audit.path.read_text().splitlines(keepends=True)
    audit.path.write_text("".join(change(rows)))
    broken = audit.verify()
    assert broken is not None
    assert broken.line == line
    assert why in broken.why


def test_a_torn_line_does_not_take_the_next_along(audit: AuditLog) -> None:
    with audit.path.open("a") as file:
        file.write('{"at": "20')
    audit.write("sari", "after")
    assert [line.action for line in audit.lines()][-1] == "after"
    broken = audit.verify()
    assert broken is not None
    assert broken.line == 4


def _write_many(directory: Path) -> None:
    log = AuditLog(directory, CLOCK)
    for number in range(50):
        log.write("many", "did", number=number)


def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(tmp_path,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    log = AuditLog(tmp_path, CLOCK)
    assert len(list(log.lines())) == 150
    assert log.verify() is None
