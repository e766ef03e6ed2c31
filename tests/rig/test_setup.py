"""rig/setup.sh on machines that lack things. Its tools are stand-ins here: nothing is installed or fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rig.tools import REPOSITORY

#: what every machine has
PLAIN = ("bash", "sh", "cat", "chmod", "cut", "dirname", "env", "mkdir", "mv", "rm", "sed", "sha256sum", "tail", "uname", "cp")
#: does what setup asks a Python for: makes a .venv with an `ivrd` in it
PYTHON = """
case "$*" in *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/ivrd ;; esac
"""
#: unpacks programs that say of which version they are, and a loader that runs them
MMDEBSTRAP = """
for new; do :; done
mkdir -p "$new/usr/sbin" "$new/usr/bin" "$new/usr/lib/x86_64-linux-gnu"
script() { printf '#!/bin/sh\\n%s\\n' "$2" >"$1"; chmod +x "$1"; }
script "$new/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" 'shift 2; exec "$@"'
script "$new/usr/sbin/asterisk" 'echo "Asterisk ASTERISK~dfsg"'
for program in usr/sbin/mosquitto usr/bin/mosquitto_passwd usr/bin/espeak-ng usr/bin/sox usr/bin/soxi; do
    script "$new/$program" true
done
"""


class Machine:
    """A checkout, and a PATH with the plainest programs and what a test puts there."""

    def __init__(self, root: Path) -> None:
        self._checkout, self._bin, self.asked = root / "checkout", root / "bin", root / "asked"
        (self._checkout / "rig").mkdir(parents=True)
        self._bin.mkdir()
        self.asked.touch()
        shutil.copy(REPOSITORY / "rig" / "setup.sh", self._checkout / "rig")
        for file in ("requirements.lock", "pyproject.toml"):
            (self._checkout / file).touch()
        for name in PLAIN:
            found = shutil.which(name)
            assert found
            (self._bin / name).symlink_to(found)

    def has(self, name: str, does: str = "") -> None:
        """A program that notes how it was called."""
        path = self._bin / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >>{self.asked}\n{does}\n')
        path.chmod(0o755)

    def set_up(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it."""
        return subprocess.run(
            ["bash", "rig/setup.sh", *words], cwd=self._checkout, env={"PATH": str(self._bin)}, capture_output=True, text=True, timeout=30, check=False
        )

    def calls(self, name: str) -> list[str]:
        """How a program was called."""
        return [line for line in self.asked.read_text().splitlines() if line.split()[0] == name]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.skipif(not any(Path("/usr/share/keyrings").glob("debian-archive-keyring.*")), reason="off Debian, without its keys")
def test_packages_are_checked_with_debians_own_keys(machine: Machine) -> None:
    machine.has("python3", PYTHON)
    machine.has("mmdebstrap", MMDEBSTRAP.replace("ASTERISK", "22.10.0"))
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "ready: make demo"
    [call] = machine.calls("mmdebstrap")
    [keys] = [word.removeprefix("--keyring=") for word in call.split() if word.startswith("--keyring=")]
    assert Path(keys).is_file()
    assert "debian-archive-keyring" in keys
    assert machine.set_up().returncode == 0
    assert len(machine.calls("mmdebstrap")) == 1, "what is there already is left alone"


def test_all_that_is_missing_is_asked_for_at_once(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has("sudo", "exit 1")  # it would ask for a password
    done = machine.set_up("test")
    assert done.returncode == 1
    if os.geteuid() == 0:
        update, install = machine.calls("apt-get")
        assert update.endswith("update")
    else:
        assert machine.calls("apt-get") == []
        [install] = [line for line in done.stderr.splitlines() if "apt-get install" in line]
    wanted = install.split("--no-install-recommends")[1].split()
    assert [package for package in wanted if package != "debian-archive-keyring"] == ["python3", "python3-venv", "mmdebstrap", "systemd"]
    assert "no Python 3.11" in done.stderr or os.geteuid() != 0, "the stand-in has installed nothing"


def test_of_a_python_without_venv_its_own_package_is_asked_for(machine: Machine) -> None:
    machine.has("apt-get", "exit 1")
    machine.has("sudo", "exit 1")
    machine.has("python3", 'case "$*" in *ensurepip*) exit 1 ;; *-venv*) echo python3.13-venv ;; esac')
    for tool in ("asterisk", "mosquitto", "espeak-ng", "sox"):
        machine.has(tool, 'echo "Asterisk 22.1.0"')
    done = machine.set_up()
    assert done.returncode == 1
    assert "python3.13-venv" in done.stdout + done.stderr
    assert not machine.calls("mmdebstrap"), "nothing is to be unpacked here"
    assert "mmdebstrap" not in done.stdout + done.stderr


def test_a_python_that_is_too_old_is_told_and_nothing_is_installed(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has("python3", "exit 1")
    done = machine.set_up()
    assert done.returncode == 1
    assert "setup: no Python 3.11 or later." in done.stderr
    assert machine.calls("apt-get") == []


@pytest.mark.parametrize("version", ["18.10.0", ""])
def test_an_asterisk_that_is_too_old_is_not_taken_however_well_it_runs(machine: Machine, version: str) -> None:
    machine.has("python3", PYTHON)
    machine.has("asterisk", 'echo "Asterisk 18.10.0"')  # the machine's own is not, either
    machine.has("apt-get")
    machine.has("mmdebstrap", MMDEBSTRAP.replace("ASTERISK", version))
    done = machine.set_up()
    assert done.returncode == 1
    assert machine.calls("mmdebstrap")
    assert "asterisk from Debian forky" in done.stderr
    assert "too old" in done.stderr
    assert "20 or later" in done.stderr


def verbs() -> list[str]:
    """What `make` knows."""
    [line] = [line for line in (REPOSITORY / "Makefile").read_text().splitlines() if line.startswith(".PHONY:")]
    return line.split()[1:]


@pytest.mark.parametrize("verb", verbs())
def test_whatever_make_runs_from_venv_is_made_before(verb: str) -> None:
    """On a clean clone there is no .venv."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    asked = subprocess.run(["make", "-n", verb], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=30, check=True)
    steps = [line for line in asked.stdout.splitlines() if "rig/setup.sh" in line or ".venv/bin/" in line or "rig/tests.sh" in line or "rig/service.sh" in line]
    assert not steps or "rig/setup.sh" in steps[0]
