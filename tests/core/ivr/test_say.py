"""say and confirm: values spoken as what they are."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, plan

from ivrd.core.commands import PlayPrompt
from ivrd.core.speech import Clock, Date, Digits, Money, Number, Prompt, Speech, Spelled, Text
from ivrd.errors import ConfigError

TEXT = """start: s
nodes:
  s: {say: {parts: [PARTS], then: m}}
  m: {menu: {say: [m], keys: {1: m}, otherwise: m}}
"""
CONFIRM = """start: c
nodes:
  c: {confirm: {parts: [{prompt: you-typed}, {digits: "'12'"}], right: r, wrong: w, otherwise: o}}
  r: {menu: {say: [r], keys: {}, otherwise: r}}
  w: {menu: {say: [w], keys: {}, otherwise: w}}
  o: {menu: {say: [o], keys: {}, otherwise: o}}
"""


def said(parts: str) -> tuple[Speech, ...]:
    book = Playbook(plan(text=TEXT.replace("PARTS", parts)))
    book.arrive()
    return book.asked(PlayPrompt).speech


@pytest.mark.parametrize(
    ("part", "speech"),
    [
        ("{prompt: welcome@en}", Prompt(key="welcome", language="en")),
        ("{number: 6 * 7}", Number(value=42)),
        ("{number: 42}", Number(value=42)),
        ("{money: 1500000}", Money(rupiah=1_500_000)),
        ("{digits: caller.number}", Digits(digits="0812345678")),
        ("{date: now.date}", Date(year=2026, month=11, day=24)),
        ("{time: now.time}", Clock(hour=10, minute=0)),
        ("{spell: \"'AB-12'\"}", Spelled(text="AB-12")),
        ("{text: \"'Halo ' + did\"}", Text(text="Halo 169")),
    ],
)
def test_each_kind(part: str, speech: Speech) -> None:
    assert said(part) == (speech,)


def test_what_cannot_be_said_is_passed_over_and_shows_in_the_path() -> None:
    book = Playbook(plan(text=TEXT.replace("PARTS", "{number: 0 - 5}, {date: did}, {prompt: welcome}")))
    book.arrive()
    assert book.spoken() == ["welcome"]
    assert book.call().walk.path == ["s", "!cannot-say", "!cannot-say"]


def test_a_key_ends_it_and_counts() -> None:
    book = Playbook(plan(text=TEXT.replace("PARTS", "{prompt: a}")))
    book.arrive()
    book.press("7")
    assert book.spoken() == ["invalid-key", "m"]


def test_a_part_is_one_thing() -> None:
    for parts in ("{}", "{prompt: a, number: 1}"):
        with pytest.raises(ConfigError, match="needs exactly one of"):
            flow(TEXT.replace("PARTS", parts))


def test_confirm_reads_back_and_takes_yes_or_no() -> None:
    for key, node in (("1", "r"), ("2", "w")):
        book = Playbook(plan(text=CONFIRM))
        book.arrive()
        assert book.spoken() == ["you-typed", "12", "confirm-keys"]
        book.press(key)
        assert book.call().walk.node == node


def test_confirm_asks_again_and_then_goes_the_other_way() -> None:
    book = Playbook(plan(text=CONFIRM))
    book.arrive()
    book.press("7")
    assert book.spoken() == ["invalid-key", "you-typed", "12", "confirm-keys"]
    for _ in range(2):
        book.heard()
        book.pass_time(5)
    assert book.call().walk.node == "o"
