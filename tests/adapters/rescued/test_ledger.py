"""What the rescuer leaves for ivrd's next start."""

from __future__ import annotations

from pathlib import Path

from ivrd.adapters.rescued import KEEP_S, Ledger, Rescued


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
