"""Saying something: whatever becomes of a prompt, the caller does not sit in silence for ever."""

from __future__ import annotations

from outages import MENU, back
from playbook import Playbook, order_kinds, plan

from ivrd.core.commands import PlayPrompt, StopPrompt
from ivrd.core.events import PromptFinished, SwitchLost
from ivrd.core.speaking import GRACE_S, UNKNOWN_S, VALUE_S, longest_s
from ivrd.core.speech import Number, Prompt
from ivrd.core.state import Stage


def menu_of_4_s() -> Playbook:
    """A caller in a menu whose text plays for four seconds; it is being said."""
    the_plan = plan(text=MENU)
    the_plan.lengths_s = {("a", "id"): 4.0}
    book = Playbook(the_plan)
    book.arrive()
    return book


def test_a_prompt_whose_end_is_never_told_is_over_after_its_length_and_some_patience() -> None:
    book = menu_of_4_s()
    book.pass_time(4 + GRACE_S - 0.1)
    assert book.last == []
    book.pass_time(0.1)
    assert book.asked(StopPrompt).prompt == "c1.prompt-1"
    assert book.told("prompt_overdue") == [{}]
    book.pass_time(5)  # the menu's silence: it listened
    assert book.spoken() == ["no-input", "a"]
    book.caller_leaves()
    book.wind_up()


def test_an_end_that_is_told_all_the_same_changes_nothing() -> None:
    book = menu_of_4_s()
    book.pass_time(4 + GRACE_S)
    assert book.tell(PromptFinished, call="c1", prompt="c1.prompt-1") == []
    assert book.call().unended == []
    assert set(book.exchange.state.timers.due) == {"menu:c1"}


def test_it_stays_to_be_stopped_after_an_outage() -> None:
    book = menu_of_4_s()
    book.pass_time(4 + GRACE_S)
    back(book, "c1")
    assert [c.prompt for c in book.last if isinstance(c, StopPrompt)] == ["c1.prompt-1"]
    assert book.asked(PlayPrompt).prompt == "c1.prompt-2"


def test_while_asterisk_is_away_nothing_is_concluded() -> None:
    book = menu_of_4_s()
    book.tell(SwitchLost)
    assert book.pass_time(4 + GRACE_S) == []
    assert book.call().prompt == "c1.prompt-1"


def test_an_announcement_in_a_queue_is_followed_by_music_all_the_same() -> None:
    book = Playbook()
    book.arrive()
    assert book.call().stage == Stage.QUEUED
    due = book.exchange.state.timers.due["prompt:c1"]
    assert due - book.at == longest_s(book.exchange.plan, book.asked(PlayPrompt).speech, "id")
    book.pass_time(due - book.at)
    assert "StartMusic" in order_kinds(book.last)


def test_no_deadline_is_left_by_what_is_over() -> None:
    book = menu_of_4_s()
    book.press("1")
    assert [name for name in book.exchange.state.timers.due if name.startswith("prompt")] == ["prompt:c1"], "the next"
    book.heard()
    assert set(book.exchange.state.timers.due) == {"menu:c1"}


def test_what_is_known_of_a_length_is_used() -> None:
    the_plan = plan()
    the_plan.lengths_s = {("a", "id"): 4.0, ("a", "en"): 5.0}
    assert longest_s(the_plan, (Prompt(key="a"),), "id") == GRACE_S + 4
    assert longest_s(the_plan, (Prompt(key="a", language="en"), Prompt(key="b")), "id") == GRACE_S + 5 + UNKNOWN_S
    assert longest_s(the_plan, (Number(value=1),), "id") == GRACE_S + VALUE_S
