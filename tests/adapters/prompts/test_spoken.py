"""Numbers, times and dates as recorded parts, against num2words and against our own ear."""

import datetime as dt
import re
from pathlib import Path

import pytest
from num2words import num2words

from ivrd.adapters.prompts import spoken
from ivrd.core.speech import Clock, Date, Digits, Money, Number, Prompt, Speech, Spelled, Text
from ivrd.errors import PromptMissing

LANGUAGES = ["id", "en"]


def said(speech: Speech, language: str) -> str:
    """The parts, as one reads them."""
    return " ".join(key.removeprefix(spoken.WORD) for key in spoken.words(speech, language))


def normalised(value: int, language: str) -> str:
    return " ".join(re.findall(r"[a-z]+", num2words(value, lang=language)))


@pytest.mark.parametrize(
    ("speech", "indonesian", "english"),
    [
        (Number(value=0), "nol", "zero"),
        (Number(value=1), "satu", "one"),
        (Number(value=11), "sebelas", "eleven"),
        (Number(value=21), "dua puluh satu", "twenty one"),
        (Number(value=100), "seratus", "one hundred"),
        (Number(value=101), "seratus satu", "one hundred and one"),
        (Number(value=1000), "seribu", "one thousand"),
        (Number(value=1100), "seribu seratus", "one thousand one hundred"),
        (Number(value=11_012), "sebelas ribu dua belas", "eleven thousand and twelve"),
        (Number(value=200_001), "dua ratus ribu satu", "two hundred thousand and one"),
        (Money(rupiah=1_500_000), "satu juta lima ratus ribu rupiah", "one million five hundred thousand rupiah"),
        (Money(rupiah=2_000_000_001), "dua miliar satu rupiah", "two billion and one rupiah"),
        (Spelled(text="AB-1 z"), "letter-a letter-b satu letter-z", "letter-a letter-b one letter-z"),
        (Digits(digits="1069"), "satu nol enam sembilan", "one zero six nine"),
        (Digits(digits="*1#"), "bintang satu pagar", "star one hash"),
        (Clock(hour=8, minute=0), "pukul delapan", "at eight am"),
        (Clock(hour=17, minute=30), "pukul tujuh belas lewat tiga puluh menit", "at five thirty pm"),
        (Clock(hour=13, minute=5), "pukul tiga belas lewat lima menit", "at one oh five pm"),
        (Clock(hour=9, minute=9), "pukul sembilan lewat sembilan menit", "at nine oh nine am"),
        (Clock(hour=9, minute=10), "pukul sembilan lewat sepuluh menit", "at nine ten am"),
        (Clock(hour=0, minute=0), "pukul nol", "at midnight"),
        (Clock(hour=0, minute=15), "pukul nol lewat lima belas menit", "at twelve fifteen am"),
        (Clock(hour=12, minute=0), "pukul dua belas", "at noon"),
        (Clock(hour=12, minute=1), "pukul dua belas lewat satu menit", "at twelve oh one pm"),
        (
            Date(year=2026, month=11, day=30),
            "senin tanggal tiga puluh november dua ribu dua puluh enam",
            "monday the thirtieth of november twenty twenty six",
        ),
        (
            Date(year=2005, month=5, day=21),
            "sabtu tanggal dua puluh satu mei dua ribu lima",
            "saturday the twenty first of may two thousand and five",
        ),
    ],
)  # fmt: skip
def test_it_is_said_as_people_say_it(speech: Speech, indonesian: str, english: str) -> None:
    assert said(speech, "id") == indonesian
    assert said(speech, "en") == english


def test_a_prompt_is_its_own_key() -> None:
    assert spoken.words(Prompt(key="welcome"), "id") == ["welcome"]


def test_indonesian_numbers_to_999999_are_what_num2words_says_and_can_be_played() -> None:
    parts = spoken.vocabulary("id")
    for value in range(0, 1_000_000, 7):  # 7 shares no factor with 1000: every remainder comes by
        words = spoken._words.__wrapped__(Number(value=value), "id")
        assert parts.issuperset(words), value
        assert " ".join(w.removeprefix(spoken.WORD) for w in words) == normalised(value, "id")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_to_9999_is_what_num2words_says(language: str) -> None:
    for value in range(10_000):
        assert said(Number(value=value), language) == normalised(value, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_thousand_and_every_kind_of_remainder(language: str) -> None:
    parts = spoken.vocabulary(language)
    for value in (t * 1000 + rest for t in range(1000) for rest in (0, 1, 11, 20, 99, 100, 999)):
        speech = Number(value=value)
        assert said(speech, language) == normalised(value, language)
        assert parts.issuperset(spoken.words(speech, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_minute_of_the_day_is_said_differently_and_can_be_played(language: str) -> None:
    parts, heard = spoken.vocabulary(language), set()
    for hour in range(24):
        for minute in range(60):
            words = spoken.words(Clock(hour=hour, minute=minute), language)
            assert parts.issuperset(words), (hour, minute)
            heard.add(tuple(words))
    assert len(heard) == 24 * 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_day_of_thirty_years_is_said_differently_and_can_be_played(language: str) -> None:
    parts, heard = spoken.vocabulary(language), set()
    first, last = dt.date(2020, 1, 1).toordinal(), dt.date(2050, 1, 1).toordinal()
    for ordinal in range(first, last):
        day = dt.date.fromordinal(ordinal)
        words = spoken.words(Date(year=day.year, month=day.month, day=day.day), language)
        assert parts.issuperset(words), day
        heard.add(tuple(words))
    assert len(heard) == last - first


@pytest.mark.parametrize("year", [1900, 1905, 1999, 2000, 2001, 2010, 2099, 2100, 9999])
@pytest.mark.parametrize("language", LANGUAGES)
def test_years_far_off_can_be_played(year: int, language: str) -> None:
    words = spoken.words(Date(year=year, month=1, day=1), language)
    assert spoken.vocabulary(language).issuperset(words)


@pytest.mark.parametrize(
    "speech",
    [
        Number(value=-1),
        Number(value=1_000_000),
        Clock(hour=24, minute=0),
        Clock(hour=0, minute=60),
        Date(year=2026, month=2, day=29),
        Digits(digits="12a"),
        Digits(digits="²"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_does_not_exist_cannot_be_said(speech: Speech, language: str) -> None:
    with pytest.raises(PromptMissing):
        spoken.words(speech, language)


def test_a_language_without_a_grammar_says_prompts_only() -> None:
    assert spoken.words(Prompt(key="welcome"), "zh") == ["welcome"]
    assert spoken.vocabulary("zh") == frozenset()
    with pytest.raises(PromptMissing, match="zh"):
        spoken.words(Number(value=1), "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_catalogue_has_exactly_the_parts_that_are_used(language: str) -> None:
    from ivrd.adapters.prompts import catalogue

    file = Path(__file__).parents[3] / "prompts" / catalogue.FILE
    prompts = catalogue.load(file, LANGUAGES).prompts([language])
    assert {k for k, _ in prompts if k.startswith(spoken.WORD)} == spoken.vocabulary(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_money_is_made_of_parts_that_every_catalogue_has(language: str) -> None:
    for amount in (10**15 - 1, 999_999_999, 1_000_001, 1_111_111_111_111, 0):
        assert set(spoken.words(Money(rupiah=amount), language)) <= spoken.vocabulary(language)
    with pytest.raises(PromptMissing):
        spoken.words(Money(rupiah=10**15), language)


def test_a_text_is_not_made_of_parts() -> None:
    with pytest.raises(PromptMissing):
        spoken.words(Text(text="Halo"), "id")
