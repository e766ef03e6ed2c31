"""A real Asterisk of our own, as a child process."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType

from rig.process import Child
from rig.tools import RigError, find_asterisk

_START_TIMEOUT_S = 30.0
_CONSOLE_TIMEOUT_S = 10.0


class AsteriskProcess:
    """Asterisk with the private files of ``etc`` (see ``ivrd asterisk-config --private``)."""

    def __init__(self, etc: Path, log: Path) -> None:
        """``log``: what it prints goes there (its own ``messages.log`` is where ``etc`` says)."""
        self._base: list[str | Path] = [find_asterisk().program, "-C", etc / "asterisk.conf"]
        self._child = Child("asterisk", [*self._base, "-f"], log)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child.running

    async def start(self) -> None:
        """Start, and wait until it takes calls. RigError with the end of the log if it does not."""
        await self._child.start()
        await self._child.until(self._booted, _START_TIMEOUT_S)

    async def _booted(self) -> bool:
        status, output = await self._console("core waitfullybooted")
        return status == 0 and "fully booted" in output

    async def console(self, command: str) -> str:
        """What Asterisk's console answers. RigError when Asterisk does not."""
        status, output = await self._console(command)
        if status != 0:
            raise RigError(f"asterisk console: {command!r} failed. {self._child.last_words()}")
        return output

    async def _console(self, command: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *(str(a) for a in self._base), "-rx", command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_CONSOLE_TIMEOUT_S):
                output, _ = await process.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):  # it may have ended in this very moment
                process.kill()
            await process.wait()
            raise
        return process.returncode or 0, output.decode(errors="replace")

    async def channels(self) -> list[str]:
        """Names of the channels that exist now, but for the legs that wait for a ready agent's next call."""
        return [name for name, warm in await self._channels() if not warm]

    async def warm_legs(self) -> list[str]:
        """Names of those."""
        return [name for name, warm in await self._channels() if warm]

    async def _channels(self) -> list[tuple[str, bool]]:
        output = await self.console("core show channels concise")
        lines = [line.split("!") for line in output.splitlines() if "!" in line]
        return [(words[0], words[4] == "Down" and words[6] == "ivrd,warm") for words in lines]

    async def bridges(self) -> list[str]:
        """Ids of the bridges that exist now."""
        output = await self.console("bridge show all")
        return [line.split()[0] for line in output.splitlines()[1:] if line.strip()]

    async def wait(self, timeout_s: float) -> int:
        """Wait for its end; the exit status."""
        return await self._child.wait(timeout_s)

    async def stop(self) -> None:
        """End it; calls in progress are cut."""
        await self._child.stop()

    async def kill(self) -> None:
        """SIGKILL, as a crash."""
        await self._child.kill()

    async def restart(self) -> None:
        """Stop and start again."""
        await self.stop()
        await self.start()

    async def __aenter__(self) -> AsteriskProcess:
        await self.start()
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        await self.stop()
