"""The file: appended to under a lock, by the daemon and by commands alike."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivrd.errors import OutsideError
from ivrd.ports import Clock

FILE_NAME = "audit.jsonl"
_START = "0" * 64  #: stands for the line before the first
_TAIL_BYTES = 1 << 16  #: longer than any line
_LONGEST_TEXT = 200


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that somebody did."""

    at: str  #: ISO 8601, UTC
    by: str
    action: str
    facts: Mapping[str, Any]
    hash: str  #: SHA-256 of the line without it, hexadecimal


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Where the chain does not hold."""

    line: int  #: 1-based
    why: str


class AuditLog:
    """ports.Audit on a file. Blocks as long as the disk does."""

    def __init__(self, state: Path, clock: Clock) -> None:
        self.path = state / FILE_NAME
        self._clock = clock

    def write(self, by: str, action: str, **facts: Any) -> str:
        """Append a line; its hash. On disk when this returns. OutsideError when it cannot be."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
            with os.fdopen(descriptor, "rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                line = self._line(_last_hash(file), by, action, facts)
                os.write(descriptor, (json.dumps(line, ensure_ascii=False) + "\n").encode())
                os.fsync(descriptor)
        except OSError as exc:
            raise OutsideError(f"{self.path}: cannot be written: {exc.strerror}") from exc
        digest: str = line["hash"]
        return digest

    def lines(self) -> Iterator[Line]:
        """All lines, oldest first; one that cannot be read is left out (``verify`` tells)."""
        for tree in self._trees():
            if tree is not None:
                yield Line(**{name: tree.get(name, "") for name in Line.__dataclass_fields__})

    def verify(self) -> Broken | None:
        """The first line that is not as it was written, or does not follow the one before; None: all do."""
        before = _START
        for number, tree in enumerate(self._trees(), 1):
            if tree is None:
                return Broken(line=number, why="it cannot be read")
            if tree.get("prev") != before:
                return Broken(line=number, why="it does not follow the line before: something was taken out or put in")
            if _hash(tree) != tree.get("hash"):
                return Broken(line=number, why="it was changed")
            before = tree["hash"]
        return None

    def _trees(self) -> Iterator[dict[str, Any] | None]:
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                for text in file:
                    yield _parsed(text)
        except FileNotFoundError:
            return
        except OSError as exc:
            raise OutsideError(f"{self.path}: cannot be read: {exc.strerror}") from exc

    def _line(self, before: str, by: str, action: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        at = dt.datetime.fromtimestamp(self._clock.now(), dt.UTC)
        line: dict[str, Any] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "by": by[:_LONGEST_TEXT],
            "action": action,
            "facts": {name: _short(value) for name, value in facts.items()},
            "prev": before,
        }
        return line | {"hash": _hash(line)}


def _short(value: Any) -> Any:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value


def _hash(line: Mapping[str, Any]) -> str:
    hashed = {name: value for name, value in line.items() if name != "hash"}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None


def _last_hash(file: Any) -> str:
    """Of the last whole line. A torn one (the power went) keeps its place: the next begins on a line of its own."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    if not tail:
        return _START
    if not tail.endswith(b"\n"):
        os.write(file.fileno(), b"\n")
    for text in reversed(tail.splitlines()):
        if (tree := _parsed(text.decode("utf-8", "replace"))) is not None:
            return str(tree.get("hash", _START))
    return _START
