"""Any WAV to telephone audio, through the real sox."""

import math
from pathlib import Path

import pytest

from ivrd.adapters.prompts import audio, levels
from ivrd.errors import OutsideError

from .conftest import speechlike, tone, write_wav


def convert(source: Path, loudness_dbfs: float = -20.0) -> list[int]:
    target = source.with_name("out.wav")
    sox = audio.find_sox()
    duration_ms = audio.convert(
        source,
        target,
        sox=sox,
        loudness_dbfs=loudness_dbfs,
        margins=audio.SENTENCE,
        what="prompt 'x' in 'id'",
    )
    samples = audio.read(target)  # fails on anything but 8 kHz, mono, 16 bit
    assert duration_ms == len(samples) // 8
    return samples


def strength_at(samples: list[int], hz: float) -> float:
    """Amplitude of one frequency, 1.0 = full scale."""
    angle = 2 * math.pi * hz / levels.RATE_HZ
    cosine = sum(s * math.cos(angle * n) for n, s in enumerate(samples))
    sine = sum(s * math.sin(angle * n) for n, s in enumerate(samples))
    return 2 * math.hypot(cosine, sine) / len(samples) / levels.FULL_SCALE


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(("channels", "bits"), [(1, 16), (2, 16), (1, 8), (2, 24)])
def test_any_wav_becomes_telephone_audio(
    tmp_path: Path, rate_hz: int, channels: int, bits: int
) -> None:
    samples = [0] * (rate_hz // 4) + tone(440, 600, 0.4, rate_hz) + [0] * (rate_hz // 2)
    heard = convert(write_wav(tmp_path / "in.wav", samples, rate_hz, channels, bits))
    assert len(heard) / 8 == pytest.approx(700, abs=30)
    assert levels.speech_dbfs(heard) == pytest.approx(-20, abs=0.5)
    assert strength_at(heard[800:4800], 440) == pytest.approx(0.1414, rel=0.05)


def test_what_a_telephone_cannot_carry_does_not_fold_back(tmp_path: Path) -> None:
    """6 kHz would come back as 2 kHz, if samples were merely left out."""
    rate_hz = 44100
    both = [
        a + b
        for a, b in zip(tone(440, 600, 0.3, rate_hz), tone(6000, 600, 0.3, rate_hz), strict=True)
    ]
    heard = convert(write_wav(tmp_path / "in.wav", both, rate_hz))
    assert strength_at(heard[800:4800], 440) > 0.1
    assert strength_at(heard[800:4800], 2000) < 0.001


@pytest.mark.parametrize("amplitude", [0.02, 0.2, 1.0])
def test_loudness_is_even_and_nothing_clips(tmp_path: Path, amplitude: float) -> None:
    heard = convert(write_wav(tmp_path / "in.wav", speechlike(800, amplitude), 8000))
    assert levels.speech_dbfs(heard) == pytest.approx(-20, abs=0.5)
    assert levels.peak_dbfs(heard) <= levels.CEILING_DBFS


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "in.wav", speechlike(300, 0.5, 22050), 22050)
    assert convert(source) == convert(source)


def test_a_silent_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"'x' in 'id': .*in.wav holds only silence"):
        convert(write_wav(tmp_path / "in.wav", [0] * 8000, 8000))


def test_what_is_no_audio_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.wav"
    source.write_text("not audio")
    with pytest.raises(OutsideError, match=r"'x' in 'id': .*sox failed with status"):
        convert(source)
    assert not source.with_name("out.wav").exists()


def test_sox_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVRD_SOX", "/opt/sox")
    assert audio.find_sox() == "/opt/sox"


def test_sox_may_lie_where_the_set_up_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IVRD_SOX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(OutsideError, match="sox is not installed"):
        audio.find_sox(tmp_path)
    wrapper = tmp_path / "sox"
    wrapper.write_text("#!/bin/sh\n")
    wrapper.chmod(0o755)
    assert audio.find_sox(tmp_path) == str(wrapper)


def test_a_built_file_in_another_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="not 8 kHz, mono, 16 bit"):
        audio.read(write_wav(tmp_path / "x.wav", [1, 2, 3], 16000))
    (tmp_path / "y.wav").write_text("no WAV")
    with pytest.raises(OutsideError, match="no WAV"):
        audio.read(tmp_path / "y.wav")
