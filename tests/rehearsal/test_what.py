"""``ivrd what``, the real command on the shipped site."""

from __future__ import annotations

import subprocess
import sys

from playbook import SHIPPED


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
