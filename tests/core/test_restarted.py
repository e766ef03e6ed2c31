"""Asterisk was started anew: its calls ended with it, and nobody hung up."""

from __future__ import annotations

import pytest
from outages import TWO, channel
from playbook import Playbook, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import FinishRecording, WriteCdr
from ivrd.core.events import CallerHungUp, RecordingStarted, SwitchLost, SwitchSeen

QUEUE_OR_MENU = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: q}, otherwise: m}}
  q: {queue: {to: help, overflow: m}}
"""


def three() -> Playbook:
    """c1 talks, c2 waits, c3 is in the menu."""
    book = Playbook(plan(text=QUEUE_OR_MENU, agents=TWO), connected=False)
    book.tell(SwitchSeen, began="monday")
    book.log_in("101")
    for call in ("c1", "c2", "c3"):
        book.arrive(call)
    book.press("1", "c1")
    book.agent_answers("c1")
    book.tell(RecordingStarted, call="c1")
    book.press("1", "c2")
    return book


def test_open_calls_end_when_the_connection_was_lost_and_their_rows_say_why() -> None:
    book = three()
    lost_at = book.at + 10
    book.tell(SwitchLost, after_s=10)
    book.tell(SwitchSeen, began="tuesday", after_s=30)
    finish = book.asked(FinishRecording)
    assert 9_900 < finish.expected_ms < 10_100  # half a minute of nothing is not expected
    found = {r.cdr.call: r.cdr for r in book.last if isinstance(r, WriteCdr)}
    assert {c: (r.disposition, r.hung_up_by, r.cause) for c, r in found.items()} == {
        "c2": (Disposition.FAILED, "system", 41),
        "c3": (Disposition.FAILED, "system", 41),
    }
    assert {r.ended_at for r in found.values()} == {lost_at}
    assert found["c2"].wait_ms == pytest.approx(10_010, abs=50)
    book.wind_up()
    talked = book.rows("c1")[-1]
    assert (talked.disposition, talked.hung_up_by, talked.cause, talked.ended_at) == (Disposition.ANSWERED, "system", 41, lost_at)
    assert talked.talk_ms < 10_100
    assert book.counters().abandoned == 0  # nobody's patience was at an end
    assert book.told("asterisk_restarted") == [{"calls": 3}]


def test_the_same_asterisk_after_an_outage_has_lost_nobody_and_who_is_gone_has_hung_up() -> None:
    book = three()
    book.tell(SwitchLost)
    book.tell(SwitchSeen, began="monday", channels=(channel("c1"), channel("c1.agent-101.1"), channel("c3")), after_s=3)
    assert [(r.cdr.call, r.cdr.disposition) for r in book.last if isinstance(r, WriteCdr)] == [("c2", Disposition.ABANDONED_QUEUE)]
    assert book.told("asterisk_restarted") == []
    for call in ("c1", "c3"):
        book.caller_leaves(call)
    book.wind_up()


def test_a_caller_of_the_new_asterisk_is_served() -> None:
    book = three()
    book.tell(SwitchLost)
    book.tell(SwitchSeen, began="tuesday", channels=(channel("c4"),), after_s=3)
    assert book.call("c4").stage == "ivr"
    book.caller_leaves("c4")
    book.wind_up()


def test_asterisk_ends_in_good_order_and_says_so_before_the_connection_is_lost() -> None:
    book = three()
    for call in ("c1", "c2", "c3"):
        book.tell(CallerHungUp, call=call, cause=41, cut=True)
    book.wind_up()
    found = [book.rows(call)[-1] for call in ("c1", "c2", "c3")]
    assert [(r.disposition, r.hung_up_by, r.cause) for r in found] == [
        (Disposition.ANSWERED, "system", 41),
        (Disposition.FAILED, "system", 41),
        (Disposition.FAILED, "system", 41),
    ]
    assert book.counters().abandoned == 0
