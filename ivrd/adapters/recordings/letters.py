"""Messages that callers left, sealed like recordings: with the key of the day on which they were left."""

from __future__ import annotations

import io
import re
from pathlib import Path

from ivrd.adapters.recordings import sealing
from ivrd.adapters.recordings.keyring import KeyRing, wipe
from ivrd.errors import OutsideError

_NAME = re.compile(r"(\d{4})(\d{2})(\d{2})-\d{6}_.+\.wav\.sealed")


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
            if not path.name.endswith(self.suffix):
                return path.read_bytes()
            day = day_of(path)
            key = self._keys.find(day)
            if key is None:
                raise OutsideError(f"the key of {day} is not in {self._keys.directory}: destroyed at the end of retention?")
            with path.open("rb") as file:
                return b"".join(sealing.unsealed(file, sealing.file_key(key, sealing.salt_of(file))))
        except OSError as exc:
            raise OutsideError(exc.strerror) from exc

    def erase(self, path: Path) -> None:
        """Delete the file; of a sealed one first what its key is made from. Harmless when it is gone."""
        sealed = path.name.endswith(self.suffix)
        wipe(path, sealing.SALT_AT if sealed else 0, sealing.HEADER_BYTES - sealing.SALT_AT if sealed else 0)

    def past(self, directory: Path, before: str) -> list[Path]:
        """Sealed messages of a mailbox from days before ``before`` (2026-11-24), whose keys go with those of recordings."""
        return [file for file in sorted(directory.glob(f"*.wav{self.suffix}")) if _NAME.fullmatch(file.name) and day_of(file) < before]


def day_of(path: Path) -> str:
    """2026-11-24. OutsideError: not a sealed message's name."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise OutsideError("it is not a sealed message: its name tells no day")
    return "-".join(match.groups())
