"""Guards: what a caller hears who is not let in, what the CDR shows, and who is let in all the same."""

from __future__ import annotations

import pytest

from ivrd.core import guards
from ivrd.core.cdr import Disposition
from ivrd.core.commands import AnswerCall, HangUp, PlayPrompt
from ivrd.core.events import CallerAnswered, ChannelGone, ChannelSeen, SwitchLost, SwitchSeen
from ivrd.core.guard_rules import Guards
from tests.core.playbook import Playbook, plan

MENU = """
start: m
nodes:
  m: {menu: {say: [menu-main], keys: {1: q}, otherwise: bye}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {why: no_input}}
"""


def book(**rules: object) -> Playbook:
    the_plan = plan(text=MENU)
    the_plan.guards = Guards(**rules)  # type: ignore[arg-type]
    return Playbook(the_plan)


def call_and_leave(b: Playbook, call: str, number: str = "0812345678", after_s: float = 2) -> None:
    b.arrive(call, number=number)
    b.tell(CallerAnswered, call=call)
    b.caller_leaves(call, after_s=after_s)


def test_a_blocked_number_is_told_so_and_hung_up() -> None:
    b = book(block=("0812X.",))
    b.arrive()
    b.asked(AnswerCall)
    assert b.spoken() == ["guard-blocked"]
    b.press("1")
    assert b.last == []
    b.heard()
    assert b.asked(HangUp).cause == 21
    b.tell(ChannelGone, call="c1", channel="c1")
    row = b.rows()[-1]
    assert (row.disposition, row.guard, row.hung_up_by) == (Disposition.REFUSED, "blocked", "system")
    b.wind_up()


def test_a_blocked_number_may_not_even_be_answered() -> None:
    b = book(block=("0812X.",), heard=False)
    b.arrive()
    assert b.asked_none(AnswerCall)
    assert b.asked_none(PlayPrompt)
    assert b.asked(HangUp).cause == 21
    b.tell(ChannelGone, call="c1", channel="c1")
    assert (b.rows()[-1].answered_at, b.rows()[-1].guard) == (None, "blocked")
    b.wind_up()


def test_who_hangs_up_on_the_guard_was_refused_all_the_same() -> None:
    b = book(block=("0812X.",))
    b.arrive()
    b.caller_leaves()
    assert (b.rows()[-1].disposition, b.rows()[-1].hung_up_by) == (Disposition.REFUSED, "caller")
    b.wind_up()


def test_after_an_outage_a_refused_caller_is_sent_away() -> None:
    b = book(block=("0812X.",))
    b.arrive()
    b.tell(SwitchLost)
    b.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call", did="169"),))
    assert [c.cause for c in b.last if isinstance(c, HangUp)] == [21]
    b.wind_up()


def test_more_calls_than_allowed_are_refused_until_the_window_has_passed() -> None:
    b = book(calls=2, window_s=60)
    for n in (1, 2):
        call_and_leave(b, f"c{n}")
    b.arrive("c3")
    assert b.spoken() == ["guard-too-many"]
    b.caller_leaves("c3")
    assert b.rows("c3")[-1].guard == "too_many_calls"
    b.arrive("other", number="0813")
    assert b.spoken() == ["menu-main"]
    b.caller_leaves("other")
    b.pass_time(60)
    b.arrive("c4")
    assert b.spoken() == ["menu-main"]
    b.wind_up()


def test_who_hangs_up_at_once_again_and_again_is_refused() -> None:
    b = book(hang_ups=2, hang_up_s=5)
    call_and_leave(b, "slow", after_s=6)  # listened for a while
    for n in (1, 2):
        call_and_leave(b, f"c{n}")
    b.arrive("c3")
    assert b.spoken() == ["guard-too-many"]
    assert b.call("c3").guard == "too_many_hang_ups"
    b.wind_up()


@pytest.mark.parametrize("number", ["0811", ""], ids=["vip", "withheld"])
def test_vips_and_withheld_numbers_are_not_counted_against(number: str) -> None:
    b = book(vip=("0811",), calls=1, hang_ups=1)
    for n in range(4):
        b.arrive(f"c{n}", number=number)
        assert b.spoken() == ["menu-main"]
        b.caller_leaves(f"c{n}")
    assert b.exchange.state.seen == {}
    b.wind_up()


def test_a_vip_is_known_to_the_dialplan() -> None:
    text = "start: b\nnodes:\n  b: {branch: {cases: [{when: caller.vip, then: vip}], otherwise: all}}\n  vip: {play: {say: [queue-next], then: bye}}\n  all: {play: {say: [queue-overflow], then: bye}}\n  bye: {hangup: {}}\n"
    the_plan = plan(text=text)
    the_plan.guards = Guards(vip=("0811X.",))
    b = Playbook(the_plan)
    b.arrive("c1", number="081155")
    assert b.spoken() == ["queue-next"]
    b.arrive("c2", number="0812")
    assert b.spoken() == ["queue-overflow"]


def test_a_caller_who_presses_nothing_and_reaches_nobody_is_no_response() -> None:
    b = book()
    call_and_leave(b, "silent")
    assert b.rows("silent")[-1].guard == "no_response"
    assert b.told("call_ended")[-1]["guard"] == "no_response"
    b.arrive("alive")
    b.tell(CallerAnswered, call="alive")
    b.press("7", "alive")
    b.caller_leaves("alive")
    assert b.rows("alive")[-1].guard == ""
    b.wind_up()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "REMEMBERED", 3)
    b = book(calls=1)
    for n in range(9):
        call_and_leave(b, f"c{n}", number=f"0812{n}")
    assert list(b.exchange.state.seen) == ["08126", "08127", "08128"]
    b.wind_up()
