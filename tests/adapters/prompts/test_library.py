"""From speech to files."""

from pathlib import Path

import pytest

from ivrd.adapters.prompts import spoken
from ivrd.adapters.prompts.library import BuiltPrompts
from ivrd.core.speech import Clock, Number, Prompt
from ivrd.errors import PromptMissing
from ivrd.ports import PromptLibrary

from .conftest import write_wav


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    """Both languages complete, as far as the library looks."""
    for language in ("id", "en"):
        (tmp_path / language).mkdir()
        for key in (*spoken.vocabulary(language), "welcome", "choose-language"):
            (tmp_path / language / f"{key}.wav").touch()
    return tmp_path


def test_a_sentence_is_files_in_order_without_suffix(build_dir: Path) -> None:
    library: PromptLibrary = BuiltPrompts(build_dir)
    files = library.render([Prompt(key="welcome"), Number(value=21)], "id")
    names = ["welcome", "word-dua", "word-puluh", "word-satu"]
    assert files == [build_dir.resolve() / "id" / name for name in names]
    assert all(f.is_absolute() for f in files)


def test_a_prompt_may_have_its_own_language(build_dir: Path) -> None:
    speech = [Prompt(key="choose-language"), Prompt(key="choose-language", language="en")]
    files = BuiltPrompts(build_dir).render(speech, "id")
    assert [f.parent.name for f in files] == ["id", "en"]
    files = BuiltPrompts(build_dir).render([*speech, Number(value=1)], "en")
    assert [f.parent.name for f in files] == ["en", "en", "en"]


def test_nothing_to_say_is_no_file(build_dir: Path) -> None:
    assert BuiltPrompts(build_dir).render([], "id") == []


@pytest.mark.parametrize(
    ("speech", "language", "key"),
    [
        (Prompt(key="nobody-wrote-this"), "id", "nobody-wrote-this"),
        (Prompt(key="welcome", language="zh"), "id", "welcome"),
        (Clock(hour=25, minute=0), "id", "Clock(hour=25, minute=0)"),
    ],
)
def test_what_has_no_audio_is_named(
    build_dir: Path, speech: Prompt | Clock, language: str, key: str
) -> None:
    with pytest.raises(PromptMissing) as caught:
        BuiltPrompts(build_dir).render([speech], language)
    assert caught.value.key == key


def test_audio_built_while_we_run_is_found(build_dir: Path) -> None:
    library = BuiltPrompts(build_dir)
    with pytest.raises(PromptMissing):
        library.render([Prompt(key="new")], "id")
    (build_dir / "id" / "new.wav").touch()
    assert library.render([Prompt(key="new")], "id") == [build_dir.resolve() / "id" / "new"]


def test_missing_looks_at_keys_and_at_parts_of_speech(build_dir: Path) -> None:
    library = BuiltPrompts(build_dir)
    assert library.missing(["welcome"], ["id", "en"]) == []
    (build_dir / "en" / "welcome.wav").unlink()
    (build_dir / "id" / "word-satu.wav").unlink()
    found = BuiltPrompts(build_dir).missing(["welcome", "word-satu"], ["id", "en"])
    assert found == [("word-satu", "id"), ("welcome", "en"), ("word-satu", "en")]
    assert BuiltPrompts(build_dir).missing([], ["id"]) == [("word-satu", "id")]


def test_a_directory_that_was_never_built_is_all_missing(tmp_path: Path) -> None:
    library = BuiltPrompts(tmp_path / "build")
    missing = library.missing(["welcome"], ["id"])
    assert missing[0] == ("welcome", "id")
    assert len(missing) == 1 + len(spoken.vocabulary("id"))


def test_it_tells_how_long_each_prompt_plays_and_nothing_of_one_without_audio(build_dir: Path) -> None:
    write_wav(build_dir / "id" / "welcome.wav", [0] * 8000, 8000)
    lengths_s = BuiltPrompts(build_dir).lengths_s(["welcome", "nothing"], ["id"])
    assert set(lengths_s) == {("welcome", "id")}
    assert lengths_s["welcome", "id"] == pytest.approx(1.0, abs=0.01)
