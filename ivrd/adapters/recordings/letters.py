"""Messages that callers left, in their mailboxes: read, held and erased like recordings.

    <mailbox>/20261124-230000_1764.12.message-2.wav           the local time, and the message (core/ids.py)
    <mailbox>/20261124-230000_1764.12.message-2.wav.sealed    sealed with the key of that day
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from ivrd.adapters.recordings import holding, sealing
from ivrd.adapters.recordings.keyring import Hold, KeyRing
from ivrd.errors import OutsideError

#: so that other files in the directory are left alone
_NAME = re.compile(r"(\d{4})(\d{2})(\d{2})-\d{6}_([A-Za-z0-9_][A-Za-z0-9._-]*\.message-\d+)\.wav(?:\.sealed)?")


class LetterSeal:
    """ports.LetterSeal. Blocks as long as the disk of the keys does."""

    suffix = sealing.SUFFIX

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal(self, day: str, audio: bytes) -> bytes:
        """What is written instead of ``audio``. OutsideError when the day's key cannot be had."""
        out = io.BytesIO()
        sealed = sealing.Sealing(out, day, self._keys.of_day(day))
        sealed.write(audio)
        sealed.close()
        return out.getvalue()

    def plain_bytes(self, sealed_bytes: int) -> int:
        """Of the audio in a sealed file of this size."""
        return sealing.plain_bytes(sealed_bytes)

    def read(self, path: Path) -> bytes:
        """The WAV file's bytes, whether it is sealed or not. OutsideError: it is gone, or its key is."""
        try:
            if not holding.is_sealed(path):
                return path.read_bytes()
            with path.open("rb") as file:
                key = holding.key_of(self._keys, name_of(path), day_of(path), sealing.salt_of(file))
                return b"".join(sealing.unsealed(file, key))
        except OSError as exc:
            raise OutsideError(exc.strerror) from exc

    def held(self, path: Path) -> Hold | None:
        """The hold on a message."""
        return self._keys.held(name_of(path)) if _NAME.fullmatch(path.name) else None

    def hold(self, path: Path, reason: str, since: str) -> Hold:
        """Keep this message, whatever retention and deletion say. OutsideError: it is gone, or its key is."""
        wanted = Hold(call=name_of(path), path=str(path), reason=reason, since=since)
        return holding.hold(self._keys, path, day_of(path), wanted)

    def erase(self, path: Path) -> None:
        """Delete one message for good; OutsideError when it is held. Harmless when it is gone."""
        holding.erase(self._keys, path, name_of(path))

    def past(self, directory: Path, before: str) -> list[Path]:
        """Messages of a mailbox, sealed or not, from days before ``before`` (2026-11-24)."""
        return [file for file in sorted(directory.glob("*.wav*")) if _NAME.fullmatch(file.name) and day_of(file) < before]


def day_of(path: Path) -> str:
    """2026-11-24. OutsideError: not a message's name."""
    return "-".join(_parts(path)[:3])


def name_of(path: Path) -> str:
    """The message: 1764.12.message-2. OutsideError: not a message's name."""
    return _parts(path)[3]


def _parts(path: Path) -> tuple[str, ...]:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise OutsideError(f"{path.name} is not a message: its name tells no day")
    return match.groups()
