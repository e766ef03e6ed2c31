"""Patterns of numbers: what they let through, and above all what they do not."""

from __future__ import annotations

import pytest

from ivrd.core import numbers


@pytest.mark.parametrize("spelling", ["+6281234567", "6281234567", "081234567", "006281234567"])
def test_one_number_however_a_carrier_writes_it(spelling: str) -> None:
    assert numbers.same(spelling, "081234567")
    assert not numbers.same(spelling, "081234568")
    assert not numbers.same(spelling, "")


def test_who_withholds_the_number_is_nobody_else_who_does() -> None:
    assert not numbers.same("", "")
    assert numbers.same("anonymous", "anonymous")
    assert numbers.same("101", "101")


@pytest.mark.parametrize(
    ("pattern", "number", "is_allowed"),
    [
        ("08X.", "0812345", True),
        ("08X.", "08", False),
        ("08X.", "081", False),
        ("08X.", "0812345678901234", False),  # longer than any number
        ("08X.", "0812#5", False),
        ("08X.", "+62812345", False),
        ("08X.", "0812345\n", False),
        ("08X.", "٠٨١٢٣", False),
        ("021NXXXXXX", "0212345678", True),
        ("021NXXXXXX", "021234567", False),
        ("021NXXXXXX", "0211345678", False),
        ("[13-5]Z", "49", True),
        ("[13-5]Z", "29", False),
        ("[13-5]Z", "40", False),
        ("+62.", "+62812", True),
        ("150", "150", True),
        ("150", "1500", False),
    ],
)
def test_what_a_pattern_allows(pattern: str, number: str, is_allowed: bool) -> None:
    assert numbers.fault(pattern) == ""
    assert numbers.allowed(number, [pattern]) is is_allowed


def test_nothing_is_allowed_unless_listed() -> None:
    assert not numbers.allowed("0812345", [])
    assert not numbers.allowed("", ["."])


@pytest.mark.parametrize("pattern", ["", "_08X.", "08.X", "0 8", "08!", "[0", "[]", "a", "0,Hangup()", "(1)", "08X.|900X."])
def test_what_is_no_pattern(pattern: str) -> None:
    assert numbers.fault(pattern)
