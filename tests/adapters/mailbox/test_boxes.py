"""Boxes on a real disk, and against a mail server of thirty lines."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from ivrd.adapters.mailbox import Boxes
from ivrd.errors import OutsideError
from ivrd.ports import Letter
from ivrd.settings.site import Box, Smtp
from rig.smalldisk import fill, small_disk
from rig.tools import RigError

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")
LETTER = Letter(
    message="1764.1.message-2", call="1764.1", box="umum", number="0812\r\nBcc: x", language="id",
    left_at=1_764_000_000.0, duration_ms=4200,
)  # fmt: skip


def boxes(tmp_path: Path, smtp: Smtp | None = None) -> Boxes:
    box = Box(directory=Path("umum"), mail=("a@example.org", "b@example.org"))
    return Boxes({"umum": box}, smtp or Smtp(), WIB, lambda path: tmp_path / path)


async def test_the_file_is_named_by_local_time_and_call_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = await boxes(tmp_path).deliver(LETTER, b"audio")
    assert [p.name for p in (tmp_path / "umum").iterdir()] == ["20251124-230000_1764.1.message-2.wav"]
    assert Path(path).read_bytes() == b"audio"
    assert Path(path).stat().st_mode & 0o777 == 0o640


async def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "umum").write_text("a file")
    with pytest.raises(OutsideError, match="cannot write the message"):
        await boxes(tmp_path).deliver(LETTER, b"audio")


def test_a_mailbox_that_cannot_be_looked_into_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File modes do not stop root."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    for look in (boxes(tmp_path).find, boxes(tmp_path).size_bytes):
        with pytest.raises(OutsideError, match=r"cannot look into the mailbox .*umum: Permission denied"):
            look(LETTER)


async def test_of_a_message_for_which_there_is_no_room_nothing_is_left_and_later_it_is_delivered(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "umum", 64) as disk:
            filler = fill(disk, leave_kb=4)
            with pytest.raises(OutsideError, match="No space left on device"):
                await boxes(tmp_path).deliver(LETTER, bytes(20_000))
            assert list(disk.iterdir()) == [filler]
            filler.unlink()
            assert Path(await boxes(tmp_path).deliver(LETTER, bytes(20_000))).read_bytes() == bytes(20_000)
    except RigError as exc:
        pytest.skip(str(exc))


async def serve_mail(use: Callable[[int], asyncio.Future[None]]) -> list[str]:
    """A mail server that takes everything; what it was told."""
    told: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            told.append(line)
            if line.upper() == "DATA":
                writer.write(b"354 go on\r\n")
                told.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            writer.write(b"221 bye\r\n" if line.upper() == "QUIT" else b"250 fine\r\n")
            if line.upper() == "QUIT":
                break
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        await use(server.sockets[0].getsockname()[1])
    return told


async def test_those_who_want_to_know_are_told_without_the_audio(tmp_path: Path) -> None:
    def announce(port: int) -> asyncio.Future[None]:
        there = boxes(tmp_path, Smtp(host="127.0.0.1", port=port, sender="ivrd@example.org"))
        return asyncio.ensure_future(there.announce(LETTER, "/boxes/x.wav"))  # noqa: TID251 - awaited at once

    told = "\n".join(await serve_mail(announce))
    assert "To: a@example.org, b@example.org" in told
    assert "2025-11-24 23:00:00 WIB" in told
    assert "0812Bcc: x (id)" in told, "a number cannot add a line"
    assert "/boxes/x.wav" in told


async def test_a_server_that_is_away_is_an_error_without_addresses(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"^e-mail by 127.0.0.1:1: ConnectionRefusedError$"):
        await boxes(tmp_path, Smtp(host="127.0.0.1", port=1)).announce(LETTER, "x")


async def test_no_server_no_mail(tmp_path: Path) -> None:
    await boxes(tmp_path).announce(LETTER, "x")
