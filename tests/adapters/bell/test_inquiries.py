"""`ivrd why` asks about a call under way at a socket in the state directory: no token, no port, and nobody from outside."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from ivrd.adapters.bell import Inquiries, ask, inquiries
from ivrd.core.acd.decision import Decision

OFFERED = Decision(at=12.5, what="offered", queue="kbli", agent="101", scores={"101": [0.0, -3.0]}, passed={"talking": ["102"]})


def known(call: str) -> Sequence[Decision]:
    return (OFFERED,) if call == "100.1" else ()


async def asked(state: Path, call: str) -> list[Decision]:
    return await asyncio.to_thread(ask, state, call)


async def test_decisions_come_as_they_are(tmp_path: Path) -> None:
    at = Inquiries(tmp_path, known)
    assert await asked(tmp_path, "100.1") == []  # no daemon
    await at.open()
    await at.open()  # it is there
    assert await asked(tmp_path, "100.1") == [OFFERED]
    assert await asked(tmp_path, "100.2") == []
    await at.close()
    await at.close()
    assert await asked(tmp_path, "100.1") == []


async def test_the_next_leader_answers_in_place_of_the_former(tmp_path: Path) -> None:
    former, later = Inquiries(tmp_path, lambda _: ()), Inquiries(tmp_path, known)
    await former.open()
    await later.open()
    await former.close()
    assert await asked(tmp_path, "100.1") == [OFFERED]
    await later.close()
    assert [file.name for file in tmp_path.iterdir()] == [inquiries.FILE]


@pytest.mark.parametrize("call", ["", "x" * 100_000, "\udcff", "100.2\n100.1"])
async def test_nonsense_is_no_call(tmp_path: Path, call: str) -> None:
    at = Inquiries(tmp_path, known)
    await at.open()
    assert await asked(tmp_path, call) == []
    assert await asked(tmp_path, "100.1") == [OFFERED]
    await at.close()


async def test_who_says_nothing_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiries, "WITHIN_S", 0.05)
    at = Inquiries(tmp_path, known)
    await at.open()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(tmp_path / inquiries.FILE))
        silent.settimeout(10)
        assert await asyncio.to_thread(silent.recv, 1) == b""
    await at.close()


@pytest.mark.parametrize("answer", [b"", b"[", b"{}", b'[{"strange": 1}]', b"[1]", b"\xff"])
async def test_what_another_version_says_is_nothing(tmp_path: Path, answer: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / inquiries.FILE))
        other.listen()

        def answers() -> None:
            caller, _ = other.accept()
            with caller:
                caller.recv(100)
                caller.sendall(answer)

        told, _ = await asyncio.gather(asked(tmp_path, "100.1"), asyncio.to_thread(answers))
    assert told == []


async def test_nobody_but_its_own_users_reaches_it(tmp_path: Path) -> None:
    at, before = Inquiries(tmp_path, known), os.umask(0)
    try:
        await at.open()
    finally:
        os.umask(before)
    assert (tmp_path / inquiries.FILE).stat().st_mode & 0o777 == 0o770
    await at.close()
