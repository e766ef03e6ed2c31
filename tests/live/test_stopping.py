"""SIGTERM: calls in progress are served to their end, new ones go to the fallback; again: stop now."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rig.tools import REPOSITORY
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz
from tests.live.test_reload import command

SITE = {"overrides": {"queues.yaml": {"queues": {"umum": {"wrap_up_s": 1}}}}}
pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def test_drains_and_then_ends(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    in_progress = centre.numbers[-1]
    since = centre.wall.mark
    centre.ivrd.signal(signal.SIGTERM)
    await centre.wall.status_is("draining", since)
    new = await centre.caller()
    await new.wait_heard(said_hz("fallback-wait"))
    await new.hang_up()
    await centre.both_hear(caller, at_adi)
    assert centre.ivrd.running
    await at_adi.hang_up()
    await caller.ended()
    assert await centre.ivrd.wait(10) == 0
    await centre.wall.status_is("offline", since)
    row = await centre.row(in_progress)
    assert (row["disposition"], row["hung_up_by"]) == ("answered", "agent")
    centre.recording(row)
    assert centre.rows(centre.numbers[-1]) == []  # it was never ours
    await centre.ivrd.start()
    await centre.final_row(in_progress)  # wrap-up ended after the restart


async def test_who_waits_is_served_while_draining(centre: Centre) -> None:
    caller = await centre.caller("10")
    await caller.wait_heard(MUSIC_HZ)
    centre.ivrd.signal(signal.SIGTERM)
    await centre.wall.status_is("draining")
    adi = await centre.agent("101")
    await centre.both_hear(caller, await adi.next_call())
    await caller.hang_up()
    assert await centre.ivrd.wait(10) == 0
    await centre.row(disposition="answered")


async def test_told_twice_it_stops_now_and_the_talk_goes_on(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    waiting = await centre.caller("10")
    await waiting.wait_heard(MUSIC_HZ)
    centre.ivrd.signal(signal.SIGTERM)
    await centre.wall.status_is("draining")
    centre.ivrd.signal(signal.SIGTERM)
    assert await centre.ivrd.wait(10) == 0
    await centre.both_hear(caller, at_adi)
    await waiting.wait_heard(MUSIC_HZ, since=waiting.mark)
    await centre.ivrd.start()
    await caller.hang_up()
    await centre.both_hear(waiting, await adi.next_call())
    await waiting.hang_up()
    for number in centre.numbers[-2:]:
        row = await centre.final_row(number)
        assert row["disposition"] == "answered"
        centre.recording(row)


async def test_without_calls_it_ends_at_once(centre: Centre) -> None:
    since = centre.wall.mark
    assert await centre.ivrd.stop(grace_s=5) == 0
    await centre.wall.status_is("offline", since)


async def test_drained_by_the_command_which_tells_how_many_calls_are_left(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    pid = centre.ivrd.pid
    impatient = await command(centre, "drain", "--wait-s", "0.5")
    assert impatient.returncode == 1
    assert "is not gone yet, calls left: 1. It goes on draining" in impatient.stderr
    async with watched(centre, "drain") as again:  # the same drain
        assert await again.readline() == b"draining, calls left: 1\n"
        await centre.both_hear(caller, at_adi)
        await caller.hang_up()
        *_, last = [line async for line in again]
        assert last == f"ivrd (process {pid}) is gone, no call is left\n".encode()
    assert await centre.ivrd.wait(10) == 0
    await centre.row(disposition="answered")
    late = await command(centre, "drain")
    assert (late.returncode, late.stdout) == (1, "")
    assert late.stderr.startswith("ivrd: no ivrd runs with the state directory")
    assert audited(centre).count('"drain"') == 2


@asynccontextmanager
async def watched(centre: Centre, *words: str) -> AsyncIterator[asyncio.StreamReader]:
    """What ``ivrd WORDS`` prints, while it runs; its status is 0 in the end."""
    argv = [sys.executable, "-m", "ivrd", "--config", str(centre.site.config), *words]
    process = await asyncio.create_subprocess_exec(*argv, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            yield process.stdout
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def audited(centre: Centre) -> str:
    """The audit log."""
    return (centre.site.root / "var" / "state" / "audit.jsonl").read_text()
