"""``ivrd try``, the real command: from a pipe, and at a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playbook import SHIPPED

from ivrd.rehearsal.words import WORDS, read

from .flows import PIN, SECRET, SUB

TRY = [sys.executable, "-m", "ivrd", "try"]
TUESDAY = ("--at", "2026-11-24 10:00")


def walk(lines: str, *args: str, file: str = "dialplans/169.yaml", cwd: Path = SHIPPED) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRY, *([file] if file else []), *args], cwd=cwd, input=lines, capture_output=True, text=True, timeout=60)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The shipped site with a service, a mailbox, and a flow that no number leads to yet."""
    for name in ("config", "dialplans"):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    (tmp_path / "prompts").symlink_to(SHIPPED / "prompts")
    with (tmp_path / "config" / "ivrd.yaml").open("a") as file:
        file.write("services: {oss: {url: 'https://oss.example.go.id'}}\nvoicemail: {boxes: {umum: {directory: var/umum}}}\n")
    (tmp_path / "dialplans" / "pin.yaml").write_text(PIN.replace("[ask]", "[ask-nib]").replace('"help"', '"umum"'))
    return tmp_path


def test_from_a_pipe_it_is_a_transcript_that_is_the_same_each_time() -> None:
    lines = "1\n2\nlog in all\nanswer\nagent hangs up\n"
    done, again = walk(lines, *TUESDAY), walk(lines, *TUESDAY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == again.stdout
    assert walk(lines, *TUESDAY, file="").stdout == done.stdout, "the first number's flow"
    told = done.stdout.splitlines()
    assert told[:2] == ["Tue 24 Nov 2026 10:00 WIB: open, until 17:00", "10:00:00 dials    169"]
    assert "10:00:03 hears    choose-language (en): For English, press 2." in told
    assert "-- waits 5 s for a key: 1 speak-indonesian, 2 speak-english" in told
    assert "10:00:12 node     to-lkpm  (keys.2 of main)" in told
    assert "10:00:12 waits    in queue lkpm (LKPM) for an agent with: lkpm, language id" in told
    assert told[-2:] == ["10:00:12 ends     answered, by agent, cause 16", "-- the call is over (restart, quit)"]
    assert "\x1b" not in done.stdout


def test_on_a_holiday_the_reason_and_the_next_opening_are_said_in_words() -> None:
    done = walk("2\n", "--at", "2026-12-25 10:00")
    assert done.returncode == 0
    assert "because  closed (Christmas Day); opens again Mon 28 Dec 08:00\n" in done.stdout
    assert "hears    date (en): Monday the twenty eighth of December twenty twenty six\n" in done.stdout
    assert "ends     closed, by system, cause 16\n" in done.stdout


def test_the_transcript_in_the_documentation_is_what_the_command_writes() -> None:
    text = (SHIPPED / "docs" / "dialplan.md").read_text()
    found = re.search(r"```\n\$ printf '(.*?)' \| ivrd try (\S+) --at \"(.*?)\"\n(.*?)```", text, re.DOTALL)
    assert found is not None
    lines, file, at, told = found.groups()
    assert walk(lines.replace("\\n", "\n"), "--at", at, file=file).stdout == told


def test_every_word_of_the_help_is_one_and_the_documentation_knows_it() -> None:
    text = (SHIPPED / "docs" / "dialplan.md").read_text().partition("## Walk it")[2].partition("## Test it")[0]
    told = walk("help\n", *TUESDAY).stdout
    for word in WORDS:
        assert read(word.word).word == word.word
        assert f"\n{word.word}" in told
        assert f"`{word.word}" in text or word.word in ("presses nothing", "quit", "ok"), word.word


def test_unknown_words_get_a_suggestion_and_the_walk_goes_on() -> None:
    done = walk("2\npaht\nvars\npath\nquit\n1\n", *TUESDAY)
    assert done.returncode == 0
    assert "\n? did you mean 'path'?\nno variable has a value\ngreeting > choose-language > speak-english > " in done.stdout
    assert "presses  1" not in done.stdout, "nothing is read after quit"


def test_what_is_no_text_is_no_word() -> None:
    done = subprocess.run([*TRY, *TUESDAY], cwd=SHIPPED, input=b"\xff\xfe\nhang up\n", capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\n? type keys (0-9, *, #), an empty line, or `help`\n" in done.stdout
    assert b"abandoned_ivr, by caller" in done.stdout


def test_a_faulty_file_is_told_with_its_place(site: Path) -> None:
    file = site / "dialplans" / "169.yaml"
    file.write_text(file.read_text().replace("then: choose-language", "then: choose-langauge"))
    done = walk("", cwd=site)
    assert done.returncode == 2
    assert done.stderr.startswith("dialplans/169.yaml:14:")
    assert "did you mean 'choose-language'?" in done.stderr


def test_mistakes_of_the_command_are_told_in_words(site: Path) -> None:
    (site / "dialplans" / "sub.yaml").write_text(SUB.replace("[ask]", "[ask-nib]"))
    for args, said in [
        (("--at", "whenever"), "ivrd: 'whenever' is not a moment"),
        (("--agents", "101,1O2"), "ivrd: there is no agent '1O2': did you mean '1"),
    ]:
        done = walk("", *args, cwd=site)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(said)
    for file, status in (("dialplans/no.yaml", 2), ("dialplans/sub.yaml", 2)):
        done = walk("", file=file, cwd=site)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr


def test_masked_input_is_in_no_transcript(site: Path) -> None:
    done = walk(f"{SECRET} 12\n{SECRET}#\nslow\nvars\n", *TUESDAY, file="dialplans/pin.yaml", cwd=site)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout
    assert "presses  •" in done.stdout
    assert "asks     service oss: GET /l, with pin = '<masked pin>'" in done.stdout
    assert "\npin = (masked)\n" in done.stdout


def test_at_a_terminal_there_are_colours_and_masked_input_is_not_echoed(site: Path) -> None:
    shown = at_terminal([f"{SECRET}#", "slow", "quit"], site)
    assert SECRET not in shown
    assert "\x1b[" in shown
    assert "(not shown) > " in shown
    plain = at_terminal([f"{SECRET}#", "slow", "quit"], site, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain), "no colours with NO_COLOR"


def at_terminal(lines: list[str], cwd: Path, **env: str) -> str:
    """Each line is typed when it is asked for."""
    master, slave = pty.openpty()
    command = [*TRY, "dialplans/pin.yaml", *TUESDAY]
    child = subprocess.Popen(command, cwd=cwd, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env={**os.environ, "TERM": "xterm", **env})
    os.close(slave)
    shown, asked = "", 0
    while select.select([master], [], [], 30)[0]:
        try:
            shown += os.read(master, 4096).decode()
        except OSError:  # the other end is closed
            break
        if shown.count("> ") > asked and lines:
            asked = shown.count("> ")
            os.write(master, (lines.pop(0) + "\n").encode())
    os.close(master)
    assert child.wait(30) == 0
    return shown


def test_a_holiday_has_the_same_name_whatever_language_the_shell_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "id")
    assert "closed (Christmas Day)" in walk("2\n", "--at", "2026-12-25 10:00").stdout
