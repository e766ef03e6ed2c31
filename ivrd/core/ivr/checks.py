"""Is what a caller typed a number of the kind that was asked for?"""

from __future__ import annotations

from collections.abc import Callable


def luhn(digits: str) -> bool:
    """The check digit of cards and many account numbers (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        twice = int(digit) * (1 + place % 2)
        total += twice - 9 if twice > 9 else twice
    return total % 10 == 0


def nib(digits: str) -> bool:
    """Nomor Induk Berusaha, the business number of OSS: 13 digits, no check digit."""
    return len(digits) == 13


def npwp(digits: str) -> bool:
    """The tax number: 15 digits, or 16 since 2024."""
    return len(digits) in (15, 16)


def nik(digits: str) -> bool:
    """The resident's number: 16 digits, the birth date in the 7th to 12th (40 is added to a woman's day)."""
    return len(digits) == 16 and 1 <= int(digits[6:8]) % 40 <= 31 and 1 <= int(digits[8:10]) <= 12


CHECKS: dict[str, Callable[[str], bool]] = {"luhn": luhn, "nib": nib, "npwp": npwp, "nik": nik}


def passes(check: str, digits: str) -> bool:
    """Whether ``digits`` are digits and pass the check; "" passes all."""
    return digits.isascii() and digits.isdigit() and (not check or CHECKS[check](digits))
