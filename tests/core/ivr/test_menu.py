"""menu: keys, silence, wrong keys, limits, repeat, back, operator, type-ahead."""

from __future__ import annotations

from playbook import Playbook, order_kinds, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp
from ivrd.core.events import DigitPressed
from ivrd.core.state import Stage

FLOW = """start: main
nodes:
  main:
    menu:
      say: [menu-main]
      keys: {1: sub, 0: operator, 9: ":repeat", "*": ":back"}
      otherwise: bye
      timeout_s: 4
      tries: 3
  sub:
    menu:
      say: [menu-data]
      keys: {1: deep, "#": bye, 9: ":repeat", "*": ":back"}
      otherwise: operator
      tries: 2
  deep: {menu: {say: [menu-licensing], keys: {"*": ":back"}, otherwise: bye}}
  operator: {queue: {to: help, overflow: bye}}
  bye: {hangup: {why: no_input}}
"""


def at_main() -> Playbook:
    book = Playbook(plan(text=FLOW))
    book.arrive()
    return book


def test_a_key_while_it_speaks_stops_the_prompt() -> None:
    book = at_main()
    book.press("1")
    assert order_kinds(book.last) == ["StopPrompt", "PlayPrompt"]
    assert book.spoken() == ["menu-data"]


def test_a_key_while_it_listens_counts_just_the_same() -> None:
    book = at_main()
    assert book.heard() == []
    assert book.exchange.state.timers.due == {"menu:c1": book.at + 4}
    book.press("1")
    assert order_kinds(book.last) == ["PlayPrompt"]
    assert "menu:c1" not in book.exchange.state.timers.due


def test_silence_is_said_twice_and_then_the_other_way_is_taken() -> None:
    book = at_main()
    for _ in range(2):
        book.heard()
        book.pass_time(4)
        assert book.spoken() == ["no-input", "menu-main"]
    book.heard()
    book.pass_time(4)
    assert book.asked(HangUp).channel == "c1"
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.ABANDONED_IVR
    assert book.rows()[-1].hung_up_by == "system"


def test_wrong_keys_cost_tries_together_with_silence() -> None:
    book = at_main()
    book.press("7")
    assert book.spoken() == ["invalid-key", "menu-main"]
    book.heard()
    book.pass_time(4)
    assert book.spoken() == ["no-input", "menu-main"]
    book.press("8")
    assert book.asked(HangUp)


def test_the_other_way_may_be_the_operator() -> None:
    book = at_main()
    book.press("1")
    book.press("7")
    assert book.spoken() == ["invalid-key", "menu-data"]
    book.press("7")
    assert book.call().stage == Stage.QUEUED


def test_tries_begin_again_in_another_menu() -> None:
    book = at_main()
    book.press("77")
    book.press("1")
    assert book.call().walk.attempt == 1


def test_repeat_says_it_again_and_costs_no_try() -> None:
    book = at_main()
    for _ in range(5):
        book.press("9")
        assert book.spoken() == ["menu-main"]
    assert book.call().walk.attempt == 1


def test_repeat_does_not_give_back_tries_that_were_used_up() -> None:
    book = at_main()
    book.press("7")
    book.press("9")
    assert book.call().walk.attempt == 2


def test_back_returns_one_menu_at_a_time_and_stays_at_the_first() -> None:
    book = at_main()
    book.press("11")
    assert book.spoken() == ["menu-licensing"]
    book.press("*")
    assert book.spoken() == ["menu-data"]
    book.press("*")
    assert book.spoken() == ["menu-main"]
    book.press("*")
    assert book.spoken() == ["menu-main"]
    assert book.call().walk.menus == ["main"]


def test_zero_is_the_operator() -> None:
    book = at_main()
    book.press("0")
    assert book.call().stage == Stage.QUEUED


def test_star_and_hash_are_keys_like_others() -> None:
    book = at_main()
    book.press("1#")
    assert book.asked(HangUp)


def test_two_digits_typed_fast_walk_two_menus() -> None:
    book = at_main()
    book.press("11")
    assert book.call().walk.path == ["main", "sub", "deep"]


def test_a_wrong_key_typed_ahead_forgets_what_was_typed_behind_it() -> None:
    text = FLOW.replace("start: main", "start: notice").replace(
        "nodes:\n", "nodes:\n  notice: {play: {say: [a], then: main, barge_in: false}}\n"
    )
    book = Playbook(plan(text=text))
    call = book.arrive()
    book.press("171")
    book.heard()
    assert book.spoken() == ["invalid-key", "menu-data"]
    assert call.walk.typed == ""
    assert call.walk.node == "sub"


def test_a_key_on_somebody_elses_channel_is_not_the_callers() -> None:
    book = at_main()
    assert book.tell(DigitPressed, call="c1", channel="c1.agent-101.1", digit="1") == []
    assert book.call().walk.node == "main"


def test_a_key_after_the_call_was_ended_changes_nothing() -> None:
    book = at_main()
    book.press("1#")
    assert book.press("1") == []
    assert book.exchange.ignored == {("closing", "DigitPressed"): 1}


def test_a_menu_with_nothing_to_say_listens_at_once() -> None:
    text = FLOW.replace("say: [menu-main]", "say: []")
    book = Playbook(plan(text=text))
    book.arrive()
    assert order_kinds(book.last) == ["AnswerCall"]
    assert book.exchange.state.timers.due == {"menu:c1": book.at + 4}
