"""What is said, as keys of the catalogue: numbers, times and dates become recorded parts. Pure.

A language that speaks numbers has a grammar (grammar_id.py): words for a number, a time, a date.
The word ``satu`` is the key ``word-satu``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ivrd.adapters.prompts import grammar_en, grammar_id
from ivrd.core.speech import Clock, Date, Digits, Money, Number, Prompt, Speech, Spelled, Text
from ivrd.errors import PromptMissing

MAX_NUMBER = 999_999
MAX_MONEY = 10**15 - 1
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORD = "word-"  #: prefix of the keys of recorded parts


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """How one language puts numbers, times and dates into words."""

    number: Callable[[int], list[str]]
    clock: Callable[[int, int], list[str]]
    date: Callable[[dt.date], list[str]]
    symbols: Mapping[str, str]  #: keys of a telephone that are no digits

    def digits(self, digits: str) -> list[str]:
        """Each key by its name. KeyError or ValueError for what a telephone does not have."""
        return [self.symbols[d] if d in self.symbols else self.number(_digit(d))[0] for d in digits]

    def spelled(self, text: str) -> list[str]:
        """Each letter and digit by its name; blanks and signs are passed over."""
        return [
            self.number(int(c))[0] if c in "0123456789" else f"letter-{c}"
            for c in text.lower()
            if c in LETTERS or c in "0123456789"
        ]


GRAMMARS: Mapping[str, Grammar] = {
    "id": Grammar(
        number=grammar_id.number,
        clock=grammar_id.clock,
        date=grammar_id.date,
        symbols=grammar_id.SYMBOLS,
    ),
    "en": Grammar(
        number=grammar_en.number,
        clock=grammar_en.clock,
        date=grammar_en.date,
        symbols=grammar_en.SYMBOLS,
    ),
}


def words(speech: Speech, language: str) -> list[str]:
    """Catalogue keys that say ``speech``, in order.

    PromptMissing when it cannot be said: a text (speaker.py says it), a number beyond 0..999,999, a time or date that does not
    exist, a digit that a telephone does not have, a language without a grammar.
    """
    if isinstance(speech, Prompt):
        return [speech.key]
    if isinstance(speech, Text):
        raise PromptMissing(speech.text, language)
    return list(_words(speech, language))


@lru_cache(maxsize=4096)
def _words(speech: Number | Digits | Clock | Date | Money | Spelled, language: str) -> tuple[str, ...]:
    try:
        return tuple(WORD + word for word in _spoken(speech, GRAMMARS[language]))
    except (KeyError, ValueError) as exc:
        raise PromptMissing(str(speech), language) from exc


def _spoken(speech: Number | Digits | Clock | Date | Money | Spelled, grammar: Grammar) -> list[str]:
    match speech:
        case Number(value=value):
            return grammar.number(_within(value, MAX_NUMBER))
        case Digits(digits=digits):
            return grammar.digits(digits)
        case Money(rupiah=rupiah):
            return [*grammar.number(_within(rupiah, MAX_MONEY)), "rupiah"]
        case Spelled(text=text):
            return grammar.spelled(text)
        case Clock(hour=hour, minute=minute):
            return grammar.clock(_within(hour, 23), _within(minute, 59))
        case Date(year=year, month=month, day=day):
            return grammar.date(dt.date(year, month, day))


def _within(value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise ValueError(f"{value} is not within 0..{most}")
    return value


def _digit(character: str) -> int:
    if character not in tuple("0123456789"):
        raise ValueError(f"{character!r} is not a digit")
    return int(character)


@lru_cache
def vocabulary(language: str) -> frozenset[str]:
    """Every part that ``words`` can ask for in ``language``; empty for one without a grammar."""
    if language not in GRAMMARS:
        return frozenset()
    grammar = GRAMMARS[language]
    parts: set[str] = set(grammar.symbols.values())
    for value in range(1001):  # thousands are said with the same parts
        parts.update(grammar.number(value))
    for power in (10**6, 10**9, 10**12):
        parts.update(grammar.number(power), grammar.number(2 * power))
    parts.add("rupiah")
    parts.update(f"letter-{letter}" for letter in LETTERS)
    for hour in range(24):
        parts.update(grammar.clock(hour, 0), grammar.clock(hour, 1), grammar.clock(hour, 30))
    leap_year = dt.date(2024, 1, 1)  # every day of a month, every weekday and month
    for day in range(366):
        parts.update(grammar.date(leap_year + dt.timedelta(days=day)))
    return frozenset(WORD + part for part in parts)
