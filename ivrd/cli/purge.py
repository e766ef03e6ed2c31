"""``ivrd recordings purge``: the end of retention, for recordings, messages in mailboxes, and keys."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from ivrd.adapters.recordings import Purged
from ivrd.cli.archive import Archive, operator
from ivrd.errors import IvrdError, OutsideError

PURGED = "deleted at the end of retention"


def purge(archive: Archive, *, only_tell: bool) -> int:
    """0; 1 when a message could not be deleted."""
    days = archive.loaded.site.recordings.retention_days
    if not days:
        where = archive.loaded.where("ivrd.yaml", "recordings", "retention_days")
        raise IvrdError(f"{where}: retention_days is 0: nothing is ever deleted. Say for how many days recordings are kept")
    today = dt.datetime.fromtimestamp(archive.clock.now(), ZoneInfo(archive.loaded.hours.timezone)).date()
    before = (today - dt.timedelta(days=days)).isoformat()
    return asyncio.run(_purge(archive, before, only_tell=only_tell))


async def _purge(archive: Archive, before: str, *, only_tell: bool) -> int:
    await archive.store.open_to_read()  # a store that is away is told before anything is deleted
    try:
        wanted, held = await _messages(archive, before)
        done = archive.shelf.purge(before, only_tell=only_tell)
        messages = wanted if only_tell else _erase(archive, wanted)
        if not only_tell:
            await archive.store.recordings_gone(done.files, PURGED)
            await archive.store.messages_gone(messages, PURGED)
    finally:
        await archive.store.close()
    _tell(done, messages, held, f"{'would delete' if only_tell else 'deleted'}", before)
    if not only_tell and (done.files or done.keys or messages):
        archive.audit.write(
            operator(), "recordings purged", before=before, recordings=len(done.files), keys=done.keys,
            held=len(done.held) + len(held), messages=len(messages),
        )
    return 0 if len(messages) == len(wanted) else 1


async def _messages(archive: Archive, before: str) -> tuple[list[str], list[str]]:
    """Paths of messages whose time is over: those to delete, and those on hold.

    What lies in a mailbox without a row is one of them, and what has a row in a mailbox that is no longer in the settings.
    """
    paths = set(await archive.store.messages_past(before))
    for box in archive.loaded.site.voicemail.boxes.values():
        paths.update(map(str, archive.letters.past(archive.loaded.path(box.directory), before)))
    held = {path for path in paths if archive.letters.held(Path(path))}
    return sorted(paths - held), sorted(held)


def _erase(archive: Archive, paths: list[str]) -> list[str]:
    """Those that are gone; what the disk refuses is told, and tried again by the next purge."""
    gone = []
    for path in paths:
        try:
            archive.letters.erase(Path(path))
        except OutsideError as exc:
            print(f"ivrd: {exc}", file=sys.stderr)
        else:
            gone.append(path)
    return gone


def _tell(done: Purged, messages: list[str], held: list[str], verb: str, before: str) -> None:
    print(
        f"{verb} {len(done.files)} recordings and {len(done.keys)} keys, and {len(messages)} messages, from before {before}; "
        f"{len(done.held) + len(held)} on hold are kept"
    )
