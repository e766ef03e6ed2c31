"""``ivrd staff``, the whole command in process: the study's table to the last cell, half hours, and mistakes told in words."""

from __future__ import annotations

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivrd.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
#: the workload table of the 2025 needs study
TABLE = [
    ("WhatsApp", "30", "21462", "715", "1020", "72.4"),
    ("Email", "7", "7415", "1059", "780", "82.0"),
    ("Social media (Instagram)", "4", "895", "224", "600", "26.6"),
    ("Voice", "24", "6821", "284", "600", "33.8"),
    ("Video call", "6", "2451", "409", "1020", "82.7"),
    ("Walk-in (customer service)", "14", "1811", "129", "960", "24.6"),
]


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


def staff(*args: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(["--config", str(ROOT / "config"), "staff", *args])
        except SystemExit as exc:  # argparse's way to say: wrong use
            status = int(str(exc.code))
    return Done(status, out.getvalue(), err.getvalue())


def test_the_workload_table_is_the_studys() -> None:
    done = staff("--workload")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()[1:]
    assert [tuple(line.rsplit(maxsplit=5)) for line in lines] == TABLE


def test_the_workload_for_machines() -> None:
    rows = json.loads(staff("--workload", "--format", "json").stdout)
    assert [(r["position"], r["per_agent"], r["occupancy"]) for r in rows] == [
        (title, int(per_agent), round(float(occupancy) / 100, 3)) for title, _, _, per_agent, _, occupancy in TABLE
    ]


def test_a_day_by_half_hours_keeps_the_target() -> None:
    rows = list(csv.DictReader(io.StringIO(staff("--format", "csv").stdout)))
    assert [r["start"] for r in rows] == [f"{h:02}:{m:02}" for h in range(8, 17) for m in (0, 30)]
    assert sum(float(r["calls"]) for r in rows) == pytest.approx(6821 / 20)
    for row in rows:
        assert float(row["within"]) >= 0.85
        assert int(row["agents_erlang_c"]) >= int(row["agents_erlang_a"]) >= int(row["agents_trunks"])
        assert int(row["roster"]) >= int(row["agents"]) / 0.88


def test_other_targets_need_other_numbers() -> None:
    def agents(*args: str) -> int:
        return sum(row["agents"] for row in json.loads(staff("--format", "json", *args).stdout))

    shipped = agents()
    assert agents("--level", "95") > shipped
    assert agents("--within", "60") < shipped
    assert agents("--max-occupancy", "50") > shipped
    assert agents("--model", "c") > shipped
    assert agents("--aht", "300") < shipped < agents("--load", "2")


def test_a_csv_of_half_hours(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    file.write_text("start,calls,aht_s\n08:00,100,180\n")
    row = json.loads(staff(str(file), "--model", "c", "--format", "json").stdout)[0]
    assert row["agents"] == 14
    assert round(row["within"], 4) == 0.8884


def test_the_text_says_what_it_assumed() -> None:
    done = staff()
    assert "M/M/n/K+M, 85% within 20 s, patience 180 s, 50 channels: " in done.stdout


def test_mistakes_are_told_in_words(tmp_path: Path) -> None:
    wrong, none = tmp_path / "wrong.csv", tmp_path / "none.csv"
    wrong.write_text("start,calls,aht_s\n08:00,many,600\n08:30,5,0\n")
    none.write_text("start;calls\n")
    for args, said in [
        ((str(wrong),), f"{wrong}:2:1: '08:00,many,600' is not a half hour"),
        ((str(wrong),), f"{wrong}:3:1: '08:30,5,0' is not a half hour"),
        ((str(none),), f"{none}:1:1: the first line must be start,calls,aht_s"),
        ((str(tmp_path / "no.csv"),), "no.csv cannot be read: No such file or directory"),
        (("--level", "100", "--patience", "60"), "not even 100000 agents keep the target"),
        (("--level", "many"), "argument --level: 'many' is not a number"),
        (("--level", "120"), "argument --level: '120' is not a percentage from 0 to 100"),
        (("--trunks", "0"), "--trunks must be at least 1, not 0"),
        (("--recorded", "yesterday", "today"), "yesterday today: write two dates like 2026-11-01 2026-11-30"),
    ]:
        done = staff(*args)
        assert done.returncode in (1, 2), args
        assert said in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
