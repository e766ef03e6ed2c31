"""Who rings is told whether ivrd is in command; from a frozen one nothing is heard, and nobody is told apart from that."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ivrd.adapters.bell import FILE, Bell, Heard, ring


async def heard(state: Path, within_s: float = 5) -> Heard:
    return await asyncio.to_thread(ring, state, within_s)


def listening(state: Path, backlog: int = 5) -> socket.socket:
    """A process that is frozen: the kernel takes connections for it."""
    bell = socket.socket(socket.AF_UNIX)
    bell.bind(str(state / FILE))
    bell.listen(backlog)
    return bell


async def test_who_rings_is_told(tmp_path: Path) -> None:
    in_command = True
    bell = Bell(tmp_path, lambda: in_command)
    assert await heard(tmp_path) is Heard.NOBODY
    await bell.hang()
    await bell.hang()  # it is there
    assert await heard(tmp_path) is Heard.IN_COMMAND
    in_command = False
    assert await heard(tmp_path) is Heard.NOT_IN_COMMAND
    await bell.take_down()
    await bell.take_down()
    assert await heard(tmp_path) is Heard.NOBODY  # the file is there, and nobody behind it
    assert (tmp_path / FILE).is_socket()


async def test_the_next_leader_hangs_its_own_and_the_former_takes_down_only_its_own(tmp_path: Path) -> None:
    former, later = Bell(tmp_path, lambda: False), Bell(tmp_path, lambda: True)
    await former.hang()
    await later.hang()
    assert await heard(tmp_path) is Heard.IN_COMMAND
    await former.take_down()
    assert await heard(tmp_path) is Heard.IN_COMMAND
    await later.take_down()
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


async def test_a_frozen_one_is_silent_however_often_it_was_asked(tmp_path: Path) -> None:
    with listening(tmp_path, backlog=1):
        assert [await heard(tmp_path, 0.05) for _ in range(5)] == [Heard.SILENCE] * 5  # from the third on its places are taken


@pytest.mark.parametrize("answer", [b"", b"in comm", b"\xff\n"])
async def test_one_that_dies_while_it_is_asked_is_nobody(tmp_path: Path, answer: bytes) -> None:
    with listening(tmp_path) as bell:
        asking = asyncio.to_thread(ring, tmp_path, 5)

        def dies() -> None:
            caller, _ = bell.accept()
            caller.sendall(answer)
            caller.close()

        told, _ = await asyncio.gather(asking, asyncio.to_thread(dies))
    assert told is Heard.NOBODY


async def test_who_has_gone_away_is_answered_for_nothing(tmp_path: Path) -> None:
    """As after a thaw: many rang meanwhile."""
    bell = Bell(tmp_path, lambda: True)
    await bell.hang()
    for _ in range(50):
        with socket.socket(socket.AF_UNIX) as gone:
            gone.connect(str(tmp_path / FILE))
    assert await heard(tmp_path) is Heard.IN_COMMAND
    await bell.take_down()


@pytest.mark.parametrize("strange", [lambda p: p.write_text("x"), lambda p: p.mkdir()])
async def test_what_is_in_the_way(tmp_path: Path, strange: Callable[[Path], object]) -> None:
    strange(tmp_path / FILE)
    assert await heard(tmp_path) is Heard.NOBODY


async def test_of_a_directory_with_a_long_name(tmp_path: Path) -> None:
    state = tmp_path / ("a" * 100) / ("b" * 100)
    state.mkdir(parents=True)
    bell = Bell(state, lambda: True)
    await bell.hang()
    assert await heard(state) is Heard.IN_COMMAND
    await bell.take_down()
