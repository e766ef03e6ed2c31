"""What commands about recordings and callers share: the parts that they work on, and who runs them."""

from __future__ import annotations

import datetime as dt
import getpass
import os
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from ivrd.adapters.audit import AuditLog
from ivrd.adapters.recordings import KeyRing, Leftovers, LetterSeal, Shelf
from ivrd.adapters.store import CdrStore
from ivrd.daemon.clock import SystemClock
from ivrd.settings.load import load
from ivrd.settings.site import Loaded


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Everything that remembers callers."""

    loaded: Loaded
    store: CdrStore
    keys: KeyRing
    shelf: Shelf
    letters: LetterSeal
    leftovers: Leftovers
    audit: AuditLog
    clock: SystemClock

    @property
    def now(self) -> str:
        """ISO 8601, UTC."""
        return dt.datetime.fromtimestamp(self.clock.now(), dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def open_archive(config: Path) -> Archive:
    """The parts; nothing is opened yet."""
    loaded = load(config)
    paths, clock = loaded.site.paths, SystemClock()
    keys = KeyRing(loaded.path(loaded.site.recordings.keys))
    return Archive(
        loaded=loaded,
        store=CdrStore(loaded.store_url(), ZoneInfo(loaded.hours.timezone)),
        keys=keys,
        shelf=Shelf(loaded.path(paths.recordings), keys),
        letters=LetterSeal(keys),
        leftovers=Leftovers(loaded.path(paths.spool), keys, clock.now),
        audit=AuditLog(loaded.path(paths.state), clock),
        clock=clock,
    )


def operator() -> str:
    """Who runs this command, for the audit log: the one behind sudo, if there is one."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    behind = os.environ.get("SUDO_USER", "")
    return f"{behind} as {name}" if behind and behind != name else name
