"""What the rescuer leaves for ivrd's next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.adapters.rescued import HOLDS_KEPT, KEEP_S, SEEN, Hold, Ledger, Rescued, Sighting
from ivrd.core import ids

LEG = "1.1.agent-101.1"


def test_what_is_written_is_read_oldest_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    later, sooner = Rescued(call="1764.2", at=200.5), Rescued(call="1764.1", at=100.25)
    ledger.write(later)
    ledger.write(sooner)
    assert ledger.read(now=300) == [sooner, later]


def test_a_customer_who_is_called_back_has_an_id_that_can_be_noted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    moved, rang = Rescued(call=ids.callback("1764.123456", 12), at=100), Rescued(call=ids.callback("1764.2", 1), at=101, moved=False)
    for note in (moved, rang):
        ledger.write(note)
    assert (ledger.find(moved.call), ledger.find(rang.call)) == (moved, rang)
    assert ledger.read(now=300) == [moved, rang]


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
    Ledger(tmp_path).saw(99, {"1.1", "1.2"}, {"1.1": LEG})
    Ledger(tmp_path).saw(100, {"1.1", "1.2"}, {"1.1": LEG})
    Ledger(tmp_path).saw(101, {"1.1"}, {})
    assert Ledger(tmp_path).sightings() == {
        "1.1": Sighting(caller_at=101, other_at=100, other=LEG, other_since=99),
        "1.2": Sighting(caller_at=100),
    }


def test_with_another_another_talk_began(tmp_path: Path) -> None:
    Ledger(tmp_path).saw(100, {"1.1"}, {"1.1": LEG})
    Ledger(tmp_path).saw(101, {"1.1"}, {"1.1": "1.1.agent-102.2"})
    seen = Ledger(tmp_path).sightings()["1.1"]
    assert (seen.other, seen.other_since, seen.other_at) == ("1.1.agent-102.2", 101, 101)


def test_whom_the_caller_does_not_hear_is_there_and_no_talk(tmp_path: Path) -> None:
    Ledger(tmp_path).saw(100, {"1.1"}, {"1.1": ""})
    Ledger(tmp_path).saw(101, {"1.1"}, {"1.1": LEG})
    Ledger(tmp_path).saw(102, {"1.1"}, {"1.1": ""})
    assert Ledger(tmp_path).sightings()["1.1"] == Sighting(caller_at=102, other_at=102, other=LEG, other_since=101)


def test_who_pressed_hold_is_kept_in_order_and_so_much_of_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.saw(100, {"1.1"}, {"1.1": LEG})
    pressed = [Hold(at=101.0 + n, channel=LEG, held=n % 2 == 0) for n in range(HOLDS_KEPT + 3)]
    ledger.saw(101, {}, {}, [("1.1", hold) for hold in pressed[:50]])
    ledger.saw(102, {}, {}, [*(("1.1", hold) for hold in pressed[50:]), ("1.2", pressed[0]), ("", pressed[1])])
    sightings = Ledger(tmp_path).sightings()
    assert list(sightings["1.1"].holds) == pressed[3:]
    assert (sightings["1.1"].other, sightings["1.1"].last_at) == (LEG, pressed[-1].at)
    assert set(sightings) == {"1.1", "1.2"}
    assert sightings["1.2"] == Sighting(holds=(pressed[0],))


def test_what_an_older_rescuer_noted_is_read(tmp_path: Path) -> None:
    (tmp_path / SEEN).write_text('{"1.1": [101.5, 100.0]}')
    assert Ledger(tmp_path).sightings() == {"1.1": Sighting(caller_at=101.5, other_at=100)}


def test_sightings_of_yesterday_are_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.saw(100, {"1.1"}, {"1.1": LEG})
    ledger.saw(101 + KEEP_S, {"1.2"}, {})
    assert set(ledger.sightings()) == {"1.2"}


@pytest.mark.parametrize("text", ["", "[]", '{"1.1": 5}', '{"1.1": ["a", "b"]}', "{", "\xff", '{"1.1": {"caller_at": 5}}', '{"1.1": [1, 2, 3]}'])
def test_a_file_of_sightings_that_is_none_says_nothing_and_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / SEEN).write_text(text, encoding="latin-1")
    ledger = Ledger(tmp_path)
    assert ledger.sightings() == {}
    ledger.saw(5, {"1.1"}, {})
    assert ledger.sightings() == {"1.1": Sighting(caller_at=5)}
