"""``ivrd diff``: the real command, with files and with git."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ivrd.cli import main
from tests.core.playbook import SHIPPED

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in the site's directory: status, standard output, standard error."""
    monkeypatch.chdir(site)

    def diff(*words: str) -> tuple[int, str, str]:
        status = main(["diff", *words])
        return status, *capsys.readouterr()

    return diff


def git(site: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=site, check=True, capture_output=True, timeout=60)


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The shipped site in a repository of its own."""
    for name in ("config/ivrd.yaml", "config/queues.yaml", "config/agents.yaml", "config/calendar.yaml", "dialplans/169.yaml", "prompts/catalogue.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_file_that_says_the_same_in_other_names(site: Path, run: Run) -> None:
    text = (site / "dialplans" / "169.yaml").read_text(encoding="utf-8").replace("to-kbli", "about-kbli")
    (site / "new.yaml").write_text(text, encoding="utf-8")
    assert run("dialplans/169.yaml", "new.yaml") == (0, "new: nothing changes for callers\n", "")


def test_what_changed_since_a_revision(site: Path, run: Run) -> None:
    edit(site / "dialplans" / "169.yaml", "5: to-requirements", "6: to-requirements")
    edit(site / "prompts" / "catalogue.yaml", "Welcome to one six nine", "Hello from one six nine")
    edit(site / "config" / "calendar.yaml", 'fri: ["08:00-17:00"]', 'fri: ["08:00-16:00"]')
    edit(site / "config" / "queues.yaml", "  kbli:\n", "  kbli:\n    priority: 7\n")
    edit(site / "config" / "ivrd.yaml", '  "169": "169"\n', '  "169": "169"\n  "170": "169"\n')
    status, said, wrong = run("HEAD:dialplans/169.yaml", "dialplans/169.yaml")
    assert (status, wrong) == (1, "")
    assert said.splitlines() == [
        "169: 5 things change for callers",
        "  numbers that lead here: 169, 170, formerly 169",
        "  hours, week.fri: 08:00-16:00, formerly 08:00-17:00",
        "  queue kbli, priority: 7, formerly 0",
        "  At the start: the caller hears “Hello from one six nine, the contact centre of the Ministry …” (en) "
        "in place of “Welcome to one six nine, the contact centre of the Ministry …”",
        "  After 1, when open, 1: key 6 does what key 5 did",
    ]


def test_settings_that_belong_to_the_old_file(site: Path, run: Run) -> None:
    shutil.copytree(site / "config", site / "config-before")
    edit(site / "config" / "queues.yaml", "  kbli:\n", "  kbli:\n    max_waiting: 7\n")
    both = ("dialplans/169.yaml", "dialplans/169.yaml")
    assert run(*both)[1] == "169: nothing changes for callers\n"
    assert run(*both, "--old-config", "config-before")[1].splitlines()[1:] == ["  queue kbli, max_waiting: 7, formerly 50"]


def test_for_programs(site: Path, run: Run) -> None:
    edit(site / "dialplans" / "169.yaml", "tries: 2", "tries: 4")
    status, said, _ = run("HEAD:dialplans/169.yaml", "dialplans/169.yaml", "--format", "json")
    [change] = json.loads(said)
    assert status == 1
    assert change["sentence"] == "At the start: the caller has 4 tries, formerly 2"
    assert (change["kind"], change["name"], change["before"], change["now"]) == ("field", "tries", 2, 4)
    assert run("HEAD:dialplans/169.yaml", "HEAD:dialplans/169.yaml", "--format", "json") == (0, "[]\n", "")


def test_faulty_files_are_told_with_their_place(site: Path, run: Run) -> None:
    edit(site / "dialplans" / "169.yaml", "tries: 2", "tryes: 2")
    status, said, wrong = run("HEAD:dialplans/169.yaml", "dialplans/169.yaml")
    assert (status, said) == (2, "")
    assert wrong.startswith("dialplans/169.yaml:21:7: error: unknown key 'tryes'\n 21 |       tryes: 2\n")
    git(site, "commit", "-qam", "faulty")
    assert run("HEAD:dialplans/169.yaml", "dialplans/169.yaml")[2].startswith("HEAD:dialplans/169.yaml:21:7: error: unknown key 'tryes'")


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ("none.yaml", "none.yaml: error: the file does not exist"),
        ("HEAD:none.yaml", "HEAD:none.yaml: error: the file does not exist"),
        ("HEAD~9:dialplans/169.yaml", "ivrd: git: fatal: not a valid object name: HEAD~9"),
        ("--output=x:dialplans/169.yaml", "ivrd: git: fatal: not a valid object name: --output=x"),
        ("HEAD:../169.yaml", "ivrd: HEAD:../169.yaml: the path begins at the top of the repository"),
    ],
)
def test_what_is_not_there(site: Path, run: Run, old: str, says: str) -> None:
    status, said, wrong = run("--", old, "dialplans/169.yaml")
    assert (status, said, wrong.splitlines()[0]) == (2, "", says)
    assert not (site / "x").exists()
