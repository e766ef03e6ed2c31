"""What the rescuer leaves for ivrd's next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.adapters.rescued import KEEP_S, SEEN, Ledger, Rescued, Sighting


def test_what_is_written_is_read_oldest_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    later, sooner = Rescued(call="1764.2", at=200.5), Rescued(call="1764.1", at=100.25)
    ledger.write(later)
    ledger.write(sooner)
    assert ledger.read(now=300) == [sooner, later]


def test_nothing_was_ever_written(tmp_path: Path) -> None:
    assert Ledger(tmp_path).read(now=0) == []


def test_a_day_later_it_is_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(Rescued(call="1764.1", at=100))
    assert ledger.read(now=100 + KEEP_S + 1) == []
    assert ledger.read(now=100) == []


def test_a_strange_file_or_name_is_nobodys_call(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(Rescued(call="../../etc/passwd", at=100))
    ledger.write(Rescued(call="1764.1", at=100))
    (tmp_path / "rescued" / "half").write_text("")
    assert ledger.read(now=101) == [Rescued(call="1764.1", at=100)]
    assert [f.name for f in tmp_path.iterdir()] == ["rescued"]


def test_the_last_sighting_of_each_side_is_kept(tmp_path: Path) -> None:
    Ledger(tmp_path).saw(100, {"1.1", "1.2"}, {"1.1"})
    Ledger(tmp_path).saw(101, {"1.1"}, set())
    assert Ledger(tmp_path).sightings() == {"1.1": Sighting(caller_at=101, other_at=100), "1.2": Sighting(caller_at=100)}


def test_sightings_of_yesterday_are_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.saw(100, {"1.1"}, {"1.1"})
    ledger.saw(101 + KEEP_S, {"1.2"}, set())
    assert set(ledger.sightings()) == {"1.2"}


@pytest.mark.parametrize("text", ["", "[]", '{"1.1": 5}', '{"1.1": ["a", "b"]}', "{", "\xff"])
def test_a_file_of_sightings_that_is_none_says_nothing_and_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / SEEN).write_text(text, encoding="latin-1")
    ledger = Ledger(tmp_path)
    assert ledger.sightings() == {}
    ledger.saw(5, {"1.1"}, set())
    assert ledger.sightings() == {"1.1": Sighting(caller_at=5)}
