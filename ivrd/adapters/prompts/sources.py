"""Where the audio of one prompt comes from: a studio recording, or else the TTS command."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.prompts import audio
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.adapters.prompts.spoken import WORD
from ivrd.errors import OutsideError

REVISION = 1  #: raise it when levels.py or audio.py come to sound different: all is built anew


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one prompt's file is made from."""

    key: str
    language: str
    text: str
    studio: Path | None  #: a studio recording wins over the text

    @property
    def name(self) -> str:
        """The file's path in the build directory, without suffix."""
        return f"{self.language}/{self.key}"

    @property
    def margins(self) -> audio.Margins:
        """Parts of speech are cut tighter than sentences."""
        return audio.PART if self.key.startswith(WORD) else audio.SENTENCE

    def fingerprint(self, command: Sequence[str], loudness_dbfs: float) -> str:
        """Changes when the file must be made anew."""
        made_of: object = [self.text, list(command)]
        if self.studio is not None:
            made_of = hashlib.sha256(self.studio.read_bytes()).hexdigest()
        facts = [REVISION, loudness_dbfs, self.margins.lead_ms, self.margins.tail_ms, made_of]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def sources(catalogue: Catalogue, languages: Sequence[str], studio_dir: Path) -> list[Source]:
    """All prompts of the site, in file order."""
    return [
        Source(
            key=key,
            language=language,
            text=catalogue.text(key, language) or "",
            studio=studio if (studio := studio_dir / language / f"{key}.wav").is_file() else None,
        )
        for key, language in catalogue.prompts(languages)
    ]


def unused_recordings(
    catalogue: Catalogue, languages: Sequence[str], studio_dir: Path
) -> list[Path]:
    """Studio recordings that no key asks for: a misspelt name, most likely."""
    used = {s.studio for s in sources(catalogue, languages, studio_dir) if s.studio}
    return sorted(path for path in studio_dir.glob("*/*") if path.is_file() and path not in used)


def speak(source: Source, command: Sequence[str], bin_dir: Path, out: Path) -> None:
    """Run the TTS command for ``source`` into ``out``. OutsideError when it fails."""
    what = f"prompt {source.key!r} in {source.language!r}"
    filled = [_fill(part, source, out) for part in command]
    program = audio.find_program(filled[0], bin_dir)
    if program is None:
        raise OutsideError(
            f"{what}: {filled[0]} is not installed: install it (`apt install espeak-ng`),"
            " or name another program in prompt_build.command of ivrd.yaml"
        )
    audio.run([program, *filled[1:]], what)
    if not out.is_file():
        raise OutsideError(
            f"{what}: {program} wrote no file: prompt_build.command must write a WAV to {{out}}"
        )


def _fill(part: str, source: Source, out: Path) -> str:
    """Placeholders only, and the text last: braces in a text are nothing special."""
    part = part.replace("{language}", source.language).replace("{out}", str(out))
    return part.replace("{text}", source.text)
