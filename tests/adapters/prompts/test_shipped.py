"""The shipped catalogue, built for real once and listened to."""

import shutil
from pathlib import Path

import pytest

from ivrd.adapters.prompts import audio, build, catalogue, levels, quality
from ivrd.adapters.prompts.library import BuiltPrompts
from ivrd.core.speech import Clock, Date, Number, Prompt, Speech
from ivrd.settings.site import PromptBuild

SHIPPED = Path(__file__).parents[3] / "prompts" / catalogue.FILE
LANGUAGES = ("id", "en")
PLACE: list[Speech] = [Prompt(key="queue-position-before"), Number(value=21)]
WAIT: list[Speech] = [Prompt(key="queue-wait-about"), Number(value=12), Prompt(key="minutes")]
OPENS: list[Speech] = [
    Prompt(key="closed-opens-at"),
    Date(year=2026, month=11, day=30),
    Clock(hour=8, minute=0),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> build.Workshop:
    prompts_dir = tmp_path_factory.mktemp("prompts")
    shutil.copy(SHIPPED, prompts_dir)
    shop = build.Workshop(
        prompts_dir=prompts_dir,
        bin_dir=SHIPPED.parents[1] / "var" / "bin",
        languages=LANGUAGES,
        settings=PromptBuild(),
    )
    build.build(shop)
    return shop


def test_every_file_is_fit_for_a_telephone(shop: build.Workshop) -> None:
    texts = catalogue.load(shop.prompts_dir / catalogue.FILE, LANGUAGES)
    names = [f"{language}/{key}" for key, language in texts.prompts(LANGUAGES)]
    measured = quality.measure(shop.build_dir, names)
    assert [m.name for m in measured] == names
    assert [(m.name, c) for m in measured if (c := m.complaint(-20.0))] == []
    assert [m.name for m in measured if not 150 <= m.duration_ms <= 40_000] == []
    words = [m for m in measured if "/word-" in m.name]
    assert [m.name for m in words if m.duration_ms > 1200] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("speech", [PLACE, WAIT, OPENS], ids=["place", "wait", "opens"])
def test_a_sentence_of_parts_has_no_holes(
    shop: build.Workshop, language: str, speech: list[Speech]
) -> None:
    files = BuiltPrompts(shop.build_dir).render(speech, language)
    samples = [s for file in files for s in audio.read(file.with_suffix(".wav"))]
    assert longest_pause_ms(samples) < 150


def longest_pause_ms(samples: list[int]) -> int:
    """The longest stretch, in steps of 10 ms, below -50 dBFS."""
    longest = current = 0
    for start in range(0, len(samples), 80):
        quiet = levels.peak_dbfs(samples[start : start + 80]) < -50
        current = current + 10 if quiet else 0
        longest = max(longest, current)
    return longest


def test_the_pause_meter_hears_a_pause() -> None:
    loud = [3000, -3000] * 400
    assert longest_pause_ms(loud + [0] * 1600 + loud) == 200
