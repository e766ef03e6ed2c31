"""Messages of callers in memory: Asterisk's recordings of them, the mailboxes, the store."""

from __future__ import annotations

from ivrd.errors import OutsideError, SwitchError
from ivrd.ports import Letter


class FakeMessages:
    """ports.MessageRecorder. ``said``: message -> WAV, put there by a test when the caller has spoken. ``keeps``: so often nothing is dropped."""

    def __init__(self) -> None:
        self.said: dict[str, bytes] = {}
        self.orders: list[tuple[str, ...]] = []
        self.refuses = False
        self.keeps = 0

    async def record_message(self, channel: str, message: str, max_s: int, silence_s: int) -> None:
        self.orders.append(("record_message", channel, message, str(max_s), str(silence_s)))
        if self.refuses:
            raise SwitchError("record", 500)

    async def fetch_message(self, message: str) -> bytes:
        if message not in self.said:
            raise SwitchError("fetch", 404)
        return self.said[message]

    async def drop_message(self, message: str) -> None:
        self.orders.append(("drop_message", message))
        if self.keeps:
            self.keeps -= 1
            raise SwitchError("drop", 500)
        self.said.pop(message, None)


class FakeMailboxes:
    """ports.Mailboxes. ``boxes``: those there are; ``mail_fails``: nobody can be told."""

    def __init__(self, *boxes: str) -> None:
        self.boxes = boxes
        self.letters: dict[str, bytes] = {}
        self.announced: list[str] = []
        self.mail_fails = False

    def find(self, letter: Letter) -> str | None:
        if letter.box not in self.boxes:
            raise OutsideError(f"there is no mailbox {letter.box!r} any more")
        return self._path(letter) if letter.message in self.letters else None

    def size_bytes(self, letter: Letter) -> int:
        return len(self.letters[letter.message])

    async def deliver(self, letter: Letter, audio: bytes) -> str:
        self.find(letter)
        self.letters[letter.message] = audio
        return self._path(letter)

    async def announce(self, letter: Letter, path: str) -> None:
        if self.mail_fails:
            raise OutsideError("no mail today")
        self.announced.append(path)

    @staticmethod
    def _path(letter: Letter) -> str:
        return f"/{letter.box}/{letter.message}.wav"


class FakeLetters:
    """ports.LetterStore."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Letter, str]] = {}

    async def keep_letter(self, letter: Letter, path: str) -> None:
        self.kept.setdefault(letter.message, (letter, path))
