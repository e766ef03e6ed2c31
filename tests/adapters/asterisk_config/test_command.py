"""``ivrd asterisk-config``."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pytest

from ivrd.cli import asterisk_config

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "config", tmp_path / "config")
    (tmp_path / "dialplans").symlink_to(REPOSITORY / "dialplans")
    return tmp_path / "config"


def run(config: Path, *argv: str) -> int:
    parser = argparse.ArgumentParser()
    asterisk_config.add_parser(parser.add_subparsers())
    args = parser.parse_args(["asterisk-config", *argv])
    args.config = config
    return asterisk_config.run(args)


def test_writes_then_has_nothing_to_do(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "etc"
    assert run(config, "--out", str(out), "--check") == 1
    assert not out.exists()
    assert run(config, "--out", str(out)) == 0
    assert f"wrote {out / 'pjsip.conf'}" in capsys.readouterr().out
    assert run(config, "--out", str(out), "--check") == 0
    assert capsys.readouterr().out == f"{out}: up to date\n"
    assert not (out / "asterisk.conf").exists()


def test_a_private_instance_gets_its_directories(config: Path, tmp_path: Path) -> None:
    assert run(config, "--out", str(tmp_path / "etc"), "--private") == 0
    assert (tmp_path / "var" / "asterisk" / "run").is_dir()
    assert str(tmp_path / "var/asterisk/log") in (tmp_path / "etc" / "asterisk.conf").read_text()


def test_data_beside_the_modules(tmp_path: Path) -> None:
    modules = tmp_path / "usr/lib/x86_64-linux-gnu/asterisk/modules"
    assert asterisk_config.data_dir_of(modules) is None
    (tmp_path / "usr/share/asterisk").mkdir(parents=True)
    assert asterisk_config.data_dir_of(modules) == tmp_path / "usr/share/asterisk"
