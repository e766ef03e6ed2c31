"""What of a caller stands in the log."""

from __future__ import annotations

from typing import Any

import pytest

from ivrd.daemon.logs import mask_numbers


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"caller_number": "08123456789"}, {"caller_number": "********789"}),
        ({"number": "169"}, {"number": "169"}),  # too short to be a caller's
        ({"caller_name": "Siti Aminah"}, {"caller_name": "*"}),
        ({"caller_name": ""}, {"caller_name": ""}),
        ({"agent": "101", "name": "record"}, {"agent": "101", "name": "record"}),
    ],
)
def test_numbers_keep_their_end_and_names_nothing(told: dict[str, Any], shown: dict[str, Any]) -> None:
    assert mask_numbers(None, "info", told) == shown
