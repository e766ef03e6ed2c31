"""``ivrd cdr`` on a real store and the shipped configuration."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivrd.adapters.audit import AuditLog, Line
from ivrd.adapters.store import COLUMNS, CdrStore
from ivrd.cli import main
from ivrd.cli.archive import operator
from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.state import Callback
from ivrd.daemon.clock import SystemClock
from ivrd.settings.load import load

SHIPPED = Path(__file__).parents[3]
Cdrs = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("config", "dialplans"):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    (tmp_path / "var" / "state").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def cdrs(root: Path, capsys: pytest.CaptureFixture[str]) -> Cdrs:
    """Runs ``ivrd cdr ...`` and gives back what it printed."""

    def call(*argv: str, status: int = 0) -> str:
        assert main(["--config", str(root / "config"), "cdr", *argv]) == status
        said = capsys.readouterr()
        return said.err if status else said.out

    return call


@pytest.fixture
def three_calls(root: Path, cdr: Callable[..., Cdr]) -> None:
    async def fill() -> None:
        store = CdrStore(load(root / "config").store_url(), ZoneInfo("Asia/Jakarta"))
        await store.open()
        await store.write(cdr("100.1"))
        day = 86_400
        await store.write(
            cdr("100.2", arrived_at=1764032523.0 + day, disposition=Disposition.CLOSED, queue="", agent="",
                caller_number="0811", caller_name="=cmd()", wait_ms=0, talk_ms=0, recording="")
        )  # fmt: skip
        await store.write(
            cdr("100.3", arrived_at=1764032523.0 + 2 * day, caller_number="", agent="102")
        )
        await store.close()

    asyncio.run(fill())


def listed(table: str) -> list[str]:
    return [line.split()[2] for line in table.splitlines()[1:-1]]


def test_a_store_that_is_not_there_is_said_without_a_traceback(cdrs: Cdrs) -> None:
    said = cdrs(status=1)
    assert "there is no CDR store at" in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("three_calls")
def test_the_table_shows_local_times_and_masks_callers(cdrs: Cdrs) -> None:
    table = cdrs()
    assert table.splitlines()[0].startswith("Arrived (WIB)")
    assert "2025-11-25 08:02:03" in table
    assert "***********890" in table
    assert "6281234567890" not in table
    assert "Budi" not in table
    assert "withheld" in table
    assert "0:10" in table
    assert "2025/11/25/1764.12.wav" in table
    assert listed(table) == ["100.1", "100.2", "100.3"]
    assert "+6281234567890" in cdrs("--callers")


def audited(root: Path) -> list[Line]:
    return list(AuditLog(root / "var" / "state", SystemClock()).lines())


@pytest.mark.usefixtures("three_calls")
def test_who_looks_at_callers_is_in_the_audit_log(root: Path, cdrs: Cdrs) -> None:
    cdrs()
    cdrs("--csv", "-")
    assert audited(root) == []  # masked
    cdrs("--callers", "--csv", str(root / "all.csv"))
    cdrs("--callers", "--json", "--caller", "34567890", "--since", "2025-11-25", "--queue", "cards")
    first, second = audited(root)
    assert {first.action, second.action} == {"calls shown with callers"}
    assert first.by == operator()
    assert first.facts == {"calls": 3, "to": str(root / "all.csv")}
    assert second.facts == {"calls": 1, "to": "json", "queue": "cards", "since": "2025-11-25T00:00:00", "caller": "...890"}


@pytest.mark.usefixtures("three_calls")
def test_callers_are_not_shown_when_that_cannot_be_noted(root: Path, cdrs: Cdrs) -> None:
    (root / "var" / "state" / "audit.jsonl").mkdir()
    assert "audit.jsonl: cannot be written" in cdrs("--callers", "--csv", str(root / "all.csv"), status=1)
    assert not (root / "all.csv").exists()


@pytest.mark.usefixtures("three_calls")
def test_so_are_requests_to_be_called_back(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wish = Callback(call="100.9", queue="cards", number="0215551234", language="id", at=1764032523.0)

    async def ask() -> None:
        store = CdrStore(load(root / "config").store_url(), ZoneInfo("Asia/Jakarta"))
        await store.open()
        await store.keep_callback(wish)
        await store.close()

    def callbacks(*argv: str, status: int = 0) -> str:
        assert main(["--config", str(root / "config"), "callbacks", *argv]) == status
        return capsys.readouterr().out

    asyncio.run(ask())
    ident = callbacks().splitlines()[1].split()[2]
    assert audited(root) == []
    assert "0215551234" in callbacks("--callers")
    callbacks("--done", ident, "--done", "nobody", "--note", "reached", status=1)
    shown, done = audited(root)
    assert (shown.action, shown.facts) == ("callbacks shown with callers", {"requests": 1, "queue": ""})
    assert (done.action, done.facts) == ("callbacks done", {"ids": [ident], "note": "reached"})


@pytest.mark.usefixtures("three_calls")
@pytest.mark.parametrize(
    ("argv", "calls"),
    [
        (["--since", "2025-11-26"], ["100.2", "100.3"]),
        (["--until", "2025-11-26"], ["100.1", "100.2"]),
        (["--since", "2025-11-25T08:02:04"], ["100.2", "100.3"]),
        (["--since", "2025-11-25T08:02:03"], ["100.1", "100.2", "100.3"]),
        (["--until", "2025-11-25T08:02"], []),
        (["--since", "2025-11-26T01:00:00+00:00"], ["100.2", "100.3"]),
        (["--disposition", "closed"], ["100.2"]),
        (["--queue", "cards", "--agent", "102"], ["100.3"]),
        (["--caller", "...7890"], ["100.1"]),
        (["--limit", "1"], ["100.3"]),
    ],
)
def test_filters(cdrs: Cdrs, argv: list[str], calls: list[str]) -> None:
    assert listed(cdrs(*argv)) == calls


@pytest.mark.usefixtures("three_calls")
def test_one_call_is_shown_whole(cdrs: Cdrs) -> None:
    said = cdrs("--call", "100.1")
    shown = dict(line.split(maxsplit=1) for line in said.splitlines() if len(line.split()) > 1)
    assert shown["menu_path"].strip() == "welcome>main>cards"
    assert shown["ended_local"].strip() == "2025-11-25 08:03:33.456+07:00"
    assert [line.split()[0] for line in said.splitlines()] == list(COLUMNS)
    assert cdrs("--call", "nothing") == "no such call\n"


@pytest.mark.usefixtures("three_calls")
def test_csv_holds_every_column_and_no_formula(cdrs: Cdrs, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(cdrs("--csv", "-", "--callers"))))
    assert list(rows[0]) == list(COLUMNS)
    assert [r["call"] for r in rows] == ["100.1", "100.2", "100.3"]
    assert rows[0]["caller_number"] == "+6281234567890"
    assert rows[0]["arrived_utc"] == "2025-11-25 01:02:03.456000"
    assert rows[1]["caller_name"] == "'=cmd()"
    file = tmp_path / "out.csv"
    cdrs("--csv", str(file))
    assert [r["caller_number"] for r in csv.DictReader(file.read_text().splitlines())] == [
        "***********890",
        "*811",
        "",
    ]
    assert "cannot write /nowhere/x.csv" in cdrs("--csv", "/nowhere/x.csv", status=1)


@pytest.mark.usefixtures("three_calls")
def test_json_is_one_object_a_line(cdrs: Cdrs) -> None:
    rows = [json.loads(line) for line in cdrs("--json").splitlines()]
    assert [r["call"] for r in rows] == ["100.1", "100.2", "100.3"]
    assert rows[0]["arrived_utc"] == "2025-11-25T01:02:03.456000Z"
    assert rows[0]["disposition"] == "answered"
    assert list(rows[0]) == list(COLUMNS)


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (["--since", "yesterday"], "'yesterday' is not a date like 2026-11-24"),
        (["--limit", "0"], "'0' is not a number above 0"),
        (["--disposition", "lost"], "invalid choice: 'lost'"),
    ],
)
def test_wrong_use_is_said(
    root: Path, capsys: pytest.CaptureFixture[str], argv: list[str], why: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(root / "config"), "cdr", *argv])
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
