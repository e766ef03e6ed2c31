"""The command line as it is typed: every command is found, and a daemon that is started loads nothing but what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ivrd.cli import COMMANDS, main

LOADED = "import sys\nfrom ivrd.cli import main\ntry:\n    main([*sys.argv[1:], '--help'])\nexcept SystemExit:\n    print(*sys.modules, sep='\\n')"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: ivrd {name} ")


def test_help_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ") and line[4:5].strip()]
    assert listed == list(COMMANDS)


def test_a_command_that_does_not_exist_is_told_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["rnu"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "'rnu'" in said
    assert all(name in said for name in COMMANDS)


def test_who_starts_the_daemon_does_not_wait_for_the_simulator() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, "run"], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "ivrd.daemon" in loaded
    assert not {"ivrd.simulation", "ivrd.rehearsal", "ivrd.staffing", "ivrd.graph"} & set(loaded)
