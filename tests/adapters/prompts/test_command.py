"""`ivrd prompts`, as the admin meets it."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from ivrd.adapters.prompts.build import Workshop
from ivrd.cli import prompts
from ivrd.settings import load
from ivrd.settings.site import Hours, Loaded, PromptBuild, Site

from .conftest import tone, write_wav

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
