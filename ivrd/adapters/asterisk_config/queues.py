"""queues.conf and musiconhold.conf: the plain queue that stands in for ivrd, and its music."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivrd.adapters.asterisk_config.dialplan import FALLBACK_QUEUE
from ivrd.adapters.asterisk_config.text import Value, document, section
from ivrd.core.acd.model import Agent


def queues(agents: list[Agent]) -> str:
    """queues.conf. All phones ring: who is logged in is known to ivrd only, and ivrd is away."""
    keys: dict[str, Value] = {
        "strategy": "ringall",
        "musicclass": "default",
        "timeout": 20,
        "retry": 1,
        "ringinuse": False,
        "autofill": True,
        # With no phone registered there is nothing to wait for: on to the apology.
        "joinempty": "unavailable,invalid,unknown",
        "leavewhenempty": "unavailable,invalid,unknown",
        # No announcements: Asterisk does not speak Indonesian.
        "announce-frequency": 0,
        "periodic-announce-frequency": 0,
        "announce-position": False,
        "announce-holdtime": False,
    }
    members = tuple(("member", f"PJSIP/{a.extension}") for a in agents)
    general = section("general", {"persistentmembers": False, "autofill": True})
    return document(general, section(FALLBACK_QUEUE, keys, repeated=members))


def music_on_hold(directory: Path, classes: Mapping[str, Path] | None = None) -> str:
    """musiconhold.conf: class ``default`` plays the files of ``directory``, over and over; so do queues' own ``classes``."""
    all_of = {"default": directory, **(classes or {})}
    return document(*(section(name, {"mode": "files", "directory": str(path)}) for name, path in all_of.items()))
