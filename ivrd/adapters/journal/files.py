"""The files of a generation: ``snapshot-N.json`` is the state before ``journal-N.jsonl``.

Reading only; who writes is journal.py. A snapshot file is one header line (format, length and
checksum of the state) and the state as it was given; a journal file is one header line and events.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.journal.codec import BadLine, TornLine, decode
from ivrd.core.events import Event
from ivrd.errors import OutsideError

FORMAT = 1  #: of both kinds of file; a higher one was written by a newer ivrd

_NAME = re.compile(r"^(journal|snapshot)-(\d{6,})\.jsonl?$")


@dataclass(frozen=True, kw_only=True)
class JournalFile:
    """What one journal file holds."""

    events: list[Event]
    whole_bytes: int  #: length up to the end of the last whole line
    note: str = ""  #: what was left out, in words; "" when nothing was


def journal_path(directory: Path, generation: int) -> Path:
    """Events since the snapshot of the same generation."""
    return directory / f"journal-{generation:06}.jsonl"


def snapshot_path(directory: Path, generation: int) -> Path:
    """State before the first event of the generation's journal."""
    return directory / f"snapshot-{generation:06}.json"


def generations(directory: Path, kind: str) -> list[int]:
    """Generations of which a ``kind`` (journal or snapshot) file exists, oldest first."""
    found = (_NAME.match(entry) for entry in os.listdir(directory))
    return sorted(int(m[2]) for m in found if m is not None and m[1] == kind)


def journal_header(generation: int) -> bytes:
    """First line of a journal file."""
    return json.dumps({"format": FORMAT, "journal": generation}).encode() + b"\n"


def snapshot_bytes(generation: int, state: bytes) -> bytes:
    """A whole snapshot file."""
    head = {
        "format": FORMAT,
        "snapshot": generation,
        "bytes": len(state),
        "sha256": hashlib.sha256(state).hexdigest(),
    }
    return json.dumps(head).encode() + b"\n" + state


def read_snapshot(path: Path) -> bytes | None:
    """The state in ``path``; None when it is not whole. OutsideError when it is of a newer format."""
    head_line, _, state = path.read_bytes().partition(b"\n")
    try:
        head = json.loads(head_line)
        format_, length, digest = head["format"], head["bytes"], head["sha256"]
    except (ValueError, TypeError, KeyError):
        return None
    _check_format(path, format_)
    if len(state) != length or hashlib.sha256(state).hexdigest() != digest:
        return None
    return state


def read_journal(path: Path, *, last: bool) -> JournalFile:
    """All events in ``path``.

    A last line that is not whole is what a crash in the middle of a write leaves: in the ``last``
    journal it is left out and noted. Anything else that cannot be read raises OutsideError; a whole
    line of a newer ivrd is a fact, and is never cut off.
    """
    data = path.read_bytes()
    lines = data.split(b"\n")
    torn = lines.pop()  # what follows the last newline: nothing, in a whole file
    if not lines:
        if last:
            return JournalFile(
                events=[], whole_bytes=0, note=_torn_note(path, 1, torn) if torn else ""
            )
        raise _unreadable(path, 1, "the header is missing")
    _check_header(path, lines[0])
    events: list[Event] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            events.append(decode(line))
        except BadLine as exc:
            if last and number == len(lines) and not torn and isinstance(exc, TornLine):
                whole = len(data) - len(line) - 1
                return JournalFile(
                    events=events, whole_bytes=whole, note=_torn_note(path, number, line)
                )
            raise _unreadable(path, number, str(exc)) from exc
    if torn and not last:
        raise _unreadable(path, len(lines) + 1, "the line is not whole")
    note = _torn_note(path, len(lines) + 1, torn) if torn else ""
    return JournalFile(events=events, whole_bytes=len(data) - len(torn), note=note)


def _check_header(path: Path, line: bytes) -> None:
    try:
        head = json.loads(line)
        format_, _ = head["format"], head["journal"]
    except (ValueError, TypeError, KeyError) as exc:
        raise _unreadable(path, 1, "this is not the header of a journal") from exc
    _check_format(path, format_)


def _check_format(path: Path, format_: object) -> None:
    if format_ != FORMAT:
        raise OutsideError(
            f"{path}: format {format_}, but this ivrd reads format {FORMAT}: "
            "run the version that wrote it, or move the state directory away"
        )


def _torn_note(path: Path, number: int, line: bytes) -> str:
    return f"{path}:{number}: left out a last line that was not whole ({len(line)} bytes)"


def _unreadable(path: Path, number: int, why: str) -> OutsideError:
    return OutsideError(
        f"{path}:{number}: {why}. The events after this line cannot be trusted: move the file "
        "away to start without the calls that were in progress, and keep it for a report; or start the version that wrote it"
    )
