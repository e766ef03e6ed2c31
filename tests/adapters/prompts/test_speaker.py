"""Texts known only in the call: spoken once, kept, bounded, and never in the way of others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ivrd.adapters.prompts import speaker as speaker_module
from ivrd.adapters.prompts.library import BuiltPrompts
from ivrd.adapters.prompts.speaker import Speaker
from ivrd.core.speech import Text
from ivrd.errors import PromptMissing

#: a TTS program: a tone, and a line in a file for each run
TTS = """
import math, struct, sys, wave
open(sys.argv[3], "a").write(sys.argv[1] + "\\n")
with wave.open(sys.argv[2], "wb") as w:
    w.setnchannels(1); w.setsampwidth(2); w.setframerate(8000)
    w.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i / 3))) for i in range(4000)))
"""


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    return tmp_path / "ran"


@pytest.fixture
def library(tmp_path: Path, ran: Path) -> BuiltPrompts:
    command = (sys.executable, "-c", TTS, "{text}", "{out}", str(ran))
    return BuiltPrompts(tmp_path / "build", Speaker(tmp_path / "texts", command, -20.0, Path("var/bin")))


async def test_a_text_is_spoken_once_and_played_from_then_on(library: BuiltPrompts, ran: Path) -> None:
    for _ in range(2):
        await library.prepare("Halo Budi", "id")
    (file,) = library.render([Text(text="Halo Budi")], "id")
    assert file.with_suffix(".wav").is_file()
    assert ran.read_text() == "Halo Budi\n"


async def test_a_text_is_no_option_of_the_program(library: BuiltPrompts, ran: Path) -> None:
    await library.prepare("-w /etc/passwd", "id")
    assert ran.read_text() == "w /etc/passwd\n"


async def test_a_text_that_was_not_prepared_or_cannot_be_spoken_is_missing(tmp_path: Path, library: BuiltPrompts) -> None:
    with pytest.raises(PromptMissing):
        library.render([Text(text="nobody spoke this")], "id")
    broken = BuiltPrompts(tmp_path, Speaker(tmp_path / "t", ("/nonexistent", "{text}"), -20.0, Path("var/bin")))
    with pytest.raises(PromptMissing):
        await broken.prepare("x", "id")
    with pytest.raises(PromptMissing):
        await BuiltPrompts(tmp_path).prepare("x", "id")


async def test_the_least_recently_spoken_make_room(
    library: BuiltPrompts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaker_module, "MOST_FILES", 2)
    texts = tmp_path / "texts"
    for age, text in enumerate(("a", "b", "c")):
        await library.prepare(text, "id")
        for file in texts.glob("*.wav"):
            os.utime(file, (file.stat().st_mtime - 10 * (3 - age), file.stat().st_mtime - 10 * (3 - age)))
    assert len(list(texts.glob("*.wav"))) == 2
    with pytest.raises(PromptMissing):
        library.render([Text(text="a")], "id")


async def test_bytes_are_bounded_and_what_is_spoken_again_stays(
    library: BuiltPrompts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tmp_path / "texts"
    for text in ("a", "b"):
        await library.prepare(text, "id")
    one, other = (library.render([Text(text=text)], "id")[0].with_suffix(".wav") for text in ("a", "b"))
    monkeypatch.setattr(speaker_module, "MOST_BYTES", one.stat().st_size * 5 // 2)
    os.utime(one, (1e9, 1e9))
    os.utime(other, (1e9 + 1, 1e9 + 1))
    monkeypatch.setattr(speaker_module, "MOST_AGE_S", 1e12)
    await library.prepare("a", "id")  # older than b until now
    await library.prepare("c", "id")
    assert one.is_file()
    assert not other.exists()
    assert len(list(texts.glob("*.wav"))) == 2


async def test_one_text_beyond_all_bounds_is_spoken_all_the_same(library: BuiltPrompts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker_module, "MOST_BYTES", 10)
    await library.prepare("a", "id")
    assert library.render([Text(text="a")], "id")


async def test_what_was_not_spoken_for_long_is_forgotten(library: BuiltPrompts, tmp_path: Path) -> None:
    for text in ("old", "fresh", "now"):
        await library.prepare(text, "id")
    for text, age_s in (("old", speaker_module.MOST_AGE_S + 60), ("fresh", speaker_module.MOST_AGE_S - 60)):
        file = library.render([Text(text=text)], "id")[0].with_suffix(".wav")
        then = file.stat().st_mtime - age_s
        os.utime(file, (then, then))
    await library.prepare("now", "id")  # there already: room is made all the same
    with pytest.raises(PromptMissing):
        library.render([Text(text="old")], "id")
    assert library.render([Text(text="fresh")], "id")
