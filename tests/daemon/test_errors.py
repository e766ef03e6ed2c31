"""A user's mistakes, on the real command: one clear message with its place and what to do, nothing left running."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rig.tools import REPOSITORY, free_ports

_START_S = 30.0


class Site:
    """A copy of what is shipped, on free ports, to make mistakes in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("config", "dialplans"):
            shutil.copytree(REPOSITORY / name, root / name)
        shutil.copytree(REPOSITORY / "prompts", root / "prompts")
        self.ports = dict(zip(("8088", "5038", "1883", "9169"), free_ports(4), strict=True))
        settings = root / "config" / "ivrd.yaml"
        ours = re.sub(r"port: (\d+)", lambda m: f"port: {self.ports.get(m[1], m[1])}", settings.read_text())
        settings.write_text(ours)

    def edit(self, file: str, old: str, new: str) -> int:
        """Replace one text; returns the line it stands in."""
        path = self.root / file
        text = path.read_text()
        assert text.count(old) == 1, (file, old)
        path.write_text(text.replace(old, new))
        return text[: text.index(old)].count("\n") + 1

    def start(self) -> subprocess.Popen[str]:
        """``ivrd run`` in the site's directory."""
        return subprocess.Popen(
            [sys.executable, "-m", "ivrd", "run"],
            cwd=self.root,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def fails(self) -> str:
        """What ``ivrd run`` says of the mistake; it ends by itself, with 1 and without a traceback."""
        process = self.start()
        _, said = process.communicate(timeout=_START_S)
        assert process.returncode == 1, said
        assert "Traceback" not in said
        messages = [line for line in said.splitlines() if line.startswith("ivrd: ")]
        assert len(messages) == 1, said
        return "\n".join(line for line in said.splitlines() if not line.startswith("{"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_unknown_key(site: Site) -> None:
    line = site.edit("config/ivrd.yaml", "short_abandon_s: 5", "short_abandn_s: 5")
    said = site.fails()
    assert f"config/ivrd.yaml:{line}:3: unknown key 'short_abandn_s'" in said
    assert "did you mean 'short_abandon_s'?" in said


def test_two_mistakes_are_told_together(site: Site) -> None:
    one = site.edit("config/ivrd.yaml", "log_level: info", "log_level: chatty")
    two = site.edit("config/ivrd.yaml", "kind: ip ", "kind: isdn ")
    said = site.fails()
    assert f"config/ivrd.yaml:{one}:1: log_level must be" in said
    assert f"config/ivrd.yaml:{two}:5: asterisk.trunk.kind must be" in said


def test_broken_yaml(site: Site) -> None:
    line = site.edit("config/queues.yaml", "    title: LKPM", "    title: [LKPM")
    said = site.fails()
    assert "config/queues.yaml:" in said
    assert "not valid YAML" in said
    assert int(said.split("queues.yaml:")[1].split(":")[0]) >= line


def test_an_unknown_queue_in_the_dialplan(site: Site) -> None:
    line = site.edit("dialplans/169.yaml", "to: kbli,", "to: kbl,")
    said = site.fails()
    assert f"dialplans/169.yaml:{line}:" in said
    assert "there is no queue 'kbl'" in said
    assert "did you mean 'kbli'?" in said


def test_an_unknown_prompt_in_the_dialplan(site: Site) -> None:
    line = site.edit("dialplans/169.yaml", "say: [menu-main]", "say: [menu-mian]")
    said = site.fails()
    assert f"dialplans/169.yaml:{line}:" in said
    assert "did you mean 'menu-main'?" in said


def test_a_prompt_without_audio(site: Site) -> None:
    (site.root / "prompts/build/en/menu-data.wav").unlink()
    said = site.fails()
    assert "menu-data (en)" in said
    assert "ivrd prompts build" in said
    assert "prompts/catalogue.yaml" in said


def test_a_number_without_a_dialplan(site: Site) -> None:
    line = site.edit("config/ivrd.yaml", '"169": "169"', '"169": "170"')
    assert f"config/ivrd.yaml:{line}:3: DID 169: there is no dialplan" in site.fails()


def test_a_store_that_cannot_be_opened(site: Site) -> None:
    line = site.edit("config/ivrd.yaml", "sqlite:///var/state/cdr.db", "sqlite:////no/such/place/cdr.db")
    said = site.fails()
    assert f"config/ivrd.yaml:{line}:1: the CDR store" in said
    assert "is the directory there" in said


def test_a_port_that_is_taken(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.ports["9169"]))
        taken.listen()
        said = site.fails()
    assert "config/ivrd.yaml:" in said
    assert f"127.0.0.1:{site.ports['9169']} is taken" in said


@contextmanager
def running(site: Site, until: Callable[[str], bool]) -> Iterator[list[str]]:
    """A daemon that goes on running: what it has logged until ``until`` is true of a line."""
    process = site.start()
    assert process.stderr is not None
    lines: list[str] = []
    try:
        deadline = time.monotonic() + _START_S
        for line in process.stderr:
            lines.append(line)
            if until(line) or time.monotonic() > deadline:
                break
        yield lines
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_START_S)


def test_a_second_daemon_on_the_same_state(site: Site) -> None:
    with running(site, lambda line: "part not ready" in line):
        said = site.fails()
    assert "another ivrd runs with the state directory" in said


def test_asterisk_and_broker_away_are_told_once_with_their_place_and_waited_for(site: Site) -> None:
    with running(site, lambda line: '"part": "mqtt"' in line) as lines:
        told = [line for line in lines if "part not ready" in line]
    assert len(told) == 3
    for part in ("ari", "ami", "mqtt"):
        (line,) = [t for t in told if f'"part": "{part}"' in t]
        assert "config/ivrd.yaml:" in line
    assert "Traceback" not in "".join(lines)
