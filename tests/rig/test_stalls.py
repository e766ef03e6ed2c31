"""Times in which the machine stood still."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from rig.stalls import Stalls
from rig.tools import REPOSITORY

S = 10**9


def test_what_lay_within_a_talk_or_a_second_around_it() -> None:
    stalls = Stalls([(10 * S, 11 * S), (20 * S, 20 * S + S // 2)])
    assert stalls.within_s(15 * S, 18 * S) == 0
    assert stalls.within_s(12 * S, 13 * S) == 0
    assert stalls.within_s(11 * S + S // 2, 13 * S) == 0.5
    assert stalls.within_s(5 * S, 30 * S) == 1.5
    assert stalls.line() == "the machine stood still 2 times, 1.0 s at most"
    assert Stalls().line() == "the machine stood still 0 times, 0.0 s at most"


async def test_a_process_that_is_stopped_notices() -> None:
    """As a machine does it to all of them at once."""
    looking = await asyncio.create_subprocess_exec(sys.executable, "-m", "rig.stalls", cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE)
    assert looking.stdout is not None
    try:
        line = b""
        async with asyncio.timeout(30):
            while not line:
                os.kill(looking.pid, signal.SIGSTOP)
                await asyncio.sleep(0.3)  # the stall itself
                os.kill(looking.pid, signal.SIGCONT)
                try:
                    line = await asyncio.wait_for(looking.stdout.readline(), 2.0)
                except TimeoutError:
                    continue  # it had not begun to look yet
        began, over = map(int, line.split())
        assert 0.1 * S < over - began < 10 * S
    finally:
        looking.kill()
        await looking.wait()
