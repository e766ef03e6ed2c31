"""Is what was built fit for a telephone? Measures every file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.prompts import audio, levels
from ivrd.errors import OutsideError

LOUDNESS_TOLERANCE_DB = 1.5
LONGEST_S = 60  #: no caller listens longer; a TTS gone wrong does not stop


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One built file."""

    name: str  #: <language>/<key>
    duration_ms: int
    loudness_dbfs: float  #: RMS of the spoken parts
    peak_dbfs: float
    unreadable: str = ""  #: it is no telephone audio

    def complaint(self, loudness_dbfs: float) -> str:
        """What is wrong with it, for a person; "" when nothing is."""
        if self.unreadable:
            return self.unreadable
        if abs(self.loudness_dbfs - loudness_dbfs) > LOUDNESS_TOLERANCE_DB:
            return f"its loudness is {self.loudness_dbfs:.1f} dBFS, not {loudness_dbfs:.1f}"
        if self.peak_dbfs > levels.CEILING_DBFS + 0.01:
            return f"its peak is {self.peak_dbfs:.1f} dBFS, above {levels.CEILING_DBFS:.1f}"
        if self.duration_ms > LONGEST_S * 1000:
            return f"it lasts {self.duration_ms // 1000} s, more than {LONGEST_S}"
        return ""


def measure(build_dir: Path, names: Iterable[str]) -> list[Measured]:
    """Measure built files that exist."""
    existing = [(n, p) for n in names if (p := build_dir / f"{n}.wav").is_file()]
    return [_measure(name, path) for name, path in existing]


def _measure(name: str, path: Path) -> Measured:
    try:
        samples = audio.read(path)
    except OutsideError as exc:
        return Measured(name=name, duration_ms=0, loudness_dbfs=0, peak_dbfs=0, unreadable=str(exc))
    return Measured(
        name=name,
        duration_ms=len(samples) * 1000 // levels.RATE_HZ,
        loudness_dbfs=levels.speech_dbfs(samples),
        peak_dbfs=levels.peak_dbfs(samples),
    )
