"""The rescuer's notes become events."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.adapters.rescued import Hold, Ledger, Rescued
from ivrd.core.events import (
    AnswerSeen,
    CallerRescued,
    ChannelGone,
    HoldEnded,
    HoldStarted,
    SwitchSeen,
    Watched,
)
from ivrd.daemon.rescues import Rescues

LEG = "1.1.agent-101.1"


def test_only_of_calls_that_we_know(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(Rescued(call="1.1", at=10))
    ledger.write(Rescued(call="1.2", at=11))
    seen = SwitchSeen(at=20)
    assert Rescues(ledger).told(seen, {"1.2"}, None) == [CallerRescued(at=11, call="1.2"), seen]


def test_whom_the_rescuer_saw_last(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(Rescued(call="1.1", at=13))
    ledger.saw(10, {"1.1", "1.2", "1.3"}, {"1.1": LEG, "1.2": "1.2.agent-102.1"})
    ledger.saw(11, {"1.1"}, {})
    seen = SwitchSeen(at=20)
    assert Rescues(ledger).told(seen, {"1.1", "1.2"}, 10) == [
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
    assert told(ChannelGone(at=30, call="1.1", channel="1.1"), ["1.1"], 5) == [CallerRescued(at=30, call="1.1")]
    for gone in (
        ChannelGone(at=30, call="1.2", channel="1.2"),
        ChannelGone(at=30, call="1.1", channel="1.1.agent-101.1"),
    ):
        assert told(gone, ["1.1"], 5) == [gone]


def test_whose_phone_was_rung_no_more(tmp_path: Path) -> None:
    ledger, back = Ledger(tmp_path), "1.1.callback-1.customer"
    ledger.write(Rescued(call=back, at=10, moved=False))
    told, seen = Rescues(ledger).told, SwitchSeen(at=20)
    assert told(ChannelGone(at=30, call=back, channel=back), [back], None) == [CallerRescued(at=30, call=back, moved=False)]
    assert told(seen, [back], 5) == [CallerRescued(at=10, call=back, moved=False), seen]


def test_what_the_rescuer_saw_and_heard_in_its_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.saw(10, {"1.1"}, {"1.1": LEG})
    holds = [("1.1", Hold(at=at, channel=LEG, held=held)) for at, held in ((11, True), (13, False))]
    ledger.saw(12, {"1.1", "1.2"}, {"1.1": LEG, "1.2": "1.2.agent-102.1"}, holds)
    ledger.write(Rescued(call="1.2", at=12.5))
    told = Rescues(ledger).told(SwitchSeen(at=20), {"1.1", "1.2"}, 9)
    assert told[:-1] == [
        AnswerSeen(at=10, call="1.1", leg=LEG),
        HoldStarted(at=11, call="1.1", channel=LEG),
        AnswerSeen(at=12, call="1.2", leg="1.2.agent-102.1"),
        CallerRescued(at=12.5, call="1.2", alone_since=12),
        HoldEnded(at=13, call="1.1", channel=LEG),
    ]
    assert isinstance(told[-1], SwitchSeen)


def test_who_pressed_hold_before_the_first_look_talked_by_then(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.saw(12, {"1.1"}, {"1.1": LEG}, [("1.1", Hold(at=11.8, channel=LEG, held=True))])
    told = Rescues(ledger).told(SwitchSeen(at=20), {"1.1"}, 9)
    assert told[:2] == [AnswerSeen(at=11.8, call="1.1", leg=LEG), HoldStarted(at=11.8, call="1.1", channel=LEG)]


@pytest.mark.parametrize("lost_at", [None, 11.0], ids=["not lost", "a later outage"])
def test_of_an_outage_that_is_over_nothing_is_told_again(tmp_path: Path, lost_at: float | None) -> None:
    """The phone may have been pressed once more since, and we have heard that ourselves."""
    ledger = Ledger(tmp_path)
    ledger.saw(10, {"1.1"}, {"1.1": LEG}, [("1.1", Hold(at=11, channel=LEG, held=True))])
    seen = SwitchSeen(at=20)
    assert [type(told) for told in Rescues(ledger).told(seen, {"1.1"}, lost_at)] == [SwitchSeen]
