"""The daemon's prompts: what the core wants said, as files in prompts/build/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ivrd.adapters.prompts import spoken
from ivrd.adapters.prompts.speaker import Speaker
from ivrd.core.speech import Prompt, Speech, Text
from ivrd.errors import PromptMissing

#: of a built prompt: s16le, 8 kHz, mono (audio.py)
BYTES_PER_S = 16_000


class BuiltPrompts:
    """ports.PromptLibrary on a directory that ``ivrd prompts build`` has filled."""

    def __init__(self, build_dir: Path, speaker: Speaker | None = None) -> None:
        self._speaker = speaker
        self._build_dir = build_dir.resolve()
        self._found: dict[tuple[str, str], Path] = {}

    def render(self, speech: Sequence[Speech], language: str) -> list[Path]:
        """Files to play, in order, absolute and without suffix.

        A prompt with a language of its own is said in that one. PromptMissing when a file does
        not exist, or a number, time or date cannot be said (spoken.words).
        """
        files: list[Path] = []
        for item in speech:
            if isinstance(item, Text):
                files.append(self._spoken_text(item.text, language))
                continue
            spoken_in = (item.language if isinstance(item, Prompt) else "") or language
            files += [self._file(key, spoken_in) for key in spoken.words(item, spoken_in)]
        return files

    async def prepare(self, text: str, language: str) -> None:
        """Have the text spoken, off the loop; at once when it was spoken before. PromptMissing when it cannot be."""
        if self._speaker is None:
            raise PromptMissing(text, language)
        await self._speaker.speak(text, language)

    def _spoken_text(self, text: str, language: str) -> Path:
        file = self._speaker.file(text, language) if self._speaker else None
        if file is None or not file.with_suffix(".wav").is_file():
            raise PromptMissing(text, language)
        return file

    def missing(self, keys: Iterable[str], languages: Iterable[str]) -> list[tuple[str, str]]:
        """(key, language) without audio: of ``keys``, and of all parts that numbers, times and
        dates are made of. For the check at start-up."""
        wanted = dict.fromkeys(keys)
        return [
            (key, language)
            for language in languages
            for key in (*wanted, *sorted(spoken.vocabulary(language) - wanted.keys()))
            if not self._exists(key, language)
        ]

    def lengths_s(self, keys: Iterable[str], languages: Iterable[str]) -> dict[tuple[str, str], float]:
        """(key, language) -> how long it plays, by the file's size; what has no audio is left out."""
        wanted = list(keys)
        return {
            (key, language): self._found[key, language].with_suffix(".wav").stat().st_size / BYTES_PER_S
            for language in languages
            for key in wanted
            if self._exists(key, language)
        }

    def _file(self, key: str, language: str) -> Path:
        if not self._exists(key, language):
            raise PromptMissing(key, language)
        return self._found[key, language]

    def _exists(self, key: str, language: str) -> bool:
        """Only hits are remembered: a build may bring what is missing while we run."""
        if (key, language) not in self._found:
            folder = self._build_dir / language
            if not (folder / f"{key}.wav").is_file():
                return False
            self._found[key, language] = folder / key
        return True
