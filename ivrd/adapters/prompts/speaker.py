"""Texts that are known only while a call is on: spoken by the TTS command, in a thread, and kept for the next time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ivrd.adapters.prompts import audio
from ivrd.adapters.prompts.sources import Source, speak
from ivrd.errors import OutsideError, PromptMissing

#: files kept, the least recently spoken goes first: a minute of speech is a megabyte
MOST_FILES = 500
#: TTS programs at once: each takes a processor
AT_ONCE = 2


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
                raise PromptMissing("text", language) from exc

    def _make(self, text: str, language: str, target: Path) -> None:
        if target.is_file():
            target.touch()  # spoken again: it stays
            return
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
        self._make_room()

    def _make_room(self) -> None:
        files = sorted(self._directory.glob("*.wav"), key=lambda f: f.stat().st_mtime)
        for file in files[: max(0, len(files) - MOST_FILES)]:
            file.unlink(missing_ok=True)
