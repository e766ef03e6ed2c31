"""planning/*.yaml: what is wrong is told with its place, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.errors import ConfigError
from ivrd.settings.load import load
from ivrd.settings.load_planning import load_traffic, load_workload

from .sites import ROOT

TRAFFIC = ROOT / "planning" / "169.yaml"
WORKLOAD = ROOT / "planning" / "workload.yaml"


def test_the_shipped_files_are_without_fault() -> None:
    traffic = load_traffic(TRAFFIC, load(ROOT / "config"))
    assert sum(kind.share for kind in traffic.kinds.values()) == pytest.approx(100)
    assert sum(traffic.profile.values()) == pytest.approx(100)
    assert len(load_workload(WORKLOAD).positions) == 6


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"08:00": 4.5', '"08:15": 4.5', "'08:15' is not the start of a half hour"),
        ('"08:00": 4.5', '"08:00": -1', "a share must be at least 0, not -1"),
        ("calls_a_month: 6821", "calls_a_month: 0", "calls_a_month must be above 0, not 0"),
        ("calls_a_month: 6821", "calls_a_month: many", "calls_a_month must be a number, not 'many'"),
        ("queue: kbli,", "queue: kbil,", "there is no queue 'kbil'"),
        ('keys: "11"', 'keys: "1x"', "'1x': telephone keys are 0-9, * and #"),
        ("  en: {share: 5", "  fr: {share: 5", "there is no language 'fr'"),
        ("shape: lognormal", "shape: normal", "handling.shape must be"),
        ("mean_s: 600, shape", "mean_s: 0, shape", "handling.mean_s must be above 0, not 0"),
        ("shrinkage: 0.12", "shrinkage: 12", "staff.shrinkage must be 0 or more and below 1, not 12"),
        ('breaks_between: "11:00-13:00"', 'breaks_between: "13:00-11:00"', "'13:00-11:00' is not a time of day"),
        ("  break_s: 3600\n", "", "staff.break_s and staff.breaks_between belong together"),
        ("  answer_s: 4", "  asnwer_s: 4", "unknown key 'asnwer_s'"),
        ("first_day: 2027-01-04\n", "", "first_day is missing"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(before: str, after: str, said: str, tmp_path: Path) -> None:
    text = TRAFFIC.read_text()
    assert text.count(before) == 1
    file = tmp_path / "169.yaml"
    file.write_text(text.replace(before, after))
    with pytest.raises(ConfigError) as caught:
        load_traffic(file, load(ROOT / "config"))
    assert [f.message.startswith(said) for f in caught.value.faults] == [True], caught.value
    assert caught.value.faults[0].place.startswith(f"{file}:")
    if after and "asnwer" not in after:
        line = text[: text.index(before)].count("\n") + 1
        assert caught.value.faults[0].line == line


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "workload.yaml"
    file.write_text(WORKLOAD.read_text().replace("staff: 30", "staff: 0").replace("hours: 7", "hours: 0"))
    with pytest.raises(ConfigError) as caught:
        load_workload(file)
    assert [(f.line, f.message) for f in caught.value.faults] == [
        (4, "hours must be above 0, not 0"),
        (6, "positions.whatsapp.staff must be above 0, not 0"),
    ]
