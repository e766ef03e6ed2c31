"""Prompts that are tones: one hears which one is said, and in which language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from rig.tones import RATE_HZ, make_tone, write_mono
from rig.tools import REPOSITORY

#: music on hold; phones' tones are below, prompts' above
MUSIC_HZ = 900.0
#: all parts of numbers, times and dates
WORD_HZ = 3800.0
ENGLISH_WORD_HZ = 3900.0  #: the same in English
_FIRST_HZ, _STEP_HZ = 1000.0, 20.0
SAID_S, WORD_S = 0.6, 0.2


def _named() -> Iterator[tuple[str, str]]:
    catalogue = yaml.safe_load((REPOSITORY / "prompts" / "catalogue.yaml").read_text())
    for key, entry in catalogue.items():
        for language in ("id", "en"):
            if language in entry.get("languages", ("id", "en")):
                yield key, language


_ALL = list(_named())
#: keys are two bins of rig/tones.py's window apart, a key's languages one: neither is ever taken for another
_KEYS = list(dict.fromkeys(key for key, _ in _ALL if not key.startswith("word-")))
_HZ = {
    (key, language): _FIRST_HZ + _STEP_HZ * _KEYS.index(key) + (_STEP_HZ / 2 if language == "en" else 0.0)
    for key, language in _ALL
    if key in _KEYS
}
assert max(_HZ.values()) < WORD_HZ - 100


def said_hz(key: str, language: str = "id") -> float:
    """The tone that stands for a prompt."""
    return _HZ[key, language]


def write_prompts(directory: Path) -> None:
    """A prompts directory of the shipped texts, with tones for audio."""
    build = directory / "build"
    for key, language in _ALL:
        hz = _HZ.get((key, language))
        tone = make_tone(hz, 0, int(SAID_S * RATE_HZ)) if hz else make_tone(WORD_HZ if language == "id" else ENGLISH_WORD_HZ, 0, int(WORD_S * RATE_HZ))
        write_mono(build / language / f"{key}.wav", tone)
    shipped = REPOSITORY / "prompts" / "catalogue.yaml"
    (directory / "catalogue.yaml").write_bytes(shipped.read_bytes())


def write_music(spool: Path) -> None:
    """A steady tone for music on hold."""
    write_mono(spool / "music" / "waiting.wav", make_tone(MUSIC_HZ, 0, 10 * RATE_HZ))


def write_flows(directory: Path) -> None:
    """The shipped flow, less patient: a second of silence is enough."""
    directory.mkdir(parents=True, exist_ok=True)
    flow = yaml.safe_load((REPOSITORY / "dialplans" / "169.yaml").read_text())
    for node in flow["nodes"].values():
        if "menu" in node:
            node["menu"]["timeout_s"] = 1.0
    text = yaml.safe_dump(flow, allow_unicode=True, sort_keys=False)
    (directory / "169.yaml").write_text(text, encoding="utf-8")
    (directory / "broken.yaml").write_text(
        "start: sorry\nnodes:\n  sorry: {play: {say: [technical-apology], then: end}}\n"
        "  end: {hangup: {why: failed, cause: 41}}\n",
        encoding="utf-8",
    )
