"""What `make run` and `make call` tell a person. No part of them is real here."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import os
import re
import signal
from pathlib import Path
from types import TracebackType

import pytest
import yaml

from ivrd.daemon.plan import calendar
from ivrd.settings.load import load
from ivrd.settings.site import Loaded
from rig import onecall, run
from rig.site import SitePaths
from rig.tools import REPOSITORY

WIB = dt.timezone(dt.timedelta(hours=7))
OPEN = dt.datetime(2026, 12, 2, 10, 0, tzinfo=WIB).timestamp()
NIGHT = dt.datetime(2026, 12, 1, 23, 45, tzinfo=WIB).timestamp()


@pytest.fixture
def shipped(site: SitePaths) -> Loaded:
    """The site, in the hours that are shipped."""
    shipped = load(REPOSITORY / "config")
    return dataclasses.replace(site.loaded, hours=shipped.hours, documents=shipped.documents)


@pytest.fixture
def at_night(shipped: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    class Night:
        def now(self) -> float:
            return NIGHT

    for module in (run, onecall):
        monkeypatch.setattr(module, "SystemClock", Night)
        monkeypatch.setattr(module, "load", lambda _: shipped)


def test_in_the_hours_it_says_until_when(site: SitePaths, shipped: Loaded) -> None:
    told = run.how_to(dataclasses.replace(site, loaded=shipped), "secret", OPEN)
    assert "Wed 02 Dec 2026 10:00 WIB: open, until 17:00\n" in told
    assert "log a phone in first (*11" in told
    assert "calendar.yaml" not in told


def test_outside_the_hours_it_says_so_and_how_to_be_served(site: SitePaths, shipped: Loaded, tmp_path: Path) -> None:
    told = run.how_to(dataclasses.replace(site, loaded=shipped), "secret", NIGHT)
    assert "Tue 01 Dec 2026 23:45 WIB: closed (outside the hours); opens again Wed 02 Dec 08:00" in told
    found = re.search(r"all the same: (open: .*) at \S+calendar\.yaml:\d+:\d+", told)
    assert found
    # what it says does what it says
    file = tmp_path / "config" / "calendar.yaml"
    file.parent.mkdir()
    for name in ("ivrd", "queues", "agents"):
        (file.parent / f"{name}.yaml").write_text((site.config / f"{name}.yaml").read_text())
    written = yaml.safe_load((REPOSITORY / "config" / "calendar.yaml").read_text()) | yaml.safe_load(found[1])
    file.write_text(yaml.safe_dump(written))
    assert calendar(load(file.parent).hours).state(NIGHT).open


class Part:
    """Lives until a test ends it."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def wait(self, _timeout_s: float) -> int:
        await self.ended.wait()
        return 0


class Stack:
    """In place of the real one."""

    wallboard_password = "secret"

    def __init__(self, *_: object) -> None:
        self.ivrd, self.asterisk, self.broker = Part(), Part(), Part()
        self.then = ""

    async def __aenter__(self) -> Stack:
        if self.then == "ctrl-c":
            os.kill(os.getpid(), signal.SIGINT)
        else:
            getattr(self, self.then).ended.set()
        return self

    async def __aexit__(self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None) -> None: ...


@pytest.mark.parametrize(
    ("then", "status", "says"),
    [
        ("ctrl-c", 0, "stopping ..."),
        ("ivrd", 1, "ivrd ended by itself"),
        ("asterisk", 1, "Asterisk ended by itself"),
        ("broker", 1, "the broker ended by itself"),
    ],
)
@pytest.mark.usefixtures("at_night")
def test_only_who_stops_it_ends_it_well(
    site: SitePaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], then: str, status: int, says: str
) -> None:
    def stack(*_: object) -> Stack:
        made = Stack()
        made.then = then
        return made

    monkeypatch.setattr(run, "Stack", stack)
    monkeypatch.setattr(run, "prepare", lambda _: site)
    assert run.main() == status
    assert capsys.readouterr().out.splitlines()[-1].startswith(says)


def test_a_faulty_file_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "REPOSITORY", tmp_path)
    monkeypatch.setattr(onecall, "REPOSITORY", tmp_path)
    for verb, main in (("run", run.main), ("call", onecall.main)):
        assert main() == 1
        told = capsys.readouterr().err
        assert told.startswith(f"make {verb}: ")
        assert "ivrd.yaml" in told


class Call:
    """One that is hung up by the other side."""

    async def talking(self) -> None: ...

    async def wait_loud(self, _s: float) -> None: ...

    async def press(self, _keys: str, *, interdigit_ms: int) -> None: ...

    async def ended(self, _timeout_s: float) -> str:
        return ""


class Phones:
    """In place of real ones."""

    def __init__(self, _registrar: str) -> None: ...

    async def __aenter__(self) -> Phones:
        return self

    async def __aexit__(self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None) -> None: ...

    async def call(self, _number: str, _as: str) -> Call:
        return Call()


@pytest.mark.usefixtures("at_night")
def test_a_call_at_night_says_why_it_was_hung_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(onecall, "Phones", Phones)
    assert onecall.main() == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert "closed (outside the hours); opens again Wed 02 Dec 08:00" in first
    assert last == "hung up by the other side: the lines are closed"
