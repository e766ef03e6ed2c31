"""Patterns of telephone numbers, as Asterisk writes them, without the underscore.

    0-9 + * #   themselves          X  0-9       Z  1-9       N  2-9
    [15-7]      one of these        .  one digit or more, at the end only
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

_GOOD = re.compile(r"^([0-9+*#XZN]|\[[0-9]([0-9-]*[0-9])?\])+\.?$|^\.$")
_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "[0-9]+", "+": r"\+", "*": r"\*"}
LONGEST = 15  #: E.164
COUNTRY = "62"  #: Indonesia's code, which a carrier writes or leaves out as it likes


def fault(pattern: str) -> str:
    """What is wrong with a pattern; "" when nothing is."""
    if not _GOOD.match(pattern):
        return f"{pattern!r} is not a pattern of numbers: digits, X Z N, [1-5], and . at the end, for example 08XXXXXXX."
    return ""


def allowed(number: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is the whole of ``number``. Nothing but a number ever is allowed."""
    return len(number) <= LONGEST and any(_regex(p).fullmatch(number) for p in patterns)


@lru_cache(maxsize=2000)
def key(number: str) -> str:
    """One for all ways to write a number: +62812, 0062812, 62812 and 0812. What is none (withheld, an extension) is itself."""
    digits = number.removeprefix("+").removeprefix("00")
    return COUNTRY + digits[1:] if digits.startswith("0") else digits


def same(one: str, other: str) -> bool:
    """Two ways to write one number, or twice the same. Nobody's number is nobody's."""
    return bool(one) and key(one) == key(other)


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\[[^]]*\]|.", pattern)
    return re.compile("".join(p if p.startswith("[") else _CLASSES.get(p, p) for p in parts), re.ASCII)
