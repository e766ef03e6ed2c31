"""The rescuer's notes become events."""

from __future__ import annotations

from pathlib import Path

from ivrd.adapters.rescued import Ledger, Rescued
from ivrd.core.events import CallerRescued, ChannelGone, SwitchSeen, Watched
from ivrd.daemon.rescues import Rescues


def test_only_of_calls_that_we_know(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(Rescued(call="1.1", at=10))
    ledger.write(Rescued(call="1.2", at=11))
    seen = SwitchSeen(at=20)
    assert Rescues(ledger).told(seen, {"1.2"}) == [CallerRescued(at=11, call="1.2"), seen]


def test_whom_the_rescuer_saw_last(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(Rescued(call="1.1", at=13))
    ledger.saw(10, {"1.1", "1.2", "1.3"}, {"1.1", "1.2"})
    ledger.saw(11, {"1.1"}, set())
    seen = SwitchSeen(at=20)
    assert Rescues(ledger).told(seen, {"1.1", "1.2"}) == [
        CallerRescued(at=13, call="1.1", alone_since=10),
        SwitchSeen(
            at=20,
            watched=(Watched(call="1.1", caller_at=11, other_at=10), Watched(call="1.2", caller_at=10, other_at=10)),
        ),
    ]


def test_a_caller_who_left_us_was_taken_when_there_is_a_note(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(Rescued(call="1.1", at=10))
    told = Rescues(ledger).told
    assert told(ChannelGone(at=30, call="1.1", channel="1.1"), ["1.1"]) == [CallerRescued(at=30, call="1.1")]
    for gone in (
        ChannelGone(at=30, call="1.2", channel="1.2"),
        ChannelGone(at=30, call="1.1", channel="1.1.agent-101.1"),
    ):
        assert told(gone, ["1.1"]) == [gone]
