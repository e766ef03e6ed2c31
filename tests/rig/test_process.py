"""Children end for certain, and say why they did not start."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from rig.daemon import IvrdProcess
from rig.process import Child
from rig.tools import RigError, free_ports

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("here", flush=True)
time.sleep(600)
"""


def child(tmp_path: Path, program: str) -> Child:
    return Child("sample", [sys.executable, "-c", program], tmp_path / "log")


async def said_here(tmp_path: Path) -> bool:
    return "here" in (tmp_path / "log").read_text()


async def test_one_that_ignores_sigterm_is_killed_and_reported(tmp_path: Path) -> None:
    stubborn = child(tmp_path, STUBBORN)
    await stubborn.start()
    await stubborn.until(lambda: said_here(tmp_path), 10)
    pid = stubborn.pid
    with pytest.raises(RigError, match=r"did not end within 0\.2 s"):
        await stubborn.stop(grace_s=0.2)
    assert not stubborn.running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_one_that_ends_at_once_says_its_last_words(tmp_path: Path) -> None:
    broken = child(tmp_path, "raise SystemExit('port 5060 is in use')")
    await broken.start()
    with pytest.raises(RigError, match="port 5060 is in use"):
        await broken.until(lambda: asyncio.sleep(0, False), 10)


async def test_one_that_is_never_ready_is_killed(tmp_path: Path) -> None:
    stubborn = child(tmp_path, STUBBORN)
    await stubborn.start()
    with pytest.raises(RigError, match=r"not ready after 0\.3 s"):
        await stubborn.until(lambda: asyncio.sleep(0, False), 0.3)
    assert not stubborn.running


async def test_ivrd_without_a_configuration_says_so(tmp_path: Path) -> None:
    [port] = free_ports(1)
    ivrd = IvrdProcess(tmp_path / "nowhere", tmp_path / "ivrd.log", port)
    with pytest.raises(RigError, match=r"ivrd ended instead of starting.*ivrd\.log"):
        await ivrd.start()
    assert not ivrd.running


async def test_lines_that_are_not_json_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "ivrd.log"
    log.write_text('{"event": "ready"}\nTraceback\n')
    ivrd = IvrdProcess(tmp_path, log, 1)
    assert ivrd.lines() == [{"event": "ready"}, {"not_json": "Traceback"}]
