"""Studio recordings as they came: fit to be built from, and of the text as it is now?

``studio/recorded.json`` remembers which text stood in the catalogue when a recording was first built. A text that
is changed later makes the recording stale; a new recording of the key makes it good again.
"""

from __future__ import annotations

import hashlib
import json
import sys
import wave
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.prompts import levels
from ivrd.adapters.prompts.sources import Source

LEDGER = "recorded.json"
#: quieter than this the build raises more noise than voice
QUIET_DBFS = -45.0
LOWEST_RATE_HZ = 8000
_FULL = 0.999  #: of full scale
_RUN = 3  #: a voice touches full scale; only clipping stays there
_RUNS = 3


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One recording when it was first built."""

    audio: str  #: sha256 of the file
    text: str  #: of the catalogue at that time


def note(studio_dir: Path, sources: Iterable[Source]) -> None:
    """Remember the present text of each recording that is new."""
    before = read(studio_dir)
    after = {}
    for source in sources:
        if source.studio is None:
            continue
        digest = hashlib.sha256(source.studio.read_bytes()).hexdigest()
        known = before.get(source.name)
        fresh = Recorded(audio=digest, text=source.text)
        after[source.name] = known if known is not None and known.audio == digest else fresh
    if after != before:
        partial = studio_dir / f"{LEDGER}.partial"
        made = {name: {"audio": r.audio, "text": r.text} for name, r in sorted(after.items())}
        partial.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(studio_dir / LEDGER)


def read(studio_dir: Path) -> dict[str, Recorded]:
    """<language>/<key> -> what is remembered; {} when nothing is, or it cannot be read."""
    try:
        data = json.loads((studio_dir / LEDGER).read_text(encoding="utf-8"))
        return {str(k): Recorded(audio=str(v["audio"]), text=str(v["text"])) for k, v in data.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def stale(studio_dir: Path, sources: Iterable[Source]) -> list[tuple[Source, str]]:
    """Recordings that say another text than the catalogue, with the text they say."""
    known = read(studio_dir)
    found = []
    for source in sources:
        record = known.get(source.name)
        if source.studio is None or record is None or record.text == source.text:
            continue
        if record.audio == hashlib.sha256(source.studio.read_bytes()).hexdigest():
            found.append((source, record.text))
    return found


def complaint(path: Path) -> str:
    """What is wrong with a recording, for a person; "" when nothing is."""
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate_hz = file.getsampwidth(), file.getnchannels(), file.getframerate()
            samples = _samples(file.readframes(file.getnframes()), width)[::channels]
    except (OSError, EOFError, wave.Error) as exc:
        return f"it is no plain WAV ({exc}): export it as PCM, 16 or 24 bit"
    if rate_hz < LOWEST_RATE_HZ:
        return f"its rate is {rate_hz} Hz, below {LOWEST_RATE_HZ}: record at 16000 Hz or more"
    if _clipped(samples):
        return "it is clipped: record it again with less gain"
    at_8_khz = samples[:: max(1, rate_hz // levels.RATE_HZ)]  # good enough to measure loudness
    loudness_dbfs = levels.speech_dbfs(at_8_khz)
    if loudness_dbfs < QUIET_DBFS:
        return f"it is too quiet ({loudness_dbfs:.0f} dBFS): record it again, closer or with more gain"
    return ""


def _samples(raw: bytes, width: int) -> Sequence[int]:
    """As 16 bit, whatever the width in bytes."""
    if width == 1:
        return [(value - 128) << 8 for value in raw]
    whole = raw[: len(raw) // width * width]
    upper = bytearray(len(whole) // width * 2)  # the two upper bytes of each sample
    upper[0::2], upper[1::2] = whole[width - 2 :: width], whole[width - 1 :: width]
    samples = array("h", bytes(upper))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tolist()


def _clipped(samples: Sequence[int]) -> bool:
    limit, run, runs = int(levels.FULL_SCALE * _FULL), 0, 0
    for sample in samples:
        run = run + 1 if abs(sample) >= limit else 0
        if run == _RUN:
            runs += 1
            if runs == _RUNS:
                return True
    return False
