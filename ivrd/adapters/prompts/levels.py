"""Loudness, silence and peaks of 8 kHz mono speech. Pure: samples in, samples out.

Python has lost ``audioop`` (3.13), and numpy is no dependency of the daemon; telephone prompts are
short enough for plain lists. A sample is an int from -32768 to 32767; dBFS is relative to 32768.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

RATE_HZ = 8000
FULL_SCALE = 32768
CEILING_DBFS = -3.0  #: no sample goes beyond
SILENCE_BELOW_SPEECH_DB = 35.0  #: quieter than the spoken parts by this: silence, or breath
_GATE_BELOW_LOUDEST_DB = 30.0  #: pauses between words do not count as speech
_WINDOW = RATE_HZ // 100  #: 10 ms
_BLOCK = RATE_HZ // 400  #: 2.5 ms, the limiter's step
_FADE = RATE_HZ // 500  #: 2 ms, so that a cut does not click
_TOLERANCE_DB = 0.1


def speech_dbfs(samples: Sequence[int]) -> float:
    """RMS of the spoken parts: pauses are left out. -inf for silence."""
    energies = _energies(samples)
    gate = max(energies, default=0.0) * 10 ** (-_GATE_BELOW_LOUDEST_DB / 10)
    spoken = [e for e in energies if e > 0 and e >= gate]
    return _dbfs(sum(spoken) / len(spoken)) if spoken else -math.inf


def peak_dbfs(samples: Sequence[int]) -> float:
    """The highest sample. -inf for silence."""
    peak = max((abs(s) for s in samples), default=0)
    return _dbfs(float(peak * peak))


def trim(samples: Sequence[int], lead_ms: int, tail_ms: int) -> list[int]:
    """Cut or fill the silence at both ends to ``lead_ms`` and ``tail_ms``; [] when all is silence."""
    energies = _energies(samples)
    floor = speech_dbfs(samples) - SILENCE_BELOW_SPEECH_DB
    loud = [i for i, energy in enumerate(energies) if energy > 0 and _dbfs(energy) > floor]
    if not loud:
        return []
    lead, tail = lead_ms * RATE_HZ // 1000, tail_ms * RATE_HZ // 1000
    begin, end = loud[0] * _WINDOW - lead, (loud[-1] + 1) * _WINDOW + tail
    inside = list(samples[max(begin, 0) : max(end, 0)])
    _fade(inside)
    return [0] * max(-begin, 0) + inside + [0] * max(end - len(samples), 0)


def level(samples: Sequence[int], loudness_dbfs: float) -> list[int]:
    """Bring the spoken parts to ``loudness_dbfs`` with no peak above CEILING_DBFS.

    Peaks are limited, which costs a little loudness; further turns make up for it. Where the
    ceiling does not allow the loudness (a click, a square wave), the ceiling wins.
    """
    out, gain_db = list(samples), 0.0
    for _ in range(4):
        away_db = loudness_dbfs - speech_dbfs(out)
        if not math.isfinite(away_db):
            break  # silence stays silence
        gain_db += away_db
        out = _limit(samples, 10 ** (gain_db / 20))
        if abs(away_db) <= _TOLERANCE_DB:
            break
    return out


def _limit(samples: Sequence[int], gain: float) -> list[int]:
    """Apply ``gain``, turned down smoothly around every block that would pass the ceiling."""
    ceiling = FULL_SCALE * 10 ** (CEILING_DBFS / 20)
    starts = range(0, len(samples), _BLOCK)
    peaks = [max(abs(s) for s in samples[i : i + _BLOCK]) for i in starts]
    wanted = [min(gain, ceiling / p) if p else gain for p in peaks]
    near = [min(wanted[max(i - 3, 0) : i + 4]) for i in range(len(wanted))]
    out: list[int] = []
    # the gain glides from near[i] to near[i + 1] within block i: both know the peak of block i
    near.append(near[-1] if near else gain)
    for i, start in enumerate(starts):
        block = samples[start : start + _BLOCK]
        step = (near[i + 1] - near[i]) / _BLOCK
        out += [int(s * (near[i] + step * n)) for n, s in enumerate(block)]
    return out


def _fade(samples: list[int]) -> None:
    length = min(_FADE, len(samples) // 2)
    for i in range(length):
        samples[i] = samples[i] * i // length
        samples[-1 - i] = samples[-1 - i] * i // length


def _energies(samples: Sequence[int]) -> list[float]:
    """Mean square of every 10 ms."""
    windows = (samples[i : i + _WINDOW] for i in range(0, len(samples), _WINDOW))
    return [sum([s * s for s in window]) / len(window) for window in windows]


def _dbfs(mean_square: float) -> float:
    return 10 * math.log10(mean_square / FULL_SCALE**2) if mean_square > 0 else -math.inf
