"""`ivrd prompts`, as the admin meets it."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from ivrd.adapters.prompts import studio
from ivrd.adapters.prompts.build import Workshop
from ivrd.cli import prompts
from ivrd.errors import IvrdError, PromptMissing
from ivrd.settings import load
from ivrd.settings.site import Hours, Loaded, PromptBuild, Site

from .conftest import speechlike, tone, write_wav

Ivrd = Callable[..., int]


@pytest.fixture
def ivrd(
    prompts_dir: Path, write_catalogue: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Ivrd:
    """ivrd("build"): runs `ivrd prompts build` on a site with one language and two texts."""
    write_catalogue(hello="Halo.", bye="Sampai jumpa.")
    site = Site(dids={"169": "169"}, languages=("id",), prompt_build=PromptBuild())
    loaded = Loaded(root=prompts_dir.parent, site=site, queues={}, agents={}, hours=Hours(week={}))
    monkeypatch.setattr(load, "load", lambda config: loaded)
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, default=prompts_dir.parent / "config")
    prompts.add_parser(parser.add_subparsers())
    return lambda *words: prompts.run(parser.parse_args(["prompts", *words]))


def test_build_says_what_it_did(ivrd: Ivrd, capsys: pytest.CaptureFixture[str]) -> None:
    assert ivrd("build") == 0
    assert "2 built" in capsys.readouterr().out
    assert ivrd("build") == 0
    assert "0 built (0 s of speech), 2 unchanged" in capsys.readouterr().out


def test_missing_lists_what_has_no_audio(
    ivrd: Ivrd, write_catalogue: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ivrd("missing") == 1
    assert capsys.readouterr().out.splitlines() == [
        "id/hello: has no audio",
        "id/bye: has no audio",
        "2 prompts are missing or out of date: run `ivrd prompts build`",
    ]
    ivrd("build")
    capsys.readouterr()
    assert ivrd("missing") == 0
    assert capsys.readouterr().out == ""
    write_catalogue(hello="Selamat datang.", bye="Sampai jumpa.")
    assert ivrd("missing") == 1
    assert "id/hello: changed since it was built" in capsys.readouterr().out


def test_check_measures_and_finds_stray_recordings(
    ivrd: Ivrd, prompts_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ivrd("check") == 1
    assert "2 texts, 0 of them built" in capsys.readouterr().out
    ivrd("build")
    assert ivrd("check") == 0
    write_wav(prompts_dir / "build" / "id" / "hello.wav", tone(440, 500, 0.9), 8000)
    assert ivrd("check") == 1
    assert "id/hello: its loudness is -3.9 dBFS, not -20.0" in capsys.readouterr().out
    ivrd("build")
    stray = write_wav(prompts_dir / "studio" / "id" / "helo.wav", tone(440, 500, 0.9), 8000)
    assert ivrd("check") == 1
    assert f"{stray}: no key has this name" in capsys.readouterr().out


def test_a_recording_of_an_older_text_is_stale_until_it_is_made_anew(
    ivrd: Ivrd, prompts_dir: Path, write_catalogue: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    voice = prompts_dir / "studio" / "id" / "hello.wav"
    write_wav(voice, tone(440, 500, 0.3), 16000)
    ivrd("build")
    assert ivrd("check") == 0
    write_catalogue(hello="Selamat datang.", bye="Sampai jumpa.")
    ivrd("build")
    assert ivrd("check") == 1
    assert "studio/id/hello.wav: stale: it says 'Halo.', the catalogue 'Selamat datang.'" in capsys.readouterr().out
    assert ivrd("sheet", "--format", "csv") == 0
    assert "id/hello.wav,id,Selamat datang.,,stale" in capsys.readouterr().out
    write_wav(voice, tone(450, 500, 0.3), 16000)
    ivrd("build")
    assert ivrd("check") == 0


@pytest.mark.parametrize(
    ("samples", "rate_hz", "bits", "complaint"),
    [
        ([min(32767, max(-32768, 4 * s)) for s in tone(440, 500, 0.9)], 16000, 16, "it is clipped"),
        ([min(32767, max(-32768, 4 * s)) for s in tone(440, 500, 0.9)], 48000, 24, "it is clipped"),
        (tone(440, 500, 0.002), 16000, 16, "it is too quiet"),
        (tone(440, 500, 0.3), 6000, 16, "its rate is 6000 Hz"),
    ],
)
def test_a_recording_that_is_not_fit_is_told_so(
    ivrd: Ivrd, prompts_dir: Path, capsys: pytest.CaptureFixture[str],
    samples: list[int], rate_hz: int, bits: int, complaint: str,
) -> None:  # fmt: skip
    write_wav(prompts_dir / "studio" / "id" / "hello.wav", samples, rate_hz, channels=2, bits=bits)
    ivrd("build")
    assert ivrd("check") == 1
    assert f"studio/id/hello.wav: {complaint}" in capsys.readouterr().out


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_a_voice_that_touches_full_scale_is_fit(bits: int, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "voice.wav", speechlike(500, 0.9), 16000, bits=bits)
    assert studio.complaint(path) == ""


def test_what_is_no_wav_is_told_so(ivrd: Ivrd, prompts_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ivrd("build")
    (tmp_path / "voice.wav").write_bytes(b"ID3 mp3 after all")
    assert studio.complaint(tmp_path / "voice.wav").startswith("it is no plain WAV")
    (prompts_dir / "build" / "id" / "hello.wav").write_bytes(b"nothing")
    assert ivrd("check") == 1
    assert "hello.wav is no WAV" in capsys.readouterr().out


def test_listen_tells_the_files(ivrd: Ivrd, prompts_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ivrd("build")
    capsys.readouterr()
    assert ivrd("listen", "hello", "--path") == 0
    assert capsys.readouterr().out == f"{prompts_dir / 'build' / 'id' / 'hello.wav'}\n"
    with pytest.raises(PromptMissing, match="nobody"):
        ivrd("listen", "nobody")
    for word in ("dua", "puluh", "satu"):
        write_wav(prompts_dir / "build" / "id" / f"word-{word}.wav", tone(440, 100, 0.3), 8000)
    ivrd("listen", "21")
    names = [Path(line).stem for line in capsys.readouterr().out.splitlines()]
    assert names == ["word-dua", "word-puluh", "word-satu"]


def test_a_sheet_to_print_lists_what_is_to_be_recorded(
    ivrd: Ivrd, prompts_dir: Path, tmp_path: Path, write_catalogue: Callable[..., None]
) -> None:
    write_catalogue(hello="Halo & <b>", bye="Sampai jumpa.", word_satu="satu")
    write_wav(prompts_dir / "studio" / "id" / "bye.wav", tone(440, 500, 0.3), 16000)
    assert ivrd("sheet", "--format", "html", "--out", str(tmp_path / "sheet.html")) == 0
    page = (tmp_path / "sheet.html").read_text()
    assert "id: 2 takes" in page
    assert "Halo &amp; &lt;b&gt;" in page
    assert "id/word-satu.wav" in page
    assert "without a fall of the voice" in page
    assert "bye.wav" not in page
    assert ivrd("sheet", "--format", "html", "--all", "--out", str(tmp_path / "sheet.html")) == 0
    assert "id/bye.wav" in (tmp_path / "sheet.html").read_text()
    with pytest.raises(IvrdError, match="does not speak fr"):
        ivrd("sheet", "--language", "fr")


def test_an_action_is_asked_for(ivrd: Ivrd) -> None:
    with pytest.raises(SystemExit):
        ivrd()


def test_programs_of_the_set_up_are_found_beside_the_site(
    ivrd: Ivrd, prompts_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Workshop] = []

    def note(shop: Workshop) -> int:
        seen.append(shop)
        return 0

    monkeypatch.setattr(prompts, "_build", note)
    ivrd("build")
    assert seen[0].bin_dir == prompts_dir.parent / "var" / "bin"
    assert seen[0].prompts_dir == prompts_dir
