"""Tones and noise as WAV files, and a small prompts directory."""

import array
import math
import random
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from ivrd.adapters.prompts import spoken


def tone(hz: float, ms: int, amplitude: float, rate_hz: int = 8000) -> list[int]:
    """A sine; amplitude 1.0 is full scale."""
    count = rate_hz * ms // 1000
    return [int(32767 * amplitude * math.sin(2 * math.pi * hz * n / rate_hz)) for n in range(count)]


def speechlike(ms: int, amplitude: float, rate_hz: int = 8000) -> list[int]:
    """Bursts of noise with rare high peaks: a crest factor as a voice has, or worse."""
    dice = random.Random(169)
    count = rate_hz * ms // 1000
    return [int(32767 * amplitude * max(-1, min(1, dice.gauss(0, 0.15)))) for _ in range(count)]


def write_wav(
    path: Path, samples: list[int], rate_hz: int, channels: int = 1, bits: int = 16
) -> Path:
    """Write the same samples on every channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [s for s in samples for _ in range(channels)]
    if bits == 8:
        data = bytes((s >> 8) + 128 for s in frames)
    elif bits == 24:
        data = b"".join(struct.pack("<i", s << 8)[:3] for s in frames)
    else:
        data = array.array("h", frames).tobytes()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(bits // 8)
        out.setframerate(rate_hz)
        out.writeframes(data)
    return path


Catalogue = Callable[..., None]


@pytest.fixture
def prompts_dir(tmp_path: Path) -> Path:
    """An empty prompts directory."""
    path = tmp_path / "prompts"
    path.mkdir()
    return path


@pytest.fixture
def write_catalogue(prompts_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """write_catalogue(hello="Halo.", ...): a catalogue in Indonesian that needs no parts of speech.

    Two hundred parts would make each test build for seconds; the shipped catalogue has its own test.
    """
    monkeypatch.setattr(spoken, "vocabulary", lambda language: frozenset())

    def write(**texts: str) -> None:
        lines = [f"{key.replace('_', '-')}: {{ id: '{text}' }}\n" for key, text in texts.items()]
        (prompts_dir / "catalogue.yaml").write_text("".join(lines), encoding="utf-8")

    return write
