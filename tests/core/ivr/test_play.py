"""play: say something and go on; a key ends it and counts for the next menu."""

from __future__ import annotations

from playbook import Playbook, order_kinds, plan

from ivrd.core.commands import PlayPrompt

FLOW = """start: hello
nodes:
  hello: {play: {say: [welcome, "welcome@en"], then: m%s}}
  m: {menu: {say: [menu-main], keys: {1: q, 2: m2}, otherwise: bye}}
  m2: {menu: {say: [menu-data], keys: {1: q}, otherwise: bye}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""
BARGE = FLOW % ""
LEGAL = FLOW % ", barge_in: false"


def test_it_is_said_and_the_next_node_follows_its_end() -> None:
    book = Playbook(plan(text=BARGE))
    book.arrive()
    assert book.spoken() == ["welcome", "welcome@en"]
    assert book.asked(PlayPrompt).language == "id"
    book.heard()
    assert book.spoken() == ["menu-main"]


def test_a_key_ends_it_and_is_the_answer_to_the_menu_behind_it() -> None:
    book = Playbook(plan(text=BARGE))
    call = book.arrive()
    book.press("2")
    assert order_kinds(book.last) == ["StopPrompt", "PlayPrompt"]
    assert book.spoken() == ["menu-data"], "the menu itself was not said: its key was known"
    assert call.walk.path == ["hello", "m", "m2"]


def test_a_legal_notice_is_heard_to_its_end_and_the_key_counts_afterwards() -> None:
    book = Playbook(plan(text=LEGAL))
    book.arrive()
    assert book.press("2") == []
    book.heard()
    assert book.spoken() == ["menu-data"]


def test_a_legal_notice_is_said_even_to_who_typed_ahead() -> None:
    text = LEGAL.replace("start: hello", "start: first").replace(
        "nodes:\n", "nodes:\n  first: {play: {say: [a], then: hello}}\n"
    )
    book = Playbook(plan(text=text))
    book.arrive()
    book.press("2")
    assert book.spoken() == ["welcome", "welcome@en"]
    book.heard()
    assert book.spoken() == ["menu-data"]


def test_a_prompt_that_cannot_be_played_does_not_hold_the_caller_up() -> None:
    from ivrd.core.events import PromptFinished

    book = Playbook(plan(text=BARGE))
    call = book.arrive()
    book.tell(PromptFinished, call="c1", prompt=call.prompt, failed=True)
    assert book.spoken() == ["menu-main"]


def test_the_end_of_a_prompt_that_was_stopped_changes_nothing() -> None:
    from ivrd.core.events import PromptFinished

    book = Playbook(plan(text=BARGE))
    old = book.arrive().prompt
    book.press("2")
    assert book.tell(PromptFinished, call="c1", prompt=old) == []
