"""ARI and AMI carry passwords and every call in clear: beyond this machine only for who says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.cli import main
from ivrd.errors import ConfigError, Fault
from ivrd.settings.load import load
from tests.settings.sites import Site

HOSTS = {"ari": "0.0.0.0", "ami": "192.0.2.9"}


def opened(site: Site, name: str, *, said: str = "false") -> None:
    """The interface beyond the loopback."""
    path = site.root / "config" / "ivrd.yaml"
    [before] = [line for line in path.read_text().splitlines() if line.startswith(f"  {name}: {{")]
    site.edit("ivrd.yaml", before, before.replace("127.0.0.1", HOSTS[name]).replace("in_clear: false", f"in_clear: {said}"))


@pytest.mark.parametrize("name", HOSTS)
def test_refused_by_start_and_check_alike_in_one_message(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    site = Site(tmp_path)
    opened(site, name)
    [fault] = site.faults()
    assert fault.message == f"{name} would be open to {HOSTS[name]} in clear"
    assert (Path(fault.file).name, (fault.line, fault.column)) == ("ivrd.yaml", site.place("ivrd.yaml", f"host: {HOSTS[name]}, port"))
    assert f"asterisk.{name}.in_clear: true" in fault.hint
    with pytest.raises(ConfigError, match="in clear"):  # what every start reads
        load(site.root / "config")
    assert main(["--config", str(site.root / "config"), "check"]) == 1
    assert fault.message in capsys.readouterr().out


def test_both_are_told_at_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for name in HOSTS:
        opened(site, name)
    assert [fault.message.split()[0] for fault in site.faults()] == ["ari", "ami"]


@pytest.mark.parametrize("name", HOSTS)
def test_let_through_for_who_says_so_of_that_very_one(tmp_path: Path, name: str) -> None:
    site = Site(tmp_path)
    opened(site, name, said="true")
    assert site.faults() == list[Fault]()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", '"::1"'])
def test_the_loopback_needs_no_word(tmp_path: Path, host: str) -> None:
    site = Site(tmp_path)
    site.edit("ivrd.yaml", "  ari: {host: 127.0.0.1", f"  ari: {{host: {host}")
    assert site.faults() == list[Fault]()
