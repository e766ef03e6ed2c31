"""``ivrd drain`` of a daemon that serves nobody, of one that is starting, and of none."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from ivrd import cli
from ivrd.adapters.journal import FileJournal
from ivrd.daemon import course
from rig.process import Child
from rig.site import SitePaths
from rig.tools import REPOSITORY


def state_of(site: SitePaths) -> Path:
    """The state directory."""
    return site.loaded.path(site.loaded.site.paths.state)


def drain(site: SitePaths, *words: str) -> int:
    """The command, in this process."""
    return cli.main(["--config", str(site.config), "drain", *words])


def test_there_is_nothing_to_drain(site: SitePaths, capsys: pytest.CaptureFixture[str]) -> None:
    assert drain(site) == 1
    assert f"no ivrd runs with the state directory {state_of(site)}" in capsys.readouterr().err


def test_who_has_not_said_that_it_can_be_asked_is_left_alone(
    site: SitePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be ended by a signal that it does not know; here that would be this process."""
    journal = FileJournal(state_of(site))
    journal.load()
    try:
        assert drain(site) == 1
    finally:
        journal.close()
    assert "is just starting, or an older version" in capsys.readouterr().err


async def test_without_calls_and_without_asterisk_it_ends_at_once(
    site: SitePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = [sys.executable, "-m", "ivrd", "--config", site.config, "run"]
    child = Child("ivrd", argv, site.logs / "ivrd.log", cwd=REPOSITORY)
    await child.start()

    async def can_be_asked() -> bool:
        return (told := course.read(state_of(site))) is not None and told.stage == course.STARTING

    await child.until(can_be_asked, 30)
    assert await asyncio.to_thread(drain, site, "--wait-s", "30") == 0
    assert f"ivrd (process {child.pid if child.running else ''}" in capsys.readouterr().out
    assert await child.wait(10) == 0
    last = course.read(state_of(site))
    assert last is not None
    assert (last.stage, last.calls) == (course.STOPPED, 0)
    assert '"drain"' in (state_of(site) / "audit.jsonl").read_text()


def test_a_course_that_cannot_be_written_or_read_is_none(tmp_path: Path) -> None:
    course.CourseLog(tmp_path / "missing").tell(course.SERVING)
    assert course.read(tmp_path) is None
    (tmp_path / course.FILE).write_text("{")
    assert course.read(tmp_path) is None
