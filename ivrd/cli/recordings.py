"""``ivrd recordings``: export (decrypted), hold, release, and purge at the end of retention."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import re
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ivrd.adapters.recordings import Purged, call_of
from ivrd.adapters.store import CdrFilter
from ivrd.cli.archive import Archive, open_archive, operator
from ivrd.core.cdr import Cdr
from ivrd.errors import IvrdError, OutsideError

_TALK = re.compile(r"\.talk-\d+$")  #: what the name of a later talk's recording has behind the call (core/ids.py)
PURGED = "deleted at the end of retention"


def add_parser(subparsers: Any) -> None:
    """``ivrd recordings``."""
    parser = subparsers.add_parser("recordings", help="export, hold, release and purge recordings")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write recordings as WAV files that anything plays")
    export.add_argument("calls", nargs="+", metavar="CALL", help="call ids, as `ivrd cdr` shows them")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")
    message = actions.add_parser("message", help="write sealed messages of mailboxes as WAV files")
    message.add_argument("files", nargs="+", type=Path, metavar="FILE", help="as they lie in the mailbox")
    message.add_argument("--out", type=Path, required=True, metavar="DIR")
    hold = actions.add_parser("hold", help="legal hold: not deleted, whatever retention says")
    hold.add_argument("calls", nargs="+", metavar="CALL")
    hold.add_argument("--reason", required=True, help="who asked, file number")
    release = actions.add_parser("release", help="end a legal hold")
    release.add_argument("calls", nargs="+", metavar="CALL")
    actions.add_parser("holds", help="list what is on hold")
    purge = actions.add_parser("purge", help="delete what is older than recordings.retention_days, and its keys")
    purge.add_argument("--dry-run", action="store_true", help="only tell what would be deleted")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0; 1 when one of the calls has no recording, or something could not be done."""
    archive = open_archive(args.config)
    match args.action:
        case "export":
            return _each(args.calls, lambda call: _export(archive, call, args.out))
        case "message":
            return _each(args.files, lambda file: _open_message(archive, file, args.out))
        case "hold":
            return _each(args.calls, lambda call: _hold(archive, call, args.reason))
        case "release":
            return _each(args.calls, lambda call: _release(archive, call))
        case "holds":
            for held in archive.keys.holds():
                print(f"{held.call}  since {held.since}  {held.path}  {held.reason}")
            return 0
    return _purge(archive, only_tell=args.dry_run)


def _each(calls: list[Any], work: Any) -> int:
    status = 0
    for call in calls:
        try:
            print(work(call))
        except OutsideError as exc:
            print(f"ivrd: {call}: {exc}", file=sys.stderr)
            status = 1
    return status


def _open_message(archive: Archive, file: Path, out: Path) -> str:
    audio = archive.letters.read(file)
    target = out / file.name.removesuffix(archive.letters.suffix)
    try:
        out.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_bytes(audio)
    except OSError as exc:
        raise OutsideError(f"{target}: {exc.strerror}") from exc
    archive.audit.write(operator(), "message opened", file=file.name)
    return f"{target}"


def _export(archive: Archive, call: str, out: Path) -> str:
    paths = _paths(archive, call)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise IvrdError(f"cannot write to {out}: {exc.strerror}") from exc
    targets = [out / f"{call_of(path)}.wav" for path in paths]
    for path, target in zip(paths, targets, strict=True):
        # said before it is done: who looks may not be able to hide it
        archive.audit.write(operator(), "recording exported", call=call, path=path)
        archive.shelf.export(path, target)
    return f"wrote {', '.join(map(str, targets))}"


def _hold(archive: Archive, call: str, reason: str) -> str:
    paths = _paths(archive, call)
    archive.keys.prepare()
    for path in paths:
        archive.shelf.hold(path, reason, archive.now)
        archive.audit.write(operator(), "recording held", call=call, path=path, reason=reason)
    return f"{call}: on hold"


def _release(archive: Archive, call: str) -> str:
    held = [hold.call for hold in archive.keys.holds() if hold.call == call or _TALK.sub("", hold.call) == call]
    if not held:
        raise OutsideError("is not on hold")
    archive.audit.write(operator(), "recording released", call=call)
    for name in held:
        archive.keys.release(name)
    return f"{call}: no longer on hold; the next purge treats it like any other"


def _paths(archive: Archive, call: str) -> list[str]:
    """Where the store says the call's recordings are: one a talk, the last talk's last."""
    found = asyncio.run(_find(archive, call))
    if not found:
        raise OutsideError("there is no such call in the store")
    paths = [path for path in (*found[0].earlier_recordings.split(","), found[0].recording) if path]
    if not paths:
        raise OutsideError(f"has no recording ({found[0].recording_note or 'nobody talked'})")
    return paths


async def _find(archive: Archive, call: str) -> list[Cdr]:
    await archive.store.open_to_read()
    try:
        return await archive.store.find(CdrFilter(call=call))
    finally:
        await archive.store.close()


def _purge(archive: Archive, *, only_tell: bool) -> int:
    days = archive.loaded.site.recordings.retention_days
    if not days:
        where = archive.loaded.where("ivrd.yaml", "recordings", "retention_days")
        raise IvrdError(f"{where}: retention_days is 0: nothing is ever deleted. Say for how many days recordings are kept")
    today = dt.datetime.fromtimestamp(archive.clock.now(), ZoneInfo(archive.loaded.hours.timezone)).date()
    before = (today - dt.timedelta(days=days)).isoformat()
    if only_tell:
        _tell(archive.shelf.purge(before, only_tell=True), before, "would delete")
        return 0
    done = asyncio.run(_purge_all(archive, before))
    _tell(done, before, "deleted")
    return 0


async def _purge_all(archive: Archive, before: str) -> Purged:
    await archive.store.open_to_read()  # a store that is away is told before anything is deleted
    try:
        done = archive.shelf.purge(before)
        await archive.store.recordings_gone(done.files, PURGED)
        messages = [file for box in _boxes(archive) for file in archive.letters.past(box, before)]
        for file in messages:
            archive.letters.erase(file)
    finally:
        await archive.store.close()
    if done.files or done.keys or messages:
        archive.audit.write(
            operator(), "recordings purged", before=before, recordings=len(done.files), keys=done.keys, held=len(done.held),
            messages=len(messages),
        )
    return done


def _boxes(archive: Archive) -> list[Path]:
    return [archive.loaded.path(box.directory) for box in archive.loaded.site.voicemail.boxes.values()]


def _tell(done: Purged, before: str, verb: str) -> None:
    print(f"{verb} {len(done.files)} recordings and {len(done.keys)} keys from before {before}; {len(done.held)} on hold are kept")
