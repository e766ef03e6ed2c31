"""``ivrd recordings purge``: the end of retention, for recordings, messages in mailboxes, and keys; and for audio in clear that was left in the spool."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from ivrd.adapters.prompts import speaker
from ivrd.adapters.recordings import Purged
from ivrd.cli.archive import Archive, operator
from ivrd.errors import IvrdError, OutsideError

T = TypeVar("T")
PURGED = "deleted at the end of retention"


def purge(archive: Archive, *, only_tell: bool) -> int:
    """0; 1 when a file could not be deleted."""
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
        messages = wanted if only_tell else _erased(wanted, lambda path: archive.letters.erase(Path(path)))
        if not only_tell:
            await archive.store.recordings_gone(done.files, PURGED)
            await archive.store.messages_gone(messages, PURGED)
    finally:
        await archive.store.close()
    left = _Left.clear(archive, before, only_tell=only_tell)
    on_hold = len(done.held) + len(held) + left.held
    _tell(done, messages, left, on_hold, f"{'would delete' if only_tell else 'deleted'}", before)
    if not only_tell and (done.files or done.keys or messages or left.raws or left.texts):
        archive.audit.write(
            operator(), "recordings purged", before=before, recordings=len(done.files), keys=done.keys,
            held=on_hold, messages=len(messages), raw=left.raws, texts=left.texts,
        )
    return 0 if len(messages) == len(wanted) and not left.refused else 1


@dataclass(frozen=True, kw_only=True)
class _Left:
    """Audio in clear that was left in the spool: how many of it went."""

    raws: int  #: recordings that were never published
    texts: int  #: spoken in a call: names of callers may be in them
    held: int
    refused: int  #: by the disk

    @classmethod
    def clear(cls, archive: Archive, before: str, *, only_tell: bool) -> _Left:
        past = archive.leftovers.past(before)
        raws = [file for file in past if not archive.leftovers.held(file)]
        texts = speaker.past(archive.loaded.path(archive.loaded.site.paths.spool) / speaker.TEXTS, archive.clock.now())
        gone = [files if only_tell else _erased(files, archive.leftovers.erase) for files in (raws, texts)]
        return cls(raws=len(gone[0]), texts=len(gone[1]), held=len(past) - len(raws), refused=len(raws + texts) - len(gone[0] + gone[1]))


async def _messages(archive: Archive, before: str) -> tuple[list[str], list[str]]:
    """Paths of messages whose time is over: those to delete, and those on hold.

    What lies in a mailbox without a row is one of them, and what has a row in a mailbox that is no longer in the settings.
    """
    paths = set(await archive.store.messages_past(before))
    for box in archive.loaded.site.voicemail.boxes.values():
        paths.update(map(str, archive.letters.past(archive.loaded.path(box.directory), before)))
    held = {path for path in paths if archive.letters.held(Path(path))}
    return sorted(paths - held), sorted(held)


def _erased(paths: list[T], erase: Callable[[T], None]) -> list[T]:
    """Those that are gone; what the disk refuses is told, and tried again by the next purge."""
    gone = []
    for path in paths:
        try:
            erase(path)
        except OutsideError as exc:
            print(f"ivrd: {exc}", file=sys.stderr)
        else:
            gone.append(path)
    return gone


def _tell(done: Purged, messages: list[str], left: _Left, on_hold: int, verb: str, before: str) -> None:
    print(f"{verb} {len(done.files)} recordings and {len(done.keys)} keys, and {len(messages)} messages, from before {before}; {on_hold} on hold are kept")
    if left.raws or left.texts:
        print(f"{verb} {left.raws} raw recordings that were never published, and {left.texts} spoken texts")
