"""A real `ivrd rescue` as a child process, as systemd would run it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rig.process import Child
from rig.tools import REPOSITORY

_START_S = 60.0  #: a busy machine, and modules that nobody has compiled yet


@asynccontextmanager
async def rescuing(config: Path, log: Path) -> AsyncIterator[Child]:
    """It has said that it looks; stopped in the end."""
    argv: list[str | Path] = [sys.executable, "-m", "ivrd", "--config", config, "rescue"]
    said = log.with_suffix(".notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(said))
        systemd.setblocking(False)
        child = Child("rescuer", argv, log, env={**os.environ, "NOTIFY_SOCKET": str(said)}, cwd=REPOSITORY)
        await child.start()
        try:
            async with asyncio.timeout(_START_S):
                while b"READY=1" not in await asyncio.get_running_loop().sock_recv(systemd, 4096):
                    pass
            yield child
        finally:
            await child.stop()
            said.unlink()
