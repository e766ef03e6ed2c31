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
        self.rows = SimpleNamespace(trouble="", refused="", spooled=0)
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
