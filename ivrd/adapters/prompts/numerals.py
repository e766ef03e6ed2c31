"""num2words, split into single words. Pure."""

from __future__ import annotations

from typing import Literal

from num2words import num2words


def spell(
    value: int, language: str, form: Literal["cardinal", "ordinal", "year"] = "cardinal"
) -> list[str]:
    """21 -> dua, puluh, satu; twenty, one. Hyphens and commas are not spoken."""
    text = str(num2words(value, lang=language, to=form))  # type: ignore[no-untyped-call]
    return text.replace("-", " ").replace(",", " ").split()
