"""Decisions in the store, and ``ivrd why``."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivrd.adapters.store import CdrStore
from ivrd.cli import main
from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr
from ivrd.settings.load import load

SHIPPED = Path(__file__).parents[3]
MakeCdr = Callable[..., Cdr]
AT = 1764032523.25
WHY = (
    Decision(at=AT, what="joined", queue="kbli", place=2, asks="kbli >= 4, language id", passed={"talking": ["101", "105"]}),
    Decision(at=AT + 60, what="relaxed", queue="kbli", step=1, asks="kbli, language id", forgotten=3),
    Decision(
        at=AT + 61, what="offered", queue="kbli", step=1, agent="113", uncounted=5,
        scores={"105": [0.0, 0.0, -AT - 51], "113": [0.0, 0.0, -AT - 31]}, passed={"has_skills": ["120"], "paused": ["101"]},
    ),
    Decision(
        at=AT + 65, what="offered", queue="kbli", agent="105", points={"priority": 300.0, "vip": 0.0, "waited": 130.0}, weight=2.0, over=5,
        ahead={"99.1": 700.5, "99.2": 600.0, "99.3": 500.0}, ahead_why={"99.1": "has_skills", "99.2": "did_not_just_decline", "99.3": ""},
    ),
    Decision(at=AT + 66, what="offered", queue="kbli", agent="105", points={"priority": 0.0, "vip": 0.0, "waited": 610.0}, long=True),
    Decision(at=AT + 70, what="offer_ended", queue="kbli", agent="113", outcome="no_answer"),
    Decision(at=AT + 80, what="left", queue="kbli", outcome="ended by caller"),
)  # fmt: skip


async def test_decisions_come_back_as_they_were_written_and_the_last_write_counts(store: CdrStore, cdr: MakeCdr) -> None:
    await store.write(cdr("a"), WHY[:1])
    await store.write(cdr("a"), WHY)
    await store.write(cdr("b"))
    assert tuple(await store.find_why("a")) == WHY
    assert await store.find_why("b") == []
    assert await store.find_why("nobody") == []


@pytest.fixture
def root(tmp_path: Path, cdr: MakeCdr) -> Path:
    for name in ("config", "dialplans"):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    (tmp_path / "var" / "state").mkdir(parents=True)
    port = tmp_path / "config" / "ivrd.yaml"
    port.write_text(port.read_text().replace("port: 9169", "port: 1"))

    async def fill() -> None:
        store = CdrStore(load(tmp_path / "config").store_url(), ZoneInfo("Asia/Jakarta"))
        await store.open()
        await store.write(cdr("100.1"), WHY)
        await store.close()

    asyncio.run(fill())
    return tmp_path


def test_a_person_reads_who_could_and_who_could_not_and_why(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(root / "config"), "why", "100.1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "08:02:03.250  came to queue kbli, place 2; needs kbli >= 4, language id",
        "              nobody could be offered the call:",
        "              talk: 101, 105",
        "08:03:03.250  step 1 of the queue's relax: needs kbli, language id",
        "              ... 3 more, not kept ...",
        "08:03:04.250  offered to 113 (Lukman Hakim) of queue kbli, at step 1",
        "              could: 113 (Lukman Hakim) (idle 30 s)",
        "              could: 105 (Dimas Saputra) (idle 10 s)",
        "              lack what is asked for: 120",
        "              pause: 101",
        "              5 more were not noted",
        "08:03:08.250  offered to 105 (Dimas Saputra) of queue kbli",
        "              430 points (300 for priority, 130 for waiting, weight 2)",
        "              5 calls ahead could not have 105:",
        "                99.1 (700.5 points): needs what 105 lacks",
        "                99.2 (600 points): 105 declined or missed it a moment ago",
        "                99.3 (500 points): its customer could not be rung",
        "                and 2 more",
        "08:03:09.250  offered to 105 (Dimas Saputra) of queue kbli",
        "              610 points (610 for waiting); waits so long that points do not count",
        "08:03:13.250  113 (Lukman Hakim): no answer",
        "08:03:23.250  left queue kbli: ended by caller",
    ]


def test_a_program_reads_it_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(root / "config"), "why", "100.1", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Decision(**d) for d in told["decisions"]] == [*WHY]


def test_a_call_of_which_nothing_is_known_says_where_to_look(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(root / "config"), "why", "7"]) == 1
    assert "`ivrd cdr` lists calls" in capsys.readouterr().err
