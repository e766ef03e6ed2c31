"""The build, with the real espeak-ng and sox in a directory of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ivrd.adapters.prompts import audio, build, levels, quality
from ivrd.errors import ConfigError, OutsideError
from ivrd.settings.site import PromptBuild

from .conftest import tone, write_wav

Catalogue = Callable[..., None]
THREE = {"hello": "Selamat datang.", "word_satu": "satu", "bye": "Terima kasih."}


@pytest.fixture
def shop(prompts_dir: Path, write_catalogue: Catalogue) -> build.Workshop:
    write_catalogue(**THREE)
    return shop_with(prompts_dir)


def shop_with(prompts_dir: Path, **settings: object) -> build.Workshop:
    return build.Workshop(
        prompts_dir=prompts_dir,
        bin_dir=prompts_dir.parent / "bin",
        languages=("id",),
        settings=PromptBuild(**settings),  # type: ignore[arg-type]
    )


def files(shop: build.Workshop) -> dict[str, bytes]:
    return {p.stem: p.read_bytes() for p in (shop.build_dir / "id").iterdir()}


def test_every_text_becomes_telephone_audio(shop: build.Workshop) -> None:
    report = build.build(shop)
    assert report.built == ["id/hello", "id/word-satu", "id/bye"]
    measured = quality.measure(shop.build_dir, report.built)
    assert [m.complaint(-20.0) for m in measured] == ["", "", ""]
    assert all(300 < m.duration_ms < 3000 for m in measured)
    assert report.spoken_ms == sum(m.duration_ms for m in measured)


def test_an_unchanged_second_build_does_nothing(shop: build.Workshop) -> None:
    build.build(shop)
    before = {p: p.stat().st_mtime_ns for p in shop.build_dir.rglob("*")}
    report = build.build(shop)
    assert (report.built, report.removed, report.spoken_ms) == ([], [], 0)
    assert report.kept == ["id/hello", "id/word-satu", "id/bye"]
    assert {p: p.stat().st_mtime_ns for p in shop.build_dir.rglob("*")} == before
    assert build.outdated(shop) == []


def test_a_changed_text_rebuilds_just_that_one(
    shop: build.Workshop, write_catalogue: Catalogue
) -> None:
    build.build(shop)
    before = files(shop)
    write_catalogue(**THREE | {"hello": "Halo, selamat datang di layanan kami."})
    assert build.outdated(shop) == ["id/hello"]
    assert build.build(shop).built == ["id/hello"]
    after = files(shop)
    assert {key for key in after if after[key] != before[key]} == {"hello"}
    assert len(after["hello"]) > len(before["hello"])


def test_a_key_that_is_gone_takes_its_audio_along(
    shop: build.Workshop, write_catalogue: Catalogue
) -> None:
    build.build(shop)
    (shop.build_dir / "id" / "hello.partial").write_text("left by a killed build")
    write_catalogue(hello=THREE["hello"], word_satu=THREE["word_satu"])
    report = build.build(shop)
    assert (report.built, report.removed) == ([], ["id/bye"])
    assert set(files(shop)) == {"hello", "word-satu"}
    write_catalogue(**THREE)
    assert build.build(shop).built == ["id/bye"]


def test_a_lost_file_and_a_damaged_manifest_are_made_good(shop: build.Workshop) -> None:
    build.build(shop)
    (shop.build_dir / "id" / "bye.wav").unlink()
    assert build.build(shop).built == ["id/bye"]
    (shop.build_dir / build.MANIFEST).write_text("{ cut off")
    assert len(build.build(shop).built) == 3


def test_another_loudness_rebuilds_all(shop: build.Workshop, prompts_dir: Path) -> None:
    build.build(shop)
    report = build.build(shop_with(prompts_dir, loudness_dbfs=-26.0))
    assert len(report.built) == 3
    for measured in quality.measure(shop.build_dir, report.built):
        assert measured.loudness_dbfs == pytest.approx(-26, abs=0.3)


def test_a_studio_recording_wins_and_is_levelled(shop: build.Workshop) -> None:
    build.build(shop)
    studio = write_wav(shop.studio_dir / "id" / "hello.wav", tone(440, 900, 0.02, 44100), 44100, 2)
    report = build.build(shop)
    assert (report.built, report.from_studio) == (["id/hello"], ["id/hello"])
    (hello,) = quality.measure(shop.build_dir, ["id/hello"])
    assert hello.duration_ms == pytest.approx(1000, abs=20)
    assert hello.loudness_dbfs == pytest.approx(-20, abs=0.5)
    assert build.build(shop).built == []

    write_wav(studio, tone(440, 1500, 0.02, 44100), 44100, 2)
    assert build.build(shop).built == ["id/hello"]
    studio.unlink()
    assert build.build(shop).built == ["id/hello"]
    assert build.build(shop).from_studio == []


def test_a_text_behind_a_studio_recording_may_change_freely(
    shop: build.Workshop, write_catalogue: Catalogue
) -> None:
    write_wav(shop.studio_dir / "id" / "hello.wav", tone(440, 500, 0.1), 8000)
    build.build(shop)
    write_catalogue(**THREE | {"hello": "Halo."})
    assert build.build(shop).built == []


def test_a_recording_of_no_key_is_reported(shop: build.Workshop) -> None:
    stray = write_wav(shop.studio_dir / "id" / "helo.wav", tone(440, 500, 0.1), 8000)
    assert build.build(shop).unused_recordings == [stray]


def test_parts_of_speech_are_cut_tight(shop: build.Workshop) -> None:
    for key in ("hello", "word-satu"):
        write_wav(
            shop.studio_dir / "id" / f"{key}.wav",
            [0] * 4000 + tone(440, 400, 0.2) + [0] * 4000,
            8000,
        )
    build.build(shop)
    sentence, part = (
        audio.read(shop.build_dir / "id" / f"{k}.wav") for k in ("hello", "word-satu")
    )
    assert len(sentence) / 8 == pytest.approx(500, abs=15)
    assert len(part) / 8 == pytest.approx(440, abs=15)
    assert levels.speech_dbfs(part) == pytest.approx(-20, abs=0.3)


def test_any_command_may_speak_and_its_text_is_no_shell_command(
    prompts_dir: Path, write_catalogue: Catalogue
) -> None:
    write_catalogue(hello="$(touch pwned) {out}; ya")
    log = prompts_dir.parent / "argv"
    script = f'printf "%s|" "$0" "$@" > {log}; sox -n -r 16000 "$2" synth 0.5 sine 300'
    shop = shop_with(prompts_dir, command=("sh", "-c", script, "{language}", "{text}", "{out}"))
    build.build(shop)
    language, text, out, _ = log.read_text().split("|")
    assert (language, text) == ("id", "$(touch pwned) {out}; ya")
    assert out.endswith("id-hello.wav")
    assert not list(prompts_dir.parent.rglob("pwned"))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("sh", "-c", "echo no voice >&2; exit 3"), "sh failed with status 3: no voice"),
        (("sh", "-c", "true"), "wrote no file: prompt_build.command must write"),
        (("no-such-tts", "{text}", "{out}"), "no-such-tts is not installed"),
        (("sox", "-n", "{out}", "trim", "0", "1"), "holds only silence"),
    ],
)
def test_a_failing_command_is_one_clear_message(
    shop: build.Workshop, prompts_dir: Path, command: tuple[str, ...], message: str
) -> None:
    with pytest.raises(OutsideError, match=r"prompt '[a-z-]+' in 'id'") as caught:
        build.build(shop_with(prompts_dir, command=command))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files(shop) == {}


def test_a_build_goes_on_where_it_failed(
    shop: build.Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # in file order: two succeed, the last one fails
    broken = shop.studio_dir / "id" / "bye.wav"
    broken.parent.mkdir(parents=True)
    broken.write_text("no audio")
    with pytest.raises(OutsideError, match="'bye'"):
        build.build(shop)
    broken.unlink()
    assert build.build(shop).built == ["id/bye"]


def test_a_wrong_catalogue_touches_nothing(shop: build.Workshop, prompts_dir: Path) -> None:
    build.build(shop)
    (prompts_dir / "catalogue.yaml").write_text("hello: { id: '' }\n")
    with pytest.raises(ConfigError):
        build.build(shop)
    assert set(files(shop)) == {"hello", "word-satu", "bye"}


def test_a_directory_that_cannot_be_written_is_one_clear_message(shop: build.Workshop) -> None:
    shop.build_dir.write_text("a file stands in the way")
    with pytest.raises(OutsideError, match="cannot be built"):
        build.build(shop)
