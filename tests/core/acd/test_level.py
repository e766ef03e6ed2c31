"""The service level counts who was answered in time against everybody who was to be."""

from __future__ import annotations

import pytest

from ivrd.core.acd.level import service_level


@pytest.mark.parametrize(
    ("in_level", "answered", "abandoned", "short", "diverted", "level"),
    [
        (8, 10, 0, 0, 0, 0.8),
        (8, 10, 10, 5, 0, 8 / 15),  # short abandons count neither way
        (8, 10, 10, 5, 5, 0.4),  # who was sent elsewhere was not served
        (0, 0, 0, 0, 3, 0.0),
        (1, 1, 0, 0, 0, 1.0),
        (0, 0, 4, 4, 0, None),  # nobody to judge by
        (0, 0, 0, 0, 0, None),
    ],
)
def test_who_counts(in_level: int, answered: int, abandoned: int, short: int, diverted: int, level: float | None) -> None:
    facts = {"answered": answered, "abandoned": abandoned, "short_abandoned": short, "diverted": diverted}
    assert service_level(answered_in_level=in_level, **facts) == level
