"""When the machine stood still: its host paused it, or others had it all. Whoever asks for nothing but to be woken notices.

A shared machine does that for half a second now and then, and then phones' frames, the recorder and ivrd are all late: no fault of any of them.
``python -m rig.stalls`` prints each such time, in ns since the epoch.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from rig.tools import REPOSITORY

_SLEEP_S = 0.01
#: so much later than asked for is a stall
_LATE_S = 0.1


@dataclass
class Stalls:
    """All of them so far, in order: (began, over), ns since the epoch."""

    times_ns: list[tuple[int, int]] = field(default_factory=list)

    def within_s(self, began_ns: int, ended_ns: int) -> float:
        """How long it stood still between two moments, or a second around them."""
        around = [(max(b, began_ns - 10**9), min(o, ended_ns + 10**9)) for b, o in self.times_ns]
        return sum(max(0, over - began) for began, over in around) / 1e9

    def line(self) -> str:
        """For a person."""
        longest_s = max((over - began for began, over in self.times_ns), default=0) / 1e9
        return f"the machine stood still {len(self.times_ns)} times, {longest_s:.1f} s at most"


@asynccontextmanager
async def watched() -> AsyncIterator[Stalls]:
    """A process of its own looks, so that ours may be as busy as it likes."""
    stalls = Stalls()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "rig.stalls", cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(_read(process.stdout, stalls), name="stalls")
            yield stalls
            reading.cancel()
    finally:
        process.terminate()
        await process.wait()


async def _read(lines: asyncio.StreamReader, stalls: Stalls) -> None:
    async for line in lines:
        began, over = line.split()
        stalls.times_ns.append((int(began), int(over)))


def look() -> None:
    """Until killed."""
    while True:
        before_ns, began = time.time_ns(), time.monotonic()
        time.sleep(_SLEEP_S)
        late_s = time.monotonic() - began - _SLEEP_S
        if late_s > _LATE_S:
            print(before_ns, before_ns + round((late_s + _SLEEP_S) * 1e9), flush=True)


if __name__ == "__main__":
    look()
