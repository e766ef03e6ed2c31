"""``ivrd recordings``: export (decrypted), hold and release, messages too; purge.py ends the retention."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ivrd.adapters.recordings import call_of
from ivrd.adapters.store import CdrFilter
from ivrd.cli.archive import Archive, open_archive, operator
from ivrd.cli.purge import purge
from ivrd.core.cdr import Cdr
from ivrd.errors import IvrdError, OutsideError

_CHILD = re.compile(r"\.(talk|message)-\d+$")  #: what names of later talks and of messages have behind the call (core/ids.py)


def add_parser(subparsers: Any) -> None:
    """``ivrd recordings``."""
    parser = subparsers.add_parser("recordings", help="export, hold, release and purge recordings and messages")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write recordings as WAV files that anything plays")
    export.add_argument("calls", nargs="+", metavar="CALL", help="call ids, as `ivrd cdr` shows them")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")
    message = actions.add_parser("message", help="write sealed messages of mailboxes as WAV files")
    message.add_argument("files", nargs="+", type=Path, metavar="FILE", help="as they lie in the mailbox")
    message.add_argument("--out", type=Path, required=True, metavar="DIR")
    hold = actions.add_parser("hold", help="legal hold: recordings and messages of a call are not deleted, whatever retention says")
    hold.add_argument("calls", nargs="+", metavar="CALL")
    hold.add_argument("--reason", required=True, help="who asked, file number")
    release = actions.add_parser("release", help="end a legal hold")
    release.add_argument("calls", nargs="+", metavar="CALL")
    actions.add_parser("holds", help="list what is on hold")
    end = actions.add_parser("purge", help="delete what is older than recordings.retention_days, and its keys")
    end.add_argument("--dry-run", action="store_true", help="only tell what would be deleted")
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
    return purge(archive, only_tell=args.dry_run)


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
    cdr, messages = asyncio.run(_find(archive, call))
    paths = _recordings(cdr)
    if not paths and not messages:
        raise OutsideError(_nothing(cdr, "no recording and no message"))
    archive.keys.prepare()
    for path in paths:
        archive.shelf.hold(path, reason, archive.now)
        archive.audit.write(operator(), "recording held", call=call, path=path, reason=reason)
    for path in messages:
        archive.letters.hold(Path(path), reason, archive.now)
        archive.audit.write(operator(), "message held", call=call, path=path, reason=reason)
    return f"{call}: on hold ({len(paths)} recordings, {len(messages)} messages)"


def _release(archive: Archive, call: str) -> str:
    held = [hold.call for hold in archive.keys.holds() if hold.call == call or _CHILD.sub("", hold.call) == call]
    if not held:
        raise OutsideError("is not on hold")
    archive.audit.write(operator(), "recording released", call=call)
    for name in held:
        archive.keys.release(name)
    return f"{call}: no longer on hold; the next purge treats it like any other"


def _paths(archive: Archive, call: str) -> list[str]:
    """Where the store says the call's recordings are: one a talk, the last talk's last."""
    cdr, _ = asyncio.run(_find(archive, call))
    paths = _recordings(cdr)
    if not paths:
        raise OutsideError(_nothing(cdr, "no recording"))
    return paths


def _recordings(cdr: Cdr | None) -> list[str]:
    return [path for path in (*cdr.earlier_recordings.split(","), cdr.recording) if path] if cdr else []


def _nothing(cdr: Cdr | None, what: str) -> str:
    return f"has {what} ({cdr.recording_note or 'nobody talked'})" if cdr else "there is no such call in the store"


async def _find(archive: Archive, call: str) -> tuple[Cdr | None, Sequence[str]]:
    """The call's row, and the paths of its messages."""
    await archive.store.open_to_read()
    try:
        found = await archive.store.find(CdrFilter(call=call))
        return (found[0] if found else None), await archive.store.find_messages(call)
    finally:
        await archive.store.close()
