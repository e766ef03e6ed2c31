"""What a caller is told, as meaning: the prompts adapter turns it into audio in the call's language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A text of the catalogue, by its key."""

    key: str
    language: str = ""  #: "" = the call's language; the language choice is spoken in both


@dataclass(frozen=True, kw_only=True)
class Number:
    """A whole number from 0 to 999,999, spoken as a quantity ("dua puluh satu")."""

    value: int


@dataclass(frozen=True, kw_only=True)
class Digits:
    """Digits spoken one by one, as an extension or an id."""

    digits: str


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A time of day, 24-hour."""

    hour: int
    minute: int


@dataclass(frozen=True, kw_only=True)
class Date:
    """A date with its weekday."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, kw_only=True)
class Money:
    """An amount in whole rupiah, from 0 to 999,999,999,999,999."""

    rupiah: int


@dataclass(frozen=True, kw_only=True)
class Spelled:
    """Letters (a to z) and digits spoken one by one; everything else in it is passed over."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Text:
    """Any text, spoken by the text-to-speech command of the site."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a caller said, played back as it is; ``name``: of the recording at Asterisk."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Beep:
    """The tone after which a caller speaks."""


Speech = Prompt | Message | Beep | Number | Digits | Clock | Date | Money | Spelled | Text
