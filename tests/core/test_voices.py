"""Silent callers: no key and no voice. Listened for in the menus only, and only where the admin wants to know."""

from __future__ import annotations

import pytest
from outages import back
from playbook import Playbook, order_kinds, plan

from ivrd.core.commands import ListenForVoice
from ivrd.core.events import CallerAnswered, VoiceHeard, VoiceWatched
from ivrd.core.guard_rules import Guards
from tests.core.test_guards import MENU


def answered(call: str = "c1", number: str = "0812345678", book: Playbook | None = None, **rules: object) -> Playbook:
    """A caller in a menu, answered; Asterisk listens."""
    if book is None:
        the_plan = plan(text=MENU)
        the_plan.guards = Guards(**{"silent": 2, **rules})  # type: ignore[arg-type]
        book = Playbook(the_plan)
    book.arrive(call, number=number)
    assert "ListenForVoice" not in order_kinds(book.last), "not before the answer"
    book.tell(CallerAnswered, call=call)
    if any(isinstance(o, ListenForVoice) for o in book.last):
        book.tell(VoiceWatched, call=call)
    return book


def ended(book: Playbook, call: str = "c1") -> str:
    """The caller hangs up; what the row shows."""
    book.caller_leaves(call, after_s=10)
    return book.rows(call)[-1].guard


def test_neither_a_key_nor_a_voice_is_no_response() -> None:
    assert ended(answered()) == "no_response"


def test_a_voice_without_a_key_is_told_apart_and_ends_the_listening() -> None:
    book = answered()
    book.tell(VoiceHeard, call="c1")
    assert book.asked(ListenForVoice).on is False
    assert book.tell(VoiceHeard, call="c1") == []
    assert ended(book) == "no_key"


def test_a_key_ends_the_listening() -> None:
    book = answered()
    book.press("7")
    assert book.asked(ListenForVoice).on is False
    assert ended(book) == ""


def test_in_a_queue_nobody_listens() -> None:
    the_plan = plan()  # straight into the queue
    the_plan.guards = Guards(silent=2)
    book = Playbook(the_plan)
    book.arrive()
    assert book.tell(CallerAnswered, call="c1") == []
    assert book.tell(VoiceHeard, call="c1") == []
    assert ended(book) == ""


def test_who_is_sent_to_a_queue_in_silence_is_listened_to_no_longer() -> None:
    the_plan = plan(text=MENU.replace("otherwise: bye}}", "otherwise: q, tries: 1}}", 1))
    the_plan.guards = Guards(silent=2)
    book = answered(book=Playbook(the_plan))
    book.heard()
    book.pass_time(5)
    assert book.asked(ListenForVoice).on is False
    assert ended(book) == ""


def test_without_the_guard_nobody_listens() -> None:
    book = answered(silent=0)
    assert not book.call().listening
    assert ended(book) == "no_response"


def test_who_was_silent_so_often_is_refused_until_the_window_has_passed() -> None:
    book = answered("c1", window_s=60)
    ended(book)
    ended(answered("c2", book=book), "c2")
    book.arrive("c3")
    assert book.spoken() == ["guard-too-many"]
    book.caller_leaves("c3")
    assert book.rows("c3")[-1].guard == "too_many_silent"
    book.pass_time(60)
    book.arrive("c4")
    assert book.spoken() == ["menu-main"]


@pytest.mark.parametrize("alive", ["voice", "key"])
def test_who_gives_a_sign_of_life_is_never_refused_for_silence(alive: str) -> None:
    book = answered("c0", silent=1)
    book.tell(VoiceHeard, call="c0") if alive == "voice" else book.press("7", "c0")
    ended(book, "c0")
    book.arrive("c1")
    assert book.spoken() == ["menu-main"]


def test_what_could_not_be_heard_is_not_held_against_anybody() -> None:
    """The order was refused (no VoiceWatched), or the connection was lost for a while."""
    the_plan = plan(text=MENU)
    the_plan.guards = Guards(silent=1)
    book = Playbook(the_plan)
    book.arrive("c0")
    book.tell(CallerAnswered, call="c0")
    assert ended(book, "c0") == "no_response"
    answered("c1", book=book)
    back(book, "c1")
    assert ended(book) == "no_response"
    assert book.exchange.state.seen["0812345678"].silent == []
    answered("c2", book=book)
    ended(book, "c2")
    assert len(book.exchange.state.seen["0812345678"].silent) == 1
    book.wind_up()
