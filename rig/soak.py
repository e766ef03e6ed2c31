"""A soak: callers come and go for minutes or hours, nothing fails, and what ivrd holds on to is looked at all the time."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from dataclasses import dataclass, field

from rig.site import SitePaths
from rig.stack import Stack
from rig.storm import Plan, Storm

_LOOK_EVERY_S = 0.5
#: of these looks one asks Asterisk, too: that starts a process
_ASK_ASTERISK_EVERY = 10
#: until connections, caches and legs made ahead stand
_WARM_UP_S = 10.0
#: what is looked at: our word -> how the metrics call it, and what a unit is
METRICS = {
    "RSS, MB": ("process_resident_memory_bytes", 1e6),
    "descriptors": ("process_open_fds", 1.0),
    "tasks": ("ivrd_tasks", 1.0),
    "journal, kB": ("ivrd_journal_bytes", 1e3),
    "spooled rows": ("ivrd_spooled_rows", 1.0),
    "loop lag, ms": ("ivrd_loop_lag_seconds", 1e-3),
}


@dataclass
class Seen:
    """Values over time, after the warm-up."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.values.setdefault(name, []).append(value)

    def thirds(self, name: str) -> tuple[float, float]:
        """Medians of the first and of the last third."""
        values = self.values[name]
        part = max(1, len(values) // 3)
        return statistics.median(values[:part]), statistics.median(values[-part:])

    def p99(self, name: str) -> float:
        values = sorted(self.values[name])
        return values[min(len(values) - 1, int(len(values) * 0.99))]

    def lines(self) -> list[str]:
        """For a person."""
        head = f"{'':14} {'first third':>12} {'last third':>12} {'p99':>10} {'most':>10}"
        rows = [
            f"{name:14} {self.thirds(name)[0]:12.1f} {self.thirds(name)[1]:12.1f} {self.p99(name):10.1f} {max(values):10.1f}"
            for name, values in self.values.items()
        ]
        return [head, *rows]


class Soak(Storm):
    """Storm's callers and agents, without kills."""

    def __init__(self, site: SitePaths, stack: Stack, plan: Plan, *, minutes: float) -> None:
        super().__init__(site, stack, plan)
        self._until_s = minutes * 60
        self.seen = Seen()

    async def blow(self) -> None:
        """Thirty thousand calls are remembered for the aftermath: to look through them for rubbish takes a second and more, in
        which our phones send nothing. All of it is in use, and goes with the process."""
        gc.collect()
        gc.disable()
        try:
            await super().blow()
        finally:
            gc.enable()

    async def _change(self) -> None:
        began = time.monotonic()
        registered = began
        while (now := time.monotonic()) < began + self._until_s:
            await asyncio.sleep(_LOOK_EVERY_S)
            if now > registered + 60:
                registered = now
                await self._register()
            if now > began + min(_WARM_UP_S, self._until_s / 3):
                await self._look()
        self._over.set()

    async def _look(self) -> None:
        metrics = await self._stack.ivrd.metrics()
        for name, (metric, unit) in METRICS.items():
            self.seen.add(name, metrics[metric] / unit)
        calls = sum(v for k, v in metrics.items() if k.startswith("ivrd_calls_in_progress"))
        self.seen.add("calls", calls)
        if len(self.seen.values["calls"]) % _ASK_ASTERISK_EVERY == 1:
            self.seen.add("channels", len(await self._stack.asterisk.channels()))
            self.seen.add("bridges", len(await self._stack.asterisk.bridges()))
