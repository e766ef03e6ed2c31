"""Messages sealed at rest: written, found again, opened by the command, and gone with their day."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from pathlib import Path

import pytest

from ivrd.adapters.mailbox import Boxes
from ivrd.adapters.recordings import KeyRing, LetterSeal
from ivrd.adapters.store import CdrStore
from ivrd.cli import main
from ivrd.errors import OutsideError
from ivrd.ports import Letter
from ivrd.settings.site import Box, Smtp

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")
LETTER = Letter(message="1764.1.message-2", call="1764.1", box="umum", number="0812", language="id", left_at=1_764_000_000.0, duration_ms=4200)
AUDIO = b"RIFF" + b"a caller's words" * 10_000
NAME = "20251124-230000_1764.1.message-2.wav"
SHIPPED = Path(__file__).parents[3]


def boxes(tmp_path: Path, seal: LetterSeal | None) -> Boxes:
    return Boxes({"umum": Box(directory=Path("umum"))}, Smtp(), WIB, lambda path: tmp_path / path, seal)


@pytest.fixture
def seal(tmp_path: Path) -> LetterSeal:
    return LetterSeal(KeyRing(tmp_path / "var" / "keys"))


async def test_what_lies_in_the_box_holds_no_word(tmp_path: Path, seal: LetterSeal) -> None:
    made = boxes(tmp_path, seal)
    path = Path(await made.deliver(LETTER, AUDIO))
    assert [p.name for p in (tmp_path / "umum").iterdir()] == [f"{NAME}.sealed"] == [path.name]
    assert b"words" not in path.read_bytes()
    assert made.find(LETTER) == str(path)
    assert made.size_bytes(LETTER) == len(AUDIO), "its length is told from it after a restart"
    assert seal.read(path) == AUDIO


async def test_a_message_from_before_the_setting_is_found_and_read(tmp_path: Path, seal: LetterSeal) -> None:
    path = await boxes(tmp_path, None).deliver(LETTER, AUDIO)
    later = boxes(tmp_path, seal)
    assert later.find(LETTER) == path
    assert later.size_bytes(LETTER) == len(AUDIO)
    assert seal.read(Path(path)) == AUDIO


async def test_without_its_days_key_it_is_lost_for_good(tmp_path: Path, seal: LetterSeal) -> None:
    path = Path(await boxes(tmp_path, seal).deliver(LETTER, AUDIO))
    KeyRing(tmp_path / "var" / "keys").destroy("2025-11-24")
    with pytest.raises(OutsideError, match="the key of 2025-11-24 is not in"):
        seal.read(path)


async def test_one_changed_byte_is_noticed(tmp_path: Path, seal: LetterSeal) -> None:
    path = Path(await boxes(tmp_path, seal).deliver(LETTER, AUDIO))
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(OutsideError, match="not what was sealed"):
        seal.read(path)


async def test_those_of_days_that_are_over_are_told_and_no_others(tmp_path: Path, seal: LetterSeal) -> None:
    path = Path(await boxes(tmp_path, seal).deliver(LETTER, AUDIO))
    for other in (NAME, "notes.wav.sealed", f".{NAME}.sealed.part"):
        (path.parent / other).write_bytes(b"x")
    assert seal.past(path.parent, "2025-11-24") == []
    assert seal.past(path.parent, "2025-11-25") == [path.with_name(NAME), path], "plain or sealed"
    seal.erase(path)
    seal.erase(path)
    assert not path.exists()


async def store_at(root: Path) -> None:
    store = CdrStore(f"sqlite:///{root}/var/state/cdr.db", WIB)
    await store.open()
    await store.close()


def test_the_command_opens_it_and_the_purge_takes_it(tmp_path: Path, seal: LetterSeal, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("config", "dialplans"):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    file = tmp_path / "config" / "ivrd.yaml"
    text = file.read_text().replace("  retention_days: 0  ", "  retention_days: 90  ")
    file.write_text(f"{text}\nvoicemail: {{encrypt: true, boxes: {{umum: {{directory: umum}}}}}}\n")
    (tmp_path / "var" / "state").mkdir(parents=True)
    asyncio.run(store_at(tmp_path))
    box = tmp_path / "umum"
    box.mkdir()
    old, young = (box / f"{day}-230000_1764.1.message-2.wav.sealed" for day in ("20200101", "99990101"))
    old.write_bytes(seal.seal("2020-01-01", AUDIO))
    young.write_bytes(seal.seal("9999-01-01", AUDIO))
    run = ["--config", str(tmp_path / "config"), "recordings"]
    assert main([*run, "message", str(old), "--out", str(tmp_path / "out")]) == 0
    opened = tmp_path / "out" / "20200101-230000_1764.1.message-2.wav"
    assert opened.read_bytes() == AUDIO
    assert opened.stat().st_mode & 0o777 == 0o600
    assert main([*run, "message", str(box / "none.wav.sealed"), "--out", str(tmp_path / "out")]) == 1
    assert main([*run, "purge"]) == 0
    assert [path.name for path in box.iterdir()] == [young.name]
    log = (tmp_path / "var" / "state").glob("audit*")
    assert "message opened" in "".join(path.read_text() for path in log)
