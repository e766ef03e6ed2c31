"""Files on disk: as a whole, only when changed, private where they must be, nothing lost."""

from __future__ import annotations

import dataclasses
import io
import stat
import wave
from pathlib import Path

import pytest

from ivrd.adapters.asterisk_config import write
from ivrd.adapters.asterisk_config.music import melody_wav
from ivrd.adapters.asterisk_config.text import HEADER, document
from ivrd.adapters.asterisk_config.write import ensure_music
from ivrd.errors import OutsideError
from ivrd.settings.site import Loaded

FILES = {"pjsip.conf": document("[a]\n"), "rtp.conf": document("[b]\n")}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    out = tmp_path / "etc"
    assert write(FILES, out, private=False).changed == ("pjsip.conf", "rtp.conf")
    before = (out / "rtp.conf").stat().st_mtime_ns
    changed = write({**FILES, "pjsip.conf": document("[c]\n")}, out, private=False)
    assert changed.changed == ("pjsip.conf",)
    assert (out / "pjsip.conf").read_text() == HEADER + "\n[c]\n"
    assert (out / "rtp.conf").stat().st_mtime_ns == before
    assert sorted(p.name for p in out.iterdir()) == ["pjsip.conf", "rtp.conf"]


def test_passwords_are_not_for_everybody(tmp_path: Path) -> None:
    write(FILES, tmp_path / "system", private=False)
    assert (mode(tmp_path / "system" / "pjsip.conf"), mode(tmp_path / "system" / "rtp.conf")) == (
        0o640, 0o644,
    )  # fmt: skip
    write(FILES, tmp_path / "own", private=True)
    assert mode(tmp_path / "own" / "pjsip.conf") == 0o600


def test_somebody_elses_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pjsip.conf").write_text("[theirs]\n")
    assert write(FILES, tmp_path, private=False).backed_up == ("pjsip.conf",)
    assert (tmp_path / "pjsip.conf.before-ivrd").read_text() == "[theirs]\n"
    (tmp_path / "pjsip.conf").write_text("[edited by hand later]\n")
    assert write(FILES, tmp_path, private=False).backed_up == ()  # the first copy is the one to keep
    assert (tmp_path / "pjsip.conf.before-ivrd").read_text() == "[theirs]\n"


def test_checking_changes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "etc"
    assert write(FILES, out, private=False, check=True).changed == ("pjsip.conf", "rtp.conf")
    assert not out.exists()


def test_a_directory_that_is_none_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideError, match="file"):
        write(FILES, tmp_path / "file" / "etc", private=False)


def test_own_music_is_played_where_there_is_some(tmp_path: Path, loaded: Loaded) -> None:
    here = dataclasses.replace(loaded, root=tmp_path)
    made = ensure_music(here)
    assert [p.name for p in made.iterdir()] == ["waiting.wav"]
    assert mode(made / "waiting.wav") == 0o644
    own = tmp_path / "prompts" / "music"
    own.mkdir(parents=True)
    assert ensure_music(here) == made
    (own / "gamelan.wav").write_bytes(b"")
    assert ensure_music(here) == own


def test_the_melody_is_telephone_audio_of_even_loudness() -> None:
    with wave.open(io.BytesIO(melody_wav()), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.getnframes() == 24 * 8000
        seconds = [file.readframes(8000) for _ in range(24)]
    for pcm in seconds:
        samples = memoryview(pcm).cast("h")
        rms = (sum(s * s for s in samples) / len(samples)) ** 0.5
        assert 1500 < rms < 9000
        assert max(map(abs, samples)) < 32000
