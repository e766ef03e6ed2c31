"""A generation of the journal ends after so many events, and after an hour."""

from __future__ import annotations

from ivrd.daemon.snapshots import SNAPSHOT_EVENTS, SNAPSHOT_EVERY_S, SnapshotDue


def test_after_so_many_events() -> None:
    due = SnapshotDue()
    assert not due.look(0, 100)
    assert not due.look(SNAPSHOT_EVENTS - 1, 101)
    assert due.look(SNAPSHOT_EVENTS, 102)
    assert not due.look(2 * SNAPSHOT_EVENTS - 1, 103)
    assert due.look(2 * SNAPSHOT_EVENTS, 104)


def test_after_an_hour_also_when_nothing_happens() -> None:
    due = SnapshotDue()
    assert not due.look(0, 100)
    assert not due.look(0, 99 + SNAPSHOT_EVERY_S)
    assert due.look(0, 100 + SNAPSHOT_EVERY_S)
    assert not due.look(0, 99 + 2 * SNAPSHOT_EVERY_S)
    assert due.look(0, 100 + 2 * SNAPSHOT_EVERY_S)


def test_one_that_mended_the_journal_counts() -> None:
    due = SnapshotDue()
    assert not due.look(0, 100)
    due.taken(5, 100 + SNAPSHOT_EVERY_S)
    assert not due.look(5, 101 + SNAPSHOT_EVERY_S)
    assert not due.look(SNAPSHOT_EVENTS + 4, 102 + SNAPSHOT_EVERY_S)
    assert due.look(SNAPSHOT_EVENTS + 5, 103 + SNAPSHOT_EVERY_S)
