"""What was heard, told from PCM."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from rig import tones


def sine(hz: float, seconds: float, amplitude: float = 8000) -> tones.Samples:
    return tones.samples(tones.make_tone(hz, 0, int(seconds * tones.RATE_HZ), amplitude))


@pytest.mark.parametrize("hz", [420.0, 440.0, 1080.0])
def test_a_tone_has_its_amplitude_at_its_frequency_only(hz: float) -> None:
    heard = sine(hz, 1)
    assert tones.amplitude_at(hz, heard) == pytest.approx(8000, rel=0.01)
    assert tones.amplitude_at(hz + 20, heard) < 100
    assert tones.dominant_hz(heard) == pytest.approx(hz, abs=1)


def test_silence_is_not_a_tone() -> None:
    assert tones.dominant_hz(sine(440, 1, amplitude=20)) == 0
    assert tones.seconds_of(440, sine(440, 1, amplitude=20)) == 0
    assert tones.loud_s(sine(440, 1, amplitude=20)) == 0


def test_a_tone_is_heard_only_without_a_break() -> None:
    gap = np.zeros(800)
    broken = np.concatenate([sine(440, 0.2), gap, sine(440, 0.2)])
    assert not tones.is_heard(440, broken, for_s=0.3)
    assert tones.is_heard(440, np.concatenate([gap, sine(440, 0.3)]), for_s=0.3)
    assert tones.seconds_of(440, broken) == pytest.approx(0.4)


def test_words_that_do_not_join_are_counted_in_short_windows() -> None:
    late = np.zeros(400)  # each cut falls in the middle of a usual window, and one lost sample turns the phase round
    words = np.concatenate([late, *[sine(3900, 0.2)[:-1]] * 17])
    assert tones.seconds_of(3900, words) == pytest.approx(1.7)
    assert tones.seconds_of(3900, words, window_s=0.02) == pytest.approx(3.4, rel=0.15)


def test_a_neighbouring_tone_is_told_apart() -> None:
    assert not tones.is_heard(440, sine(460, 1))


def test_pieces_join_without_a_click() -> None:
    whole = tones.make_tone(430, 0, 500)
    assert tones.make_tone(430, 0, 123) + tones.make_tone(430, 123, 377) == whole


def test_a_recording_has_left_and_right(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    both = np.stack([sine(440, 1), sine(1000, 1)], axis=1).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(both.tobytes())
    recording = tones.read_stereo(path)
    assert recording.duration_s == 1
    assert tones.dominant_hz(recording.left) == pytest.approx(440, abs=1)
    assert tones.dominant_hz(recording.right) == pytest.approx(1000, abs=1)
    tones.write_mono(path, b"\0\0")
    with pytest.raises(ValueError, match="channels"):
        tones.read_stereo(path)
