"""A demo that breaks off says what was kept and what broke it, and does not end with 0. No part of it is real here."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

import pytest
from rich.console import Console

from ivrd.errors import StartError
from rig import demo
from rig.call import CallRefused
from rig.promises import Promises
from rig.story import Story
from rig.tools import RigError


class Part:
    """In place of the stack, the wall, the phones."""

    wallboard_password = ""
    mark = 0
    heard = ()

    def __init__(self, *_: object) -> None: ...

    async def __aenter__(self) -> Part:
        return self

    async def __aexit__(self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None) -> None: ...


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    site = SimpleNamespace(loaded=SimpleNamespace(site=SimpleNamespace(mqtt=SimpleNamespace(port=0))), registrar="")
    monkeypatch.setattr(demo, "_PLACE", tmp_path)
    monkeypatch.setattr(demo, "make_site", lambda *_, **__: site)
    for part in ("Stack", "Wall", "Phones"):
        monkeypatch.setattr(demo, part, Part)
    return Console(record=True, width=300, file=io.StringIO())


def spoil(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Two promises are told of, then the story breaks."""

    async def play(story: Any) -> None:
        promises: Promises = story._promises
        promises.check("four agents log in", True)
        promises.check("who waits hears music", False)
        await asyncio.sleep(0)  # as in the real one, the table is being shown
        raise error

    monkeypatch.setattr(Story, "play", play)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RigError("the tone [440] was not heard"), "the tone [440] was not heard"),
        (CallRefused("503 Service Unavailable"), "503 Service Unavailable"),
        (TimeoutError(), "TimeoutError"),
        (AssertionError("agent 105 is away"), "agent 105 is away"),
        (StartError("the store is away"), "the store is away"),
    ],
)
async def test_a_step_that_fails_is_told_in_a_line(
    console: Console, monkeypatch: pytest.MonkeyPatch, error: BaseException, told: str
) -> None:
    spoil(monkeypatch, error)
    assert await demo._main(console) == 1
    *before, last = console.export_text().splitlines()
    assert before[-2:] == ["kept   four agents log in", "BROKEN who waits hears music"]
    assert last.startswith("The demo broke off after 0 s: ")
    assert told in last
    assert last.endswith("/var/log")


async def test_a_table_that_cannot_be_drawn_is_not_hidden(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of ours keeps its traceback, and is no group of one."""

    async def show(*_: object) -> None:
        raise ZeroDivisionError

    async def play(_: Story) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(demo, "_show", show)
    monkeypatch.setattr(Story, "play", play)
    with pytest.raises(ZeroDivisionError):
        await demo._main(console)
