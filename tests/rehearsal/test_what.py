"""``ivrd what``, the real command on the shipped site."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playbook import SHIPPED

from ivrd.__main__ import main

from .flows import PIN, RUNS, SECRET, SUB


def what(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ivrd", "what", *args], cwd=SHIPPED, capture_output=True, text=True, timeout=60)


def test_a_key_leads_to_its_queue_and_the_way_is_told() -> None:
    done = what("--at", "2026-11-24 10:00", "--press", "2,1,1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Tue 24 Nov 2026 10:00 WIB: open, until 17:00\n")
    assert "node     to-kbli  (keys.1 of licensing)\n" in done.stdout
    assert "hears    menu-licensing (en): For choosing the right K B L I code" in done.stdout
    assert "waits    in queue kbli (Pemilihan KBLI) for an agent with: perizinan, kbli, language en\n" in done.stdout


def test_a_holiday_is_named_and_the_call_ends_closed() -> None:
    done = what("--at", "2026-12-25 10:00", "--press", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Fri 25 Dec 2026 10:00 WIB: closed (")
    assert "hears    closed-holiday (en): " in done.stdout
    assert done.stdout.splitlines()[-1] == "ends     closed, by system, cause 16"


def test_mistakes_are_told_in_words() -> None:
    for args, said in [
        (("--at", "yesterday"), "ivrd: 'yesterday' is not a moment: write "),
        (("--did", "196"), "ivrd: no caller reaches us by '196': did you mean '169'?"),
        (("--press", "x"), "ivrd: 'x' is not a telephone key"),
    ]:
        done = what(*args)
        assert done.returncode == 1
        assert done.stderr.startswith(said), done.stderr


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped site with a service and a mailbox; we are there."""
    for name in ("config", "dialplans"):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    (tmp_path / "prompts").symlink_to(SHIPPED / "prompts")
    with (tmp_path / "config" / "ivrd.yaml").open("a") as file:
        file.write("services: {oss: {url: 'https://oss.example.go.id'}}\nvoicemail: {boxes: {umum: {directory: var/umum}}}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(site: Path, flow: str, text: str) -> None:
    shipped = {"[ask]": "[ask-nib]", '"help"': '"umum"', "to: help": "to: umum"}
    for word, real in shipped.items():
        text = text.replace(word, real)
    (site / "dialplans" / f"{flow}.yaml").write_text(text)


def told(capsys: pytest.CaptureFixture[str], *args: str) -> list[str]:
    assert main(["what", "--at", "2026-11-24 10:00", *args]) == 0
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("hears")]


def test_the_values_that_decided_are_named_in_sub_flows_too(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(site, "169", RUNS)
    put(site, "sub", SUB)
    assert told(capsys, "--press", "12#")[1:] == [
        "dials    169",
        "node     first",
        "node     sub/one",
        "presses  1",
        "presses  2",
        "presses  #",
        "node     sub/back  (then of one)",
        "because  vars.nib is '12'",
        "node     weigh  (then of first)",
        "because  vars.nib == '12' is true: vars.nib = '12'",
        "node     q  (cases.0.then of weigh)",
        "waits    in queue umum (Umum (operator)) for an agent with: language id",
    ]
    assert "because  vars.nib == '12' is false: vars.nib = ''" in told(capsys)


def test_what_is_asked_of_the_outside_takes_too_long_and_the_call_ends(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(site, "169", PIN.replace("on_failure: end", "on_failure: call"))
    lines = told(capsys, "--press", f"{SECRET}#")
    assert lines[lines.index("node     fetch  (then of ask)") :] == [
        "node     fetch  (then of ask)",
        "asks     service oss: GET /l, with pin = '<masked pin>'",
        "answer   timeout",
        "node     call  (on_failure of fetch)",
        "rings    the phone of 101, called by the flow",
        "back     to the flow: no_answer",
        "node     leave  (no_answer of call)",
        "asks     a recording for mailbox umum, at most 120 s",
        "answer   timeout",
        "node     end  (otherwise of leave)",
        "ends     completed_ivr, by system, cause 16",
    ]
    assert "presses  •" in lines
    assert SECRET not in "".join(lines)


def test_why_a_queue_does_not_take_the_caller(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(site, "169", "start: q\nnodes:\n  q: {queue: {to: umum, overflow: bye, nobody: bye}}\n  bye: {hangup: {why: overflow}}\n")
    assert told(capsys)[2:] == [
        "node     q",
        "because  queue umum: nobody who may serve the caller is logged in",
        "node     bye  (nobody of q)",
        "ends     overflow, by system, cause 16",
    ]
