"""Were passwords rotated while we run? Whoever operates us is told which restart is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from ivrd.errors import Fault, IvrdError
from ivrd.settings import secrets
from ivrd.settings.rotation import differing
from ivrd.settings.secrets import Secrets

_log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
ALERT = "secrets"
HINT = "run `ivrd asterisk-config` or `ivrd broker-config` if that has not been done, then restart ivrd as `ivrd secrets rotate` says"


async def watch(path: Path, used: Secrets, tell: Callable[[tuple[Fault, ...]], None]) -> None:
    """Look at the file now and then, until cancelled. ``tell``: what is rotated; nothing when all is as we use it."""
    before: tuple[int, int] | None = None
    told: tuple[Fault, ...] = ()
    tell(told)
    while True:
        seen = await asyncio.to_thread(_signature, path)
        if seen != before:
            before = seen
            faults = await asyncio.to_thread(look, path, used)
            if faults != told:
                told = faults
                for fault in faults:
                    _log.warning("secrets rotated", fault=fault.message, hint=fault.hint)
                tell(faults)
        await asyncio.sleep(LOOK_EVERY_S)


def look(path: Path, used: Secrets) -> tuple[Fault, ...]:
    """One fault for all that was rotated; none when we use what is there."""
    try:
        now = secrets.as_used(secrets.read(path), used)
    except IvrdError as exc:
        return (Fault(file=str(path), line=0, column=0, message=f"cannot be used at the next start: {exc}"),)
    names = differing(used, now)
    if not names:
        return ()
    message = f"{', '.join(names)}: rotated, and ivrd still uses the old value"
    return (Fault(file=str(path), line=0, column=0, message=message, hint=HINT),)


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return (seen.st_ino, seen.st_mtime_ns)
