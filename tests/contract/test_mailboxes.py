"""What every ports.Mailboxes keeps: the fake, and directories."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ivrd.adapters.mailbox import Boxes
from ivrd.errors import OutsideError
from ivrd.ports import Letter, Mailboxes
from ivrd.settings.site import Box, Smtp
from tests.fakes.letters import FakeMailboxes

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")


def letter(box: str = "umum") -> Letter:
    return Letter(message="1764.1.message-2", call="1764.1", box=box, number="0812", language="id", left_at=1_764_000_000.0)


@pytest.fixture
def real(tmp_path: Path) -> Mailboxes:
    boxes = {"umum": Box(directory=Path("boxes/umum"))}
    return Boxes(boxes, Smtp(), WIB, lambda path: tmp_path / path)


@pytest.fixture
def fake() -> Mailboxes:
    return FakeMailboxes("umum")


@pytest.fixture(params=["fake", "real"])
def boxes(request: pytest.FixtureRequest) -> Mailboxes:
    chosen: Mailboxes = request.getfixturevalue(request.param)
    return chosen


async def test_a_message_is_found_once_it_was_delivered(boxes: Mailboxes) -> None:
    assert boxes.find(letter()) is None
    path = await boxes.deliver(letter(), b"RIFF" * 20)
    assert boxes.find(letter()) == path
    assert boxes.size_bytes(letter()) == 80
    assert await boxes.deliver(letter(), b"RIFF" * 20) == path
    await boxes.announce(letter(), path)


async def test_a_mailbox_that_was_removed_is_an_error(boxes: Mailboxes) -> None:
    with pytest.raises(OutsideError, match="no mailbox 'gone'"):
        boxes.find(letter("gone"))
    with pytest.raises(OutsideError, match="no mailbox 'gone'"):
        await boxes.deliver(letter("gone"), b"")
