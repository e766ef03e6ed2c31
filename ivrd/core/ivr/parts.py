"""What ``say`` and ``confirm`` put together: each part is a prompt, or the value of an expression spoken as something."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ivrd.core.ivr.expression import value
from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.shape import Doc, IntExpr, Path, PromptRef, StringExpr
from ivrd.core.ivr.walk import Around, Scalar, Walk, spoken
from ivrd.core.speech import Clock, Date, Digits, Money, Number, Speech, Spelled, Text

#: characters of one text: a minute of speech
LONGEST_TEXT = 500
MOST_SPELLED = 40


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that is said: exactly one of these keys."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    prompt: Annotated[PromptRef, Doc("a text of the catalogue")] = ""
    number: Annotated[IntExpr, Doc("a whole number from 0 to 999,999")] = ""
    money: Annotated[IntExpr, Doc("an amount in whole rupiah")] = ""
    digits: Annotated[StringExpr, Doc("digits, one by one")] = ""
    date: Annotated[StringExpr, Doc("a date as 2026-12-25", examples=("now.date",))] = ""
    time: Annotated[StringExpr, Doc("a time of day as 17:05", examples=("now.time",))] = ""
    spell: Annotated[StringExpr, Doc("letters and digits, one by one")] = ""
    text: Annotated[StringExpr, Doc("any text, by the text-to-speech command")] = ""

    def problems(self, at: Path, known: Known) -> Iterable[Problem]:
        """Exactly one key."""
        if sum(bool(text) for text in vars(self).values()) != 1:
            yield Problem(path=at, message=f"needs exactly one of: {', '.join(vars(self))}")

    def speech(self, walk: Walk, around: Around) -> tuple[Speech, ...]:
        """What is said; nothing when the expression has no value, or not one that can be said so."""
        if self.prompt:
            return spoken((self.prompt,), around)
        kind, text = next((k, t) for k, t in vars(self).items() if t)
        found = value(walk, around, text)
        try:
            return () if found is None else (_said(kind, found),)
        except (ValueError, TypeError):
            walk.path.append("!cannot-say")
            return ()


def speech(parts: Iterable[Part], walk: Walk, around: Around) -> tuple[Speech, ...]:
    """All parts, one after the other."""

    def each() -> Iterator[Speech]:
        for part in parts:
            yield from part.speech(walk, around)

    return tuple(each())


def _said(kind: str, found: Scalar) -> Speech:
    """ValueError for what cannot be said as ``kind``."""
    text = str(found)
    match kind:
        case "number":
            return Number(value=_within(found, 999_999))
        case "money":
            return Money(rupiah=_within(found, 10**15 - 1))
        case "digits" if text and set(text) <= set("0123456789*#") and len(text) <= MOST_SPELLED:
            return Digits(digits=text)
        case "date":
            day = dt.date.fromisoformat(text)
            return Date(year=day.year, month=day.month, day=day.day)
        case "time":
            time = dt.time.fromisoformat(text)
            return Clock(hour=time.hour, minute=time.minute)
        case "spell" if len(text) <= MOST_SPELLED:
            return Spelled(text=text)
        case "text" if text.strip():
            return Text(text=text[:LONGEST_TEXT])
    raise ValueError(f"{text!r} cannot be said as {kind}")


def _within(found: Scalar, most: int) -> int:
    number = int(found)
    if not 0 <= number <= most:
        raise ValueError(f"{number} is not within 0..{most}")
    return number
