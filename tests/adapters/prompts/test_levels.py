"""Loudness, silence and peaks, on samples whose right answer is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrd.adapters.prompts import levels

SILENCE_100_MS = [0] * 800


def tone(amplitude: float, ms: int = 500) -> list[int]:
    return [int(32767 * amplitude * math.sin(2 * math.pi * n / 8)) for n in range(8 * ms)]


def test_a_sine_is_3_db_below_its_peak() -> None:
    assert levels.speech_dbfs(tone(0.5)) == pytest.approx(-9.03, abs=0.05)
    assert levels.peak_dbfs(tone(0.5)) == pytest.approx(-6.02, abs=0.05)


def test_pauses_do_not_count() -> None:
    breath = tone(0.005, 2000)
    with_pauses = SILENCE_100_MS * 5 + tone(0.5) + breath + tone(0.5)
    assert levels.speech_dbfs(with_pauses) == pytest.approx(levels.speech_dbfs(tone(0.5)), abs=0.05)


def test_silence_has_no_loudness() -> None:
    assert levels.speech_dbfs([]) == -math.inf
    assert levels.speech_dbfs(SILENCE_100_MS) == -math.inf
    assert levels.peak_dbfs(SILENCE_100_MS) == -math.inf


def test_silence_is_cut_to_its_margins() -> None:
    cut = levels.trim(SILENCE_100_MS * 4 + tone(0.5) + SILENCE_100_MS * 6, 50, 30)
    assert len(cut) == (50 + 500 + 30) * 8
    assert cut[: 50 * 8] == [0] * (50 * 8)
    assert cut[-30 * 8 :] == [0] * (30 * 8)
    assert any(cut[50 * 8 : 60 * 8])


def test_a_margin_that_is_not_there_is_added() -> None:
    assert len(levels.trim(tone(0.5), 50, 30)) == (50 + 500 + 30) * 8


def test_hiss_far_below_the_voice_is_silence_and_a_soft_consonant_is_not() -> None:
    hiss, soft = tone(0.5 * 10 ** (-45 / 20), 200), tone(0.5 * 10 ** (-28 / 20), 200)
    assert len(levels.trim(hiss + tone(0.5) + hiss, 10, 10)) == 520 * 8
    assert len(levels.trim(soft + tone(0.5) + soft, 10, 10)) == 920 * 8


def test_a_cut_does_not_click() -> None:
    hiss = [60] * 1600  # a steady offset: cut bare, it would jump
    cut = levels.trim(hiss + tone(0.5) + hiss, 50, 50)
    assert (cut[0], cut[-1]) == (0, 0)


def test_nothing_but_silence_leaves_nothing() -> None:
    assert levels.trim(SILENCE_100_MS, 50, 50) == []


@pytest.mark.parametrize("amplitude", [0.003, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("loudness_dbfs", [-26.0, -20.0, -12.0])
def test_loudness_is_reached_from_any_level(amplitude: float, loudness_dbfs: float) -> None:
    levelled = levels.level(tone(amplitude), loudness_dbfs)
    assert levels.speech_dbfs(levelled) == pytest.approx(loudness_dbfs, abs=0.3)


def test_a_peak_is_turned_down_and_the_rest_keeps_its_loudness() -> None:
    spiky = tone(0.05) + [32767, -32767] * 20 + tone(0.05)
    levelled = levels.level(spiky, -20.0)
    assert levels.peak_dbfs(levelled) <= levels.CEILING_DBFS
    assert levels.speech_dbfs(levelled) == pytest.approx(-20.0, abs=0.5)


def test_the_ceiling_wins_over_the_loudness() -> None:
    square = [20000, -20000] * 4000
    assert levels.peak_dbfs(levels.level(square, 0.0)) <= levels.CEILING_DBFS


def test_a_peak_is_limited_even_when_the_loudness_is_right_already() -> None:
    spiky = tone(0.14) + [32767, -32767] * 2 + tone(0.14)
    wanted = levels.speech_dbfs(spiky)
    assert levels.peak_dbfs(levels.level(spiky, wanted)) <= levels.CEILING_DBFS


@given(st.lists(st.integers(-32768, 32767), max_size=2000), st.floats(-40, 0))
def test_no_sample_ever_passes_the_ceiling(samples: list[int], loudness_dbfs: float) -> None:
    levelled = levels.level(samples, loudness_dbfs)
    assert len(levelled) == len(samples)
    assert levels.peak_dbfs(levelled) <= levels.CEILING_DBFS + 1e-9 or levelled == samples == []
