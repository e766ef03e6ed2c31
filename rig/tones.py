"""Tones, and what was heard of them. Pure. PCM is 16 bit, little-endian, mono, 8 kHz."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE_HZ = 8000
BYTES_PER_S = RATE_HZ * 2
WINDOW_S = 0.1
#: Below this amplitude (of 32767) it is silence, coding noise or a neighbour's leakage.
AUDIBLE = 500.0

Samples = np.ndarray[tuple[int], np.dtype[np.float64]]
Windows = np.ndarray[tuple[int], np.dtype[np.bool_]]


def make_tone(hz: float, first_sample: int, count: int, amplitude: float = 8000.0) -> bytes:
    """``count`` samples of a sine; consecutive pieces join without a click."""
    t = (np.arange(count) + first_sample) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype("<i2").tobytes()


def samples(pcm: bytes | bytearray) -> Samples:
    """PCM as numbers."""
    return np.frombuffer(bytes(pcm[: len(pcm) // 2 * 2]), dtype="<i2").astype(np.float64)


def amplitude_at(hz: float, heard: Samples) -> float:
    """Amplitude of one frequency: 8000 for a tone made with amplitude 8000."""
    if len(heard) == 0:
        return 0.0
    return float(amplitudes(hz, heard, len(heard))[0])


def amplitudes(hz: float, heard: Samples, window: int) -> Samples:
    """Amplitude of one frequency in each whole window of ``window`` samples."""
    rows = heard[: len(heard) // window * window].reshape(-1, window)
    wheel = np.exp(-2j * np.pi * hz * np.arange(window) / RATE_HZ)
    result: Samples = 2 * np.abs(rows @ wheel) / window
    return result


def dominant_hz(heard: Samples) -> float:
    """The loudest frequency above 60 Hz; 0.0 when nothing is audible."""
    if len(heard) < RATE_HZ // 10:
        return 0.0
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    lowest = max(1, int(60 * len(heard) / RATE_HZ))
    peak = lowest + int(np.argmax(spectrum[lowest:]))
    loud = 4 * spectrum[peak] / len(heard) > AUDIBLE
    return peak * RATE_HZ / len(heard) if loud else 0.0


def windows_with(hz: float, heard: Samples, window_s: float = WINDOW_S) -> Windows:
    """For each 100 ms, or ``window_s``: is this tone there, and most of what is heard?"""
    window = int(window_s * RATE_HZ)
    level = amplitudes(hz, heard, window)
    rows = heard[: len(heard) // window * window].reshape(-1, window)
    rms = np.sqrt(np.mean(rows**2, axis=1))
    present: Windows = (level > AUDIBLE) & (level > rms)
    return present


def seconds_of(hz: float, heard: Samples, window_s: float = WINDOW_S) -> float:
    """How long the tone is heard in all. Of a tone that is cut into pieces (words, one file each) a window across the cut is not
    counted: the shorter the pieces, the shorter ``window_s`` has to be; neighbours on the scale are then told apart less well."""
    return float(np.count_nonzero(windows_with(hz, heard, window_s)) * window_s)


def is_heard(hz: float, heard: Samples, for_s: float = 0.3) -> bool:
    """Whether the tone is heard without a break for so long."""
    needed = max(1, round(for_s / WINDOW_S))
    run = 0
    for present in windows_with(hz, heard):
        run = run + 1 if present else 0
        if run >= needed:
            return True
    return False


def loud_windows(heard: Samples) -> Windows:
    """For each 100 ms: is anything at all heard?"""
    window = int(WINDOW_S * RATE_HZ)
    rows = heard[: len(heard) // window * window].reshape(-1, window)
    loud: Windows = np.sqrt(np.mean(rows**2, axis=1)) > AUDIBLE / 2
    return loud


def loud_s(heard: Samples) -> float:
    """How long anything at all is heard: speech, music, a tone."""
    return float(np.count_nonzero(loud_windows(heard)) * WINDOW_S)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A stereo recording: the caller left, the agent right."""

    left: Samples
    right: Samples

    @property
    def duration_s(self) -> float:
        """Length of the file."""
        return len(self.left) / RATE_HZ


def read_stereo(path: Path) -> Recording:
    """Read a WAV file; ValueError unless it is 8 kHz, 16 bit, stereo."""
    with wave.open(str(path), "rb") as file:
        form = (file.getframerate(), file.getsampwidth(), file.getnchannels())
        if form != (RATE_HZ, 2, 2):
            raise ValueError(f"{path}: (rate, width, channels) are {form}")
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64)
    return Recording(left=both[0::2], right=both[1::2])


def write_mono(path: Path, pcm: bytes) -> None:
    """Write a WAV file that Asterisk plays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm)
