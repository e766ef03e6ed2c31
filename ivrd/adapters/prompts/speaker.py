"""Texts that are known only while a call is on: spoken by the TTS command, in a thread, and kept for the next time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ivrd.adapters.prompts import audio
from ivrd.adapters.prompts.sources import Source, speak
from ivrd.errors import OutsideError, PromptMissing

#: files kept, and bytes (a minute of speech is a megabyte); the least recently spoken goes first
MOST_FILES, MOST_BYTES = 500, 100 * 1024 * 1024
#: a text that was not spoken for so long goes: callers' names may be in it
MOST_AGE_S = 7 * 86_400.0
TEXTS = "texts"  #: their directory in the spool
#: TTS programs at once: each takes a processor
AT_ONCE = 2


def past(directory: Path, now: float) -> list[Path]:
    """Texts in ``directory`` that were not spoken for so long that they should go: a speaker looks when it speaks another only."""
    found = []
    for file in sorted(directory.glob("*.wav")):
        with contextlib.suppress(FileNotFoundError):  # a speaker makes room
            if now - file.stat().st_mtime > MOST_AGE_S:
                found.append(file)
    return found


class Speaker:
    """Speaks texts into ``directory``. A text that was spoken before is there at once."""

    def __init__(
        self, directory: Path, command: Sequence[str], loudness_dbfs: float, bin_dir: Path
    ) -> None:
        self._directory = directory.resolve()
        self._command = tuple(command)
        self._loudness_dbfs = loudness_dbfs
        self._bin_dir = bin_dir
        self._free = asyncio.Semaphore(AT_ONCE)

    def file(self, text: str, language: str) -> Path:
        """Where the text is, or will be, without suffix. The name does not tell the text."""
        facts = "\0".join((language, text, *self._command))
        return self._directory / hashlib.sha256(facts.encode()).hexdigest()[:32]

    async def speak(self, text: str, language: str) -> None:
        """Make the file, other calls undisturbed. PromptMissing when the command fails."""
        target = self.file(text, language).with_suffix(".wav")
        async with self._free:
            try:
                await asyncio.to_thread(self._make, text, language, target)
            except (OutsideError, OSError) as exc:
                raise PromptMissing("text", language, f"it could not be spoken: {exc}") from exc

    def _make(self, text: str, language: str, target: Path) -> None:
        try:
            os.utime(target)  # spoken again: it stays
        except FileNotFoundError:
            self._speak(text, language, target)
        self._make_room(target)

    def _speak(self, text: str, language: str, target: Path) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        # a TTS program would take a text that begins with a dash for an option
        source = Source(key="text", language=language, text=text.lstrip("- "), studio=None)
        with TemporaryDirectory() as scratch:
            raw = Path(scratch) / "raw.wav"
            speak(source, self._command, self._bin_dir, raw)
            audio.convert(
                raw,
                target,
                sox=audio.find_sox(self._bin_dir),
                loudness_dbfs=self._loudness_dbfs,
                margins=audio.SENTENCE,
                what="a text",
            )

    def _make_room(self, spoken: Path) -> None:
        """Delete what is too much or too old beside ``spoken``, which was spoken now."""
        files = sorted(self._others(spoken), reverse=True)
        own = spoken.stat()
        kept, size = 1, own.st_size
        for at, bytes_, file in files:
            kept, size = kept + 1, size + bytes_
            if kept > MOST_FILES or size > MOST_BYTES or own.st_mtime - at > MOST_AGE_S:
                file.unlink(missing_ok=True)

    def _others(self, spoken: Path) -> Iterator[tuple[float, int, Path]]:
        """When spoken last, bytes, file."""
        for file in self._directory.glob("*.wav"):
            with contextlib.suppress(FileNotFoundError):  # the other thread makes room, too
                seen = file.stat()
                if file != spoken:
                    yield seen.st_mtime, seen.st_size, file
