"""What the storm's aftermath says of a recording's file."""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rig.aftermath import recording_faults


def made(file: Path, *, rate_hz: int = 8000, frames: int = 16000) -> dict[str, Any]:
    """A recording of two seconds, and its row."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(bytes(4 * frames))
    return row_of(file)


def row_of(file: Path) -> dict[str, Any]:
    return {"recording": file.name, "recording_ms": 2000, "recording_sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def test_a_whole_file_that_is_as_its_row_says_has_no_fault(tmp_path: Path) -> None:
    assert recording_faults(tmp_path / "a.wav", made(tmp_path / "a.wav")) == []


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda content: content[:-400], "a.wav has 63644 bytes, its header says 64044, of which 64044 with all samples"),
        (lambda content: content + bytes(400), "a.wav has 64444 bytes"),
        (lambda content: content[:4] + (64136).to_bytes(4, "little") + content[8:], "a.wav has 64044 bytes, its header says 64144, of"),
        (lambda content: content[:40] + (32000).to_bytes(4, "little") + content[44:], "a.wav lasts 1000 ms, its row says 2000"),
        (lambda content: content[:20], "a.wav is no WAV file"),
        (lambda content: bytes(len(content)), "a.wav is no WAV file"),
    ],
    ids=["cut", "longer", "wrong length", "length of half", "no header", "zeros"],
)
def test_a_file_that_is_not_whole(tmp_path: Path, spoil: Callable[[bytes], bytes], fault: str) -> None:
    file = tmp_path / "a.wav"
    made(file)
    file.write_bytes(spoil(file.read_bytes()))
    assert fault in "; ".join(recording_faults(file, row_of(file)))


def test_a_file_that_is_another_than_its_row_tells_of(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    row = made(file)
    file.write_bytes(file.read_bytes()[:-1] + b"\1")
    assert recording_faults(file, row) == ["a.wav is not the file of which its row has the checksum"]
    row = made(file, rate_hz=16000, frames=32000)
    assert recording_faults(file, row) == ["a.wav: (rate, width, channels) are (16000, 2, 2)"]
