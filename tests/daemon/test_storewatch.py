"""What operators are told of the store: at once, and until it is over."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ivrd.daemon.storewatch import StoreWatch


class Alarms:
    """What stands."""

    def __init__(self) -> None:
        self.said = ""

    def raise_(self, name: str, message: str, hint: str) -> None:
        assert name == "store"
        self.said = message

    def clear(self, name: str) -> None:
        self.said = ""


class Store:
    """A store, and where it puts damaged files."""

    def __init__(self) -> None:
        self.put_aside = 0
        self.files: list[Path] = []

    def set_aside_before(self) -> list[Path]:
        return self.files


class Centre:
    """The watch, and what it looks at."""

    def __init__(self) -> None:
        self.store, self.alarms = Store(), Alarms()
        self.unread: Path | None = None
        self.rows = SimpleNamespace(trouble="", refused="", spooled=0, put_aside=0, set_aside_before=lambda: self.unread)
        metrics: Any = SimpleNamespace(spooled=lambda rows: None)
        self.watch = StoreWatch(self.store, self.rows, self.alarms, metrics)  # type: ignore[arg-type]

    def looks(self) -> str:
        self.watch.look()
        return self.alarms.said


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_rows_that_wait_in_the_spool(centre: Centre) -> None:
    assert centre.looks() == ""
    centre.rows.trouble, centre.rows.spooled = "locked", 1
    assert centre.looks() == "the store takes no rows: locked"
    centre.rows.trouble, centre.rows.spooled = "", 0
    assert centre.looks() == ""


def test_rows_that_wait_in_memory(centre: Centre) -> None:
    centre.rows.refused = "full"
    assert centre.looks() == "neither the store nor the spool takes rows: full"
    centre.rows.refused = ""
    assert centre.looks() == ""


def test_a_file_that_was_put_aside_is_told_at_once_also_when_its_rows_are_stored_by_then(centre: Centre) -> None:
    assert centre.looks() == ""
    centre.store.put_aside, centre.store.files = 1, [Path("cdr.db.damaged-1")]
    assert centre.looks() == "the store was damaged and set aside as cdr.db.damaged-1"
    centre.store.files = []
    for _ in range(60):
        centre.watch.look()
    assert centre.alarms.said == ""


def test_rows_that_could_not_be_read_are_told_at_once_until_their_file_is_moved_away(centre: Centre) -> None:
    assert centre.looks() == ""
    centre.rows.put_aside, centre.unread = 1, Path("rows.spool.damaged")
    assert centre.looks() == "rows of calls could not be read and were set aside in rows.spool.damaged"
    centre.unread = None
    for _ in range(60):
        centre.watch.look()
    assert centre.alarms.said == ""


def test_a_disk_that_cannot_be_looked_at_changes_nothing(centre: Centre) -> None:
    def fail() -> None:
        raise OSError(5, "Input/output error")

    centre.unread = Path("rows.spool.damaged")
    centre.looks()
    centre.rows.set_aside_before = fail
    for _ in range(61):
        assert centre.looks().endswith("rows.spool.damaged")
