"""A phone in a process of its own, so that it can vanish: killed, it says no BYE and sends no more audio.

    python -m rig.lonely HOST:PORT phone 101 [--ring]         registers, and answers (or lets it ring)
    python -m rig.lonely HOST:PORT call 169 0812345678 10     calls by the trunk, and presses keys

A phone's password comes on the first line of standard input. It says what happens, a word a line: ready, ringing, talking.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence

from rig.phone import ANSWER, RING, Phones
from rig.tools import REPOSITORY


async def main(words: Sequence[str]) -> None:
    """Be a phone until killed."""
    registrar, kind, number, *more = words
    async with Phones(registrar) as phones:
        if kind == "phone":
            phone = await phones.phone(number, sys.stdin.readline().strip(), RING if "--ring" in more else ANSWER)
            print("ready", flush=True)
            call = await phone.next_call(600)
            print("ringing", flush=True)
        else:
            call = await phones.call(number, more[0])
        await call.talking(600)
        if kind == "call" and more[1:]:
            await call.press(more[1])
        print("talking", flush=True)
        await call.ended(600)


class LonelyPhone:
    """Such a process; ``async with lonely(...)`` ends it for certain."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, word: str, timeout_s: float = 15) -> None:
        """Wait for its word."""
        assert self._process.stdout is not None
        async with asyncio.timeout(timeout_s):
            while (line := await self._process.stdout.readline()).decode().strip() != word:
                assert line, f"the phone ended before it said {word!r}"

    async def vanish(self) -> None:
        """From one moment to the next."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()


@contextlib.asynccontextmanager
async def lonely(registrar: str, *words: str, password: str = "") -> AsyncIterator[LonelyPhone]:
    """Start one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rig.lonely", registrar, *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=REPOSITORY, process_group=0,
    )  # fmt: skip
    phone = LonelyPhone(process)
    try:
        assert process.stdin is not None
        process.stdin.write(f"{password}\n".encode())
        await process.stdin.drain()
        yield phone
    finally:
        await phone.vanish()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
