"""A child process with a log file, which ends for certain: asked, then told, and with its parent."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from rig.tools import RigError

_POLL_S = 0.05


class Child:
    """One process in its own group, its output appended to ``log``."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name, self.log = name, log
        # With setpriv the kernel ends the child when we are killed ourselves.
        tied = shutil.which("setpriv")
        prefix = [tied, "--pdeathsig", "KILL", "--"] if tied else []
        self._argv = [*prefix, *(str(a) for a in argv)]
        self._env, self._cwd = env, cwd
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id; RigError when it does not run."""
        if self._process is None or not self.running:
            raise RigError(f"{self.name} does not run")
        return self._process.pid

    async def start(self) -> None:
        """Start it; does not wait until it is of use."""
        if self.running:
            raise RigError(f"{self.name} runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(self._env) if self._env is not None else None,
                cwd=self._cwd,
                process_group=0,  # a session of its own would be a scheduling group of its own (docs/adr/0112)
            )

    async def wait(self, timeout_s: float) -> int:
        """Wait for its end; the exit status. TimeoutError when it does not end."""
        if self._process is None:
            raise RigError(f"{self.name} was never started")
        async with asyncio.timeout(timeout_s):
            return await self._process.wait()

    async def until(self, useful: Callable[[], Awaitable[bool]], timeout_s: float) -> None:
        """Wait until ``useful()``. RigError, and the end of the process, when that is never."""
        try:
            async with asyncio.timeout(timeout_s):
                while not await useful():
                    if not self.running:
                        raise RigError(f"{self.name} ended instead of starting. {self.last_words()}")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            await self.kill()
            raise RigError(f"{self.name}: not ready after {timeout_s:g} s. {self.last_words()}") from None
        except BaseException:
            await self.kill()
            raise

    async def stop(self, sig: signal.Signals = signal.SIGTERM, grace_s: float = 10.0) -> int | None:
        """Ask it to end; kill it if it does not within ``grace_s``. Harmless when it has ended."""
        if self._process is None:
            return None
        if self.running:
            os.kill(self._process.pid, sig)
            try:
                await self.wait(grace_s)
            except TimeoutError:
                await self.kill()
                raise RigError(f"{self.name} did not end within {grace_s:g} s: killed") from None
        return self._process.returncode

    async def kill(self) -> None:
        """SIGKILL to it and all its children. Harmless when it has ended."""
        if self._process is not None and self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, for an error message."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"Its log {self.log} ends:\n" + "\n".join(text.splitlines()[-lines:])
