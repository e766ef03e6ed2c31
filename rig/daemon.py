"""A real ivrd as a child process."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

from rig.process import Child
from rig.tools import REPOSITORY

_START_TIMEOUT_S = 30.0
_STOP_GRACE_S = 20.0
#: shorter than the grace: what is left then is left to the next start, as by a second SIGTERM
_DRAIN = ("--drain-s", "12")


class IvrdProcess:
    """``ivrd --config CONFIG run``; its log (JSON lines) goes to ``log``."""

    def __init__(
        self, config: Path, log: Path, http_port: int, env: Mapping[str, str] | None = None, *, standby: bool = False, module: str = "ivrd"
    ) -> None:
        """``http_port``: where its health, readiness and metrics are. ``env``: on top of ours. ``standby``: ``run --standby``.

        ``module``: what is run in its place (rig/meddled.py).
        """
        self.url = f"http://127.0.0.1:{http_port}"
        argv: list[str | Path] = [sys.executable, "-m", module, "--config", config, "run", *_DRAIN]
        argv += ["--standby"] if standby else []
        environment = {**os.environ, **(env or {})}
        self.child = Child("ivrd", argv, log, env=environment, cwd=REPOSITORY)

    @property
    def pid(self) -> int:
        """Process id."""
        return self.child.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.child.running

    async def start(self) -> None:
        """Start, and wait until it says it is ready. RigError with its last words if it does not."""
        await self.child.start()
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session:

            async def ready() -> bool:
                try:
                    async with session.get(f"{self.url}/ready") as answer:
                        return answer.status == 200
                except (aiohttp.ClientError, TimeoutError):
                    return False

            await self.child.until(ready, _START_TIMEOUT_S)

    async def start_beside(self, another: IvrdProcess | Child) -> None:
        """Start, and wait until it says that it stands by."""
        said = {"event": "standing by", "leader": another.pid}
        before = len(self.lines())
        await self.child.start()

        async def stands_by() -> bool:
            return any(said.items() <= line.items() for line in self.lines()[before:])

        await self.child.until(stands_by, _START_TIMEOUT_S)

    async def wait(self, timeout_s: float) -> int:
        """Wait for its end; the exit status."""
        return await self.child.wait(timeout_s)

    async def stop(self, grace_s: float = _STOP_GRACE_S) -> int | None:
        """SIGTERM (drains, then stops). The exit status; RigError when it had to be killed."""
        return await self.child.stop(grace_s=grace_s)

    async def kill(self) -> None:
        """SIGKILL, as a crash."""
        await self.child.kill()

    def signal(self, sig: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.child.pid, sig)

    def lines(self) -> list[dict[str, Any]]:
        """Its log so far; a line that is not JSON comes as {"not_json": line}."""
        log = self.child.log
        text = log.read_text(errors="replace") if log.exists() else ""
        return [_parsed(line) for line in text.splitlines() if line]

    async def metrics(self) -> dict[str, float]:
        """Its metrics now: name with labels -> value."""
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{self.url}/metrics") as answer,
        ):
            text = await answer.text()
        pairs = [line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#"]
        return {name: float(value) for name, value in pairs}

    async def __aenter__(self) -> IvrdProcess:
        await self.start()
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        await self.stop()


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {"not_json": line}
    return value if isinstance(value, dict) else {"not_json": line}
