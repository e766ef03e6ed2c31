"""``ivrd simulate``, the whole command in process."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ivrd.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


def simulate(*args: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(["--config", str(ROOT / "config"), "simulate", *args])
        except SystemExit as exc:  # argparse's way to say: wrong use
            status = int(str(exc.code))
    return Done(status, out.getvalue(), err.getvalue())


def data(*args: str) -> Any:
    done = simulate(*args, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_few_days_are_told_with_intervals_queues_agents_and_a_plot(tmp_path: Path) -> None:
    picture = tmp_path / "day.svg"
    done = simulate("--days", "2", "--load", "0.3", "--svg", str(picture))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 days, ")
    for line in ("Answered in time %", "Occupancy %", "sinkronisasi", "124 ", "16:30  ", " times faster than life\n"):
        assert line in done.stdout
    drawn = ET.parse(picture).getroot()
    assert drawn.tag.endswith("svg")
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))) == 1


def test_the_same_seed_prints_the_same_and_it_is_much_faster_than_life() -> None:
    one, again, other = data("--days", "2", "--load", "0.3"), data("--days", "2", "--load", "0.3"), data("--days", "2", "--load", "0.3", "--seed", "2")
    assert one["times_faster"] > 1000
    for made in (one, again, other):
        del made["times_faster"], made["took_s"]
    assert one == again
    assert one["whole"] != other["whole"]
    assert len(one["agents"]) == 24
    by_queue = sum(q["occupancy"]["value"] for q in one["queues"].values())  # without ringing, with talks after closing
    assert by_queue == pytest.approx(one["whole"]["occupancy"]["value"], rel=0.1)
    assert set(one["half_hours"]) <= {f"{h:02}:{m:02}" for h in range(8, 18) for m in (0, 30)}


def test_two_configurations_meet_the_same_callers(tmp_path: Path) -> None:
    for name in ("config", "dialplans", "prompts", "planning"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("build", "tests"))
    queues = tmp_path / "config" / "queues.yaml"
    queues.write_text(queues.read_text().replace("wrap_up_s: 20", "wrap_up_s: 300"))
    made = data("--days", "2", "--compare", str(ROOT / "config"), str(tmp_path / "config"))
    assert made["a"]["calls"] == made["b"]["calls"]
    assert made["difference"]["occupancy"]["value"] != 0
    itself = data("--days", "2", "--load", "0.3", "--compare", str(ROOT / "config"), str(ROOT / "config"))
    assert {m["value"] for m in itself["difference"].values()} == {0}
    shown = simulate("--days", "2", "--load", "0.3", "--compare", str(ROOT / "config"), str(ROOT / "config"))
    assert "B - A" in shown.stdout


def test_the_price_of_skills_is_told_against_pooled_and_app_queue() -> None:
    made = data("--days", "2", "--price-of-skills")
    assert [r["name"].rpartition("/")[2] for r in made["results"]] == [
        "config", "pooled", "app_queue rrmemory", "app_queue leastrecent", "app_queue fewestcalls", "app_queue linear",
    ]  # fmt: skip
    assert len({r["calls"] for r in made["results"]}) == 1
    assert made["kept"] is True
    assert "price of skills: " in simulate("--days", "2", "--load", "0.3", "--price-of-skills").stdout


def test_callers_may_come_through_the_menus() -> None:
    made = data("--days", "1", "--load", "0.2", "--menus")
    assert made["whole"]["success"]["value"] > 0.9


def test_mistakes_are_told_in_words(tmp_path: Path) -> None:
    file, table = tmp_path / "t.yaml", tmp_path / "t.csv"
    file.write_text((ROOT / "planning" / "169.yaml").read_text().replace("queue: lkpm", "queue: lpkm"))
    table.write_text("start,calls,aht_s\n08:00,1,1\n")
    for args, said in [
        ((str(file),), f"{file}:34:31: there is no queue 'lpkm'\n    did you mean 'lkpm'?"),
        ((str(table),), "a simulation needs a traffic file (.yaml)"),
        ((str(tmp_path / "no.yaml"),), "no.yaml"),
        (("--days", "0"), "argument --days: '0' is not a whole number above 0"),
        (("--price-of-skills", "--menus"), "leave --menus out"),
        (("--recorded", "a", "b", "--menus"), "leave --menus and --load out"),
        (("--days", "1", "--load", "0.1", "--svg", str(tmp_path / "none" / "x.svg")), "No such file or directory"),
        (("--compare", str(ROOT / "config"), str(tmp_path / "other")), "other"),
    ]:
        done = simulate(*args)
        assert done.returncode in (1, 2), (args, done)
        assert said in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
