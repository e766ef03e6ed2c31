"""Medians, ratios, goals, and what of the audio came through."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from bench import report, stats
from bench.media import AGENT, CALLER, frame, heard, number_in
from bench.site import IVRD, PEERS
from bench.stats import Row, Sample

ROUTING = "INVITE to agent's INVITE"


def test_the_ratio_is_taken_within_each_repeat() -> None:
    # The machine was three times slower in the second repeat: that is no news of the target.
    summed = stats.row("ivrd", [[3.0], [9.0], [3.0]], [[2.0], [6.0], [2.0]])
    assert (summed.median, summed.ratio, summed.values) == (3.0, 1.5, 3)


def test_a_repeat_without_values_counts_for_nothing() -> None:
    summed = stats.row("ivrd", [[], [4.0]], [[1.0], [2.0]])
    assert (summed.median, summed.ratio) == (4.0, 2.0)
    assert math.isnan(stats.row("ivrd", [[]], None).median)


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (95, 10), (0, 1), (100, 10)])
def test_percentile_by_nearest_rank(percent: float, value: float) -> None:
    assert stats.percentile(list(range(10, 0, -1)), percent) == value


def test_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        stats.percentile([], 95)


@pytest.mark.parametrize(
    ("measure", "ratio", "median", "said"),
    [
        (ROUTING, 1.5, 3.0, "kept (<= 1.5x)"),
        (ROUTING, 1.51, 3.0, "MISSED (<= 1.5x)"),
        ("freed agent to next INVITE", 0.02, 8.0, "kept (<= 1/50x)"),
        ("freed agent to next INVITE", 0.021, 8.0, "MISSED (<= 1/50x)"),
        (stats.CPU, 2.11, 10.1, "MISSED (<= 2.1x)"),
        (stats.CPU, None, 10.1, "not measured"),
        (ROUTING, None, 3.0, "not measured"),
        ("INVITE to 200 OK", 9.0, 9.0, ""),
    ],
)
def test_goals(measure: str, ratio: float | None, median: float, said: str) -> None:
    assert stats.verdict(measure, Row("ivrd", median, median, 1, ratio)) == said


def test_a_frame_tells_whose_it_is_and_its_number() -> None:
    assert number_in(frame(CALLER, 70000), CALLER) == 70000
    assert number_in(frame(CALLER, 70000), AGENT) is None
    assert number_in(bytes(160), CALLER) is None


def test_frames_missing_between_the_first_and_the_last_are_lost() -> None:
    came = heard([(30, 7), (10, 4), (20, 5), (40, 7)])
    assert (came.first_ns, came.frames, came.lost) == (10, 3, 1)
    assert (came.last_ns, came.longest_gap_s) == (40, pytest.approx(10e-9))
    assert (heard([]).first_ns, heard([]).longest_gap_s) == (None, 0.0)


def a_result() -> report.Result:
    result = report.Result({"when": "now"})
    for target, times in ((PEERS[0], [2.0, 2.0]), (IVRD, [2.5, 3.5])):
        sample = Sample()
        for value in times:
            sample.add(ROUTING, value)
        for what in ("calls", *report.TROUBLE):
            sample.count(what, 2 if what == "calls" else 0)
        result.add("routing", target.name, sample)
    return result


def test_what_is_kept_is_what_was_measured(tmp_path: Path) -> None:
    result = a_result()
    report.write(result, tmp_path / "r.json")
    assert report.read(tmp_path / "r.json") == result


def test_the_table_has_the_ratio_and_the_goal() -> None:
    lines = report.tables(a_result()).splitlines()
    ivrd = next(line for line in lines if line.startswith("ivrd"))
    assert ivrd.split() == ["ivrd", "3.00", "3.50", "2", "1.50", "kept", "(<=", "1.5x)"]


def test_trouble_and_missed_goals_are_named() -> None:
    result = a_result()
    assert (result.trouble, result.missed) == ([], [])
    worse = Sample({ROUTING: [9.0]}, {"calls": 1, "frames lost": 3})
    result.samples["routing"][IVRD.name] = [worse]
    assert result.trouble == ["ivrd: 3 frames lost"]
    assert result.missed == [f"{ROUTING}: MISSED (<= 1.5x)"]


def test_results_that_the_docs_cite_are_kept() -> None:
    root = Path(__file__).parents[2]
    cited = {name for file in (root / "docs").glob("*.md") for name in re.findall(r"bench/results/[\w-]+\.json", file.read_text())}
    assert cited
    assert [name for name in sorted(cited) if not (root / name).is_file()] == []  # on a clean checkout: was it committed?
