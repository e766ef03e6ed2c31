"""docs/queue-scenarios.md names tests that exist."""

from __future__ import annotations

import re

import pytest
from playbook import SHIPPED

NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (SHIPPED / "docs" / "queue-scenarios.md").read_text())


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED)))
def test_each_scenario_has_its_test(file: str, test: str) -> None:
    assert re.search(rf"^(async )?def {test}\(", (SHIPPED / file).read_text(), re.MULTILINE), f"{file}::{test} is not there"


def test_every_scenario_names_one() -> None:
    rows = [line for line in (SHIPPED / "docs" / "queue-scenarios.md").read_text().splitlines() if line.startswith("| ")]
    assert len(rows) - 2 == len(NAMED) >= 25
