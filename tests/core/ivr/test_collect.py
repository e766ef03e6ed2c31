"""collect: digits, their end, their check; masked ones are never seen by the core."""

from __future__ import annotations

import json

import pytest
from playbook import Playbook, flow, order_kinds, plan

from ivrd.core.commands import AskOutside
from ivrd.core.events import AskAnswered, ChannelSeen, DigitPressed, SwitchLost, SwitchSeen
from ivrd.core.ivr.checks import luhn, nib, nik, npwp
from ivrd.core.ivr.orders import CheckSecret
from ivrd.core.ivr.walk import Phase
from ivrd.daemon.history import encode_state
from ivrd.errors import ConfigError

TEXT = """start: ask
nodes:
  ask: {collect: {say: [ask], into: number, OPTIONS then: ok, otherwise: no}}
  ok: {menu: {say: [ok], keys: {1: ok}, otherwise: ok}}
  no: {menu: {say: [no], keys: {1: no}, otherwise: no}}
"""


def asked(options: str = "") -> Playbook:
    book = Playbook(plan(text=TEXT.replace("OPTIONS", options)))
    book.arrive()
    return book


def test_the_terminator_ends_it() -> None:
    book = asked()
    book.press("1")
    assert order_kinds(book.last) == ["StopPrompt"]
    assert book.exchange.state.timers.due == {"menu:c1": book.at + 4}
    book.press("23#")
    assert (book.call().walk.node, book.call().walk.vars) == ("ok", {"number": "123"})


def test_the_last_digit_ends_it_and_what_follows_is_for_the_next_node() -> None:
    book = asked("max: 3,")
    book.press("1234")
    assert (book.call().walk.vars, book.spoken()) == ({"number": "123"}, ["invalid-key", "ok"])


def test_silence_after_a_digit_ends_it() -> None:
    book = asked()
    book.press("12")
    book.pass_time(4)
    assert book.call().walk.vars == {"number": "12"}


def test_silence_and_wrong_numbers_cost_tries_and_escalate() -> None:
    book = asked("min: 3, silence: [[s1], [s2]], invalid: [w],")
    book.heard()
    book.pass_time(6)
    assert book.spoken() == ["s1", "ask"]
    book.press("12#")
    assert book.spoken() == ["w", "ask"]
    book.heard()
    book.pass_time(6)
    assert book.spoken() == ["no"]


@pytest.mark.parametrize(
    ("options", "typed", "right"),
    [
        ("check: nib, max: 13,", "9120001234567", True),
        ("check: nib,", "912#", False),
        ("check: luhn,", "79927398713#", True),
        ("check: luhn,", "79927398710#", False),
        ('pattern: "8[0-9]+",', "812#", True),
        ('pattern: "8[0-9]+",', "712#", False),
        ('pattern: "81|2",', "812#", False),
        ('terminator: "*",', "12*", True),
        ('terminator: "*",', "1#2*", False),
    ],
)
def test_a_number_is_checked(options: str, typed: str, right: bool) -> None:
    book = asked(options)
    book.press(typed)
    assert book.call().walk.node == ("ok" if right else "ask")


def test_digits_typed_ahead_count() -> None:
    text = TEXT.replace("OPTIONS", "").replace("start: ask", "start: hi").replace(
        "nodes:\n", "nodes:\n  hi: {play: {say: [a], then: ask, barge_in: false}}\n"
    )
    book = Playbook(plan(text=text))
    book.arrive()
    book.press("12")
    book.heard()
    assert book.last == []
    book.press("3#")
    assert book.call().walk.vars == {"number": "123"}


def test_checks() -> None:
    assert (luhn("79927398713"), luhn("79927398714")) == (True, False)
    assert (nib("1" * 13), nib("1" * 12)) == (True, False)
    assert (npwp("1" * 15), npwp("1" * 16), npwp("1" * 14)) == (True, True, False)
    assert (nik("3171014508900001"), nik("3171013213900001")) == (True, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("min: 5, max: 4,", "must be at least 5"),
        ("max: 40,", "must be at most 32"),
        ("tries: 0,", "must be at least 1"),
        ("first_timeout_s: 0,", "must be more than 0 seconds"),
        ('pattern: "(",', "is not a regular expression"),
        ('masked: true, pattern: "1",', "masked input is looked at by `check` alone"),
    ],
)
def test_what_cannot_be_is_said(options: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"test\.yaml:3:") as caught:
        flow(TEXT.replace("OPTIONS", options))
    assert said in str(caught.value)


# --- masked


def masked(text: str = "") -> Playbook:
    book = Playbook(plan(text=(text or TEXT).replace("OPTIONS", "masked: true, min: 4, max: 6,")))
    book.arrive()
    return book


def key(book: Playbook, digit: str) -> DigitPressed:
    return DigitPressed(at=book.at, call="c1", channel="c1", digit=digit)


def test_the_shell_is_told_which_digits_to_keep_to_itself() -> None:
    book = masked()
    assert book.exchange.secret(key(book, "4"))
    assert not book.exchange.secret(key(book, "#"))
    assert not book.exchange.secret(DigitPressed(at=book.at, call="c1", channel="c1.agent-1.1", digit="4"))
    assert not asked().exchange.secret(key(book, "4"))


def test_the_core_asks_whether_what_it_never_saw_is_right() -> None:
    book = masked()
    book.press("????#")
    assert book.asked(AskOutside).order == CheckSecret(variable="number", digits=4, check="")
    book.tell(AskAnswered, call="c1", ask_id=1, outcome="wrong")
    assert book.spoken() == ["invalid-entry", "ask"]
    book.press("??????")
    assert book.asked(AskOutside).order == CheckSecret(variable="number", digits=6, check="")
    book.tell(AskAnswered, call="c1", ask_id=2, outcome="ok")
    walk = book.call().walk
    assert (walk.node, walk.vars, walk.masked) == ("ok", {"number": "<masked number>"}, ["number"])
    assert not book.exchange.secret(key(book, "4"))
    assert json.loads(encode_state(book.exchange.state))


def test_digits_pressed_ahead_of_masked_input_are_masked_and_dropped() -> None:
    text = TEXT.replace("start: ask", "start: hi").replace(
        "nodes:\n", "nodes:\n  hi: {play: {say: [a], then: hi2}}\n  hi2: {play: {say: [a], then: ask}}\n"
    )
    book = masked(text)
    assert book.exchange.secret(key(book, "4"))
    book.press("?")
    assert (book.call().walk.node, book.call().walk.typed) == ("hi", "")


def test_keys_while_it_is_looked_at_change_nothing() -> None:
    book = masked()
    book.press("????#??")
    assert book.call().walk.phase == Phase.ASKING


def test_no_expression_can_see_it() -> None:
    with pytest.raises(ConfigError) as caught:
        flow(
            "start: a\nnodes:\n  a: {collect: {say: [a], into: pin, masked: true, then: b, otherwise: b}}\n"
            "  b: {say: {parts: [{digits: vars.pin}], then: a}}\n"
        )
    assert "'vars.pin' is masked: no expression can see it" in str(caught.value)


def test_after_an_outage_it_begins_again() -> None:
    book = masked()
    book.press("??")
    book.tell(SwitchLost)
    book.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call"),))
    assert (book.spoken(), book.call().walk.entry) == (["ask"], "")
