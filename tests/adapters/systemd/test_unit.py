"""systemd itself accepts the unit, rates it safe, and the unit agrees with the daemon."""

from __future__ import annotations

import argparse
import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ivrd.cli import recordings, rescue, run
from ivrd.daemon.stopping import HANDED_OVER
from ivrd.settings import storeurl

SYSTEMD = Path(__file__).parents[3] / "systemd"
UNIT = (SYSTEMD / "ivrd.service").read_text()
EXPOSURE_TENTHS_MAX = 20


def tool(name: str) -> str:
    """The full path of one of systemd's tools. Never skipped: the unit is part of the product."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
    assert found, f"{name} is missing: apt-get install systemd (the tools; it need not run)"
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists on every machine: verify looks for it."""
    return copy(tmp_path, UNIT)


def copy(directory: Path, text: str) -> Path:
    path = directory / "ivrd.service"
    path.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    return path


def verify(unit: Path) -> list[str]:
    """What systemd-analyze has to say about the unit."""
    done = subprocess.run(
        [tool("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", unit],
        capture_output=True,
        text=True,
    )
    said = [line for line in done.stderr.splitlines() if "ivrd" in line]
    return said or ([done.stderr] if done.returncode else [])


def exposure(unit: Path, tenths_max: int) -> subprocess.CompletedProcess[str]:
    options = ["--offline=true", f"--threshold={tenths_max}", "--no-pager"]
    return subprocess.run(
        [tool("systemd-analyze"), "security", *options, unit], capture_output=True, text=True
    )


def values(key: str) -> list[str]:
    return re.findall(rf"(?m)^{key}=(.*)$", UNIT)


def test_systemd_accepts_the_unit(unit: Path) -> None:
    assert verify(unit) == []


@pytest.mark.parametrize("wrong", ["RestartSecs=1", "Type=notfy", "SystemCallFilter=@nonsense"])
def test_systemd_would_say_what_is_wrong(tmp_path: Path, wrong: str) -> None:
    assert verify(copy(tmp_path, UNIT.replace("[Service]\n", f"[Service]\n{wrong}\n"))) != []


def test_systemd_rates_the_unit_safe(unit: Path) -> None:
    done = exposure(unit, EXPOSURE_TENTHS_MAX)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_a_unit_without_its_hardening_would_be_rated_unsafe(tmp_path: Path) -> None:
    bare = "".join(
        line
        for line in UNIT.splitlines(keepends=True)
        if not re.match("Protect|Restrict|Syst", line)
    )
    assert exposure(copy(tmp_path, bare), EXPOSURE_TENTHS_MAX).returncode != 0


def test_systemd_makes_the_user_in_asterisks_group(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    target = "--replace=/etc/sysusers.d/ivrd.conf"
    file = SYSTEMD / "sysusers.d" / "ivrd.conf"
    subprocess.run([tool("systemd-sysusers"), f"--root={tmp_path}", target, file], check=True)
    assert (tmp_path / "etc" / "passwd").read_text().startswith("ivrd:x:")
    assert re.search(r"(?m)^asterisk:x:\d+:ivrd$", (tmp_path / "etc" / "group").read_text())


def test_the_command_line_is_one_that_the_daemon_takes_and_drain_ends_before_systemd_kills() -> (
    None
):
    (command,) = values("ExecStart")
    program, *argv = shlex.split(command)
    assert program.endswith("/ivrd")
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path)
    run.add_parser(parser.add_subparsers())
    args = parser.parse_args(argv)
    (stop_s,) = values("TimeoutStopSec")
    assert args.config == Path("/etc/ivrd/config")
    assert args.drain_s + 20 <= int(stop_s)
    assert args.standby


def test_what_the_unit_may_write_exists_when_it_starts() -> None:
    made = {
        line.split()[1]
        for line in (SYSTEMD / "tmpfiles.d" / "ivrd.conf").read_text().splitlines()
        if line.startswith("d ")
    }
    assert set(values("ReadWritePaths")) <= made
    assert {f"/var/lib/{name}" for name in values("StateDirectory")} <= made


def test_the_promises_of_the_unit() -> None:
    assert values("Type") == ["notify"]
    assert values("WatchdogSec") == ["5"]
    assert values("WatchdogSignal") == ["SIGKILL"]
    assert values("Restart") == ["always"]
    assert values("KillMode") == ["mixed"]
    assert values("LoadCredential") == ["ivrd-secrets", storeurl.CREDENTIAL]
    assert values("RestartPreventExitStatus") == ["0"]
    assert values("SuccessExitStatus") == [str(HANDED_OVER)]


RESCUER = (SYSTEMD / "ivrd-rescue.service").read_text()


def test_systemd_accepts_the_rescuers_unit_and_rates_it_safe(tmp_path: Path) -> None:
    unit = copy(tmp_path, RESCUER)
    assert verify(unit) == []
    done = exposure(unit, EXPOSURE_TENTHS_MAX)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_the_rescuer_does_not_end_with_ivrd() -> None:
    assert not re.search(r"(?m)^(Requires|BindsTo|PartOf|Requisite)=", RESCUER)
    assert re.search(r"(?m)^Restart=always$", RESCUER)
    (command,) = re.findall(r"(?m)^ExecStart=(.*)$", RESCUER)
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path)
    rescue.add_parser(parser.add_subparsers())
    assert parser.parse_args(shlex.split(command)[1:]).now is False


PURGE = (SYSTEMD / "ivrd-purge.service").read_text()
TIMER = SYSTEMD / "ivrd-purge.timer"


def test_systemd_accepts_the_purge_and_its_timer_and_rates_it_safe(tmp_path: Path) -> None:
    purge = tmp_path / "ivrd-purge.service"
    purge.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", PURGE))
    timer = tmp_path / TIMER.name
    timer.write_text(TIMER.read_text())
    assert verify(purge) == []
    assert verify(timer) == []
    done = exposure(purge, EXPOSURE_TENTHS_MAX)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_systemd_would_say_what_is_wrong_with_the_timer(tmp_path: Path) -> None:
    timer = tmp_path / TIMER.name
    timer.write_text(TIMER.read_text().replace("02:30:00", "26:30:00"))
    assert verify(timer) != []


def test_the_purge_is_a_command_that_ivrd_takes_with_the_stores_password() -> None:
    (command,) = re.findall(r"(?m)^ExecStart=(.*)$", PURGE)
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path)
    recordings.add_parser(parser.add_subparsers())
    args = parser.parse_args(shlex.split(command)[1:])
    assert (args.action, args.dry_run, args.config) == ("purge", False, Path("/etc/ivrd/config"))
    assert f"LoadCredential={storeurl.CREDENTIAL}\n" in PURGE


def test_the_purge_may_write_where_ivrd_may() -> None:
    assert re.findall(r"(?m)^ReadWritePaths=-(.*)$", PURGE) == values("ReadWritePaths")


def test_fail2ban_reads_the_lines_of_whichever_unit_leads() -> None:
    filters = configparser.ConfigParser(interpolation=None)
    filters.read(SYSTEMD / "fail2ban" / "filter.d" / "ivrd.conf")
    units = filters["Definition"]["journalmatch"].split(" + ")  # journalctl(1): either
    upgrade = (SYSTEMD.parent / "docs" / "upgrade.md").read_text()
    standby = re.search(r"cp /etc/systemd/system/ivrd\.service /etc/systemd/system/(\S+)", upgrade)
    assert standby
    assert units == ["_SYSTEMD_UNIT=ivrd.service", f"_SYSTEMD_UNIT={standby[1]}"]
