"""Builds prompts/build/<language>/<key>.wav for every text of the catalogue.

Only what has changed is made anew: ``manifest.json`` holds the fingerprint of each file's source.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.prompts import audio, catalogue, studio
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.adapters.prompts.sources import Source, sources, speak, unused_recordings
from ivrd.errors import OutsideError
from ivrd.settings.site import PromptBuild

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a build did. Names are <language>/<key>."""

    built: list[str]
    kept: list[str]  #: unchanged since the last build
    removed: list[str]  #: no key needs them any more
    from_studio: list[str]  #: built or kept, from a studio recording
    unused_recordings: list[Path]  #: studio recordings of no key
    spoken_ms: int  #: length of what was built


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What a build works with."""

    prompts_dir: Path  #: holds catalogue.yaml, studio/ and build/
    bin_dir: Path  #: where the set-up puts programs that are not on PATH
    languages: Sequence[str]
    settings: PromptBuild

    @property
    def build_dir(self) -> Path:
        """Where the built files are."""
        return self.prompts_dir / "build"

    @property
    def studio_dir(self) -> Path:
        """Where studio recordings are: studio/<language>/<key>.wav."""
        return self.prompts_dir / "studio"


def build(shop: Workshop) -> Report:
    """Make what is missing or changed, remove what is not needed.

    ConfigError for a wrong catalogue. OutsideError for the first prompt that fails; files built
    before it stay, and the next build goes on from there.
    """
    with _disk_errors(shop.prompts_dir):
        plan = _plan(shop)
        changed = plan.changed()
        spoken_ms = _make(shop, plan, changed)
        removed = _remove_others(shop.build_dir, set(plan.marks))
        studio.note(shop.studio_dir, plan.wanted)
        manifest = {name: m for name, m in plan.manifest.items() if name in plan.marks}
        if manifest != plan.manifest:
            _write_manifest(shop.build_dir, manifest)
    built = {s.name for s in changed}
    return Report(
        built=[s.name for s in changed],
        kept=[s.name for s in plan.wanted if s.name not in built],
        removed=removed,
        from_studio=[s.name for s in plan.wanted if s.studio],
        unused_recordings=unused_recordings(plan.texts, shop.languages, shop.studio_dir),
        spoken_ms=spoken_ms,
    )


def outdated(shop: Workshop) -> list[str]:
    """Names of files that the next build would make anew, missing ones included."""
    with _disk_errors(shop.prompts_dir):
        return [s.name for s in _plan(shop).changed()]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What there should be, and what there was after the last build."""

    build_dir: Path
    texts: Catalogue
    wanted: list[Source]
    marks: dict[str, str]  #: name -> fingerprint that its file should have
    manifest: dict[str, str]  #: name -> fingerprint that its file has

    def changed(self) -> list[Source]:
        """What has to be made anew."""
        return [
            s
            for s in self.wanted
            if self.manifest.get(s.name) != self.marks[s.name]
            or not (self.build_dir / f"{s.name}.wav").is_file()
        ]


def _plan(shop: Workshop) -> _Plan:
    texts = catalogue.load(shop.prompts_dir / catalogue.FILE, shop.languages)
    wanted = sources(texts, shop.languages, shop.studio_dir)
    command, loudness_dbfs = shop.settings.command, shop.settings.loudness_dbfs
    return _Plan(
        build_dir=shop.build_dir,
        texts=texts,
        wanted=wanted,
        marks={s.name: s.fingerprint(command, loudness_dbfs) for s in wanted},
        manifest=_read_manifest(shop.build_dir),
    )


def _make(shop: Workshop, plan: _Plan, changed: Sequence[Source]) -> int:
    """Build ``changed`` on all processors, noting each in the manifest; total length in ms."""
    if not changed:
        return 0
    sox = audio.find_sox(shop.bin_dir)
    for language in {s.language for s in changed}:
        (shop.build_dir / language).mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="ivrd-prompts-") as scratch,
        ThreadPoolExecutor(os.cpu_count() or 1) as pool,
    ):
        jobs = {pool.submit(_make_one, shop, sox, s, Path(scratch)): s.name for s in changed}
        try:
            wait(jobs, return_when=FIRST_EXCEPTION)
        finally:  # on Ctrl-C too: begin no further prompt, keep what is done
            pool.shutdown(cancel_futures=True)
            plan.manifest.update((n, plan.marks[n]) for job, n in jobs.items() if _succeeded(job))
            _write_manifest(shop.build_dir, plan.manifest)
        failed = [job for job in jobs if not job.cancelled() and job.exception()]
        return sum(job.result() for job in failed or jobs)  # result() raises what failed


def _succeeded(job: Future[int]) -> bool:
    return not job.cancelled() and job.exception() is None


def _make_one(shop: Workshop, sox: str, source: Source, scratch: Path) -> int:
    """Build one file; its length in ms."""
    raw = source.studio
    if raw is None:
        raw = scratch / f"{source.language}-{source.key}.wav"
        speak(source, shop.settings.command, shop.bin_dir, raw)
    return audio.convert(
        raw,
        shop.build_dir / f"{source.name}.wav",
        sox=sox,
        loudness_dbfs=shop.settings.loudness_dbfs,
        margins=source.margins,
        what=f"prompt {source.key!r} in {source.language!r}",
    )


def _remove_others(build_dir: Path, names: set[str]) -> list[str]:
    """Remove audio that no key needs, and what an interrupted build left."""
    removed = []
    for path in sorted(build_dir.glob("*/*")):
        name = f"{path.parent.name}/{path.stem}"
        if path.suffix == ".partial":
            path.unlink()
        elif path.suffix == ".wav" and name not in names:
            path.unlink()
            removed.append(name)
    return removed


def _read_manifest(build_dir: Path) -> dict[str, str]:
    """Fingerprints of the last build; {} when it is missing or damaged: all is built anew."""
    try:
        data = json.loads((build_dir / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {}


def _write_manifest(build_dir: Path, manifest: dict[str, str]) -> None:
    build_dir.mkdir(parents=True, exist_ok=True)
    partial = build_dir / f"{MANIFEST}.partial"
    partial.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(build_dir / MANIFEST)


@contextlib.contextmanager
def _disk_errors(prompts_dir: Path) -> Iterator[None]:
    """A full or read-only disk, or an unreadable recording, is said in one line."""
    try:
        yield
    except OSError as exc:
        raise OutsideError(f"prompts in {prompts_dir} cannot be built: {exc}") from exc
