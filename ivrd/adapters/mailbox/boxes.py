"""Boxes: deliver a message once: into its directory, and as e-mail to whoever wants to know."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import re
import smtplib
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path

from ivrd.adapters.mailbox import mail
from ivrd.errors import OutsideError
from ivrd.ports import Letter, LetterSeal
from ivrd.settings.site import Box, Smtp

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


class Boxes:
    """ports.Mailboxes. ``place``: makes a relative directory of the settings absolute."""

    def __init__(
        self,
        boxes: Mapping[str, Box],
        smtp: Smtp,
        zone: dt.tzinfo,
        place: Callable[[Path], Path],
        seal: LetterSeal | None = None,
    ) -> None:
        """``seal``: None writes plain files."""
        self._seal = seal
        self._boxes, self._smtp, self._zone, self._place = boxes, smtp, zone, place

    def find(self, letter: Letter) -> str | None:
        """The path of a message that was delivered before; None when it was not. Blocks. OutsideError: no such box, or it cannot be looked into."""
        found = self._found(letter)
        return str(found) if found else None

    def size_bytes(self, letter: Letter) -> int:
        """Of a message that was delivered before. Blocks. OutsideError."""
        found = self._found(letter) or self._target(letter)
        with _looked_into(found.parent):
            size = found.stat().st_size
        return self._seal.plain_bytes(size) if self._seal and found.suffix == self._seal.suffix else size

    async def deliver(self, letter: Letter, audio: bytes) -> str:
        """Write the message; its path. When this returns it is on disk under its final name. OutsideError."""
        target = self._target(letter)
        if self._seal:
            day = f"{self._left(letter):%Y-%m-%d}"
            audio, target = await asyncio.to_thread(self._seal.seal, day, audio), self._sealed(target, self._seal)
        try:
            await asyncio.to_thread(_write, target, audio)
        except OSError as exc:
            raise OutsideError(f"cannot write the message {target}: {exc.strerror}") from exc
        return str(target)

    async def announce(self, letter: Letter, path: str) -> None:
        """Tell by e-mail those who want to know, if any. OutsideError when the server does not take it."""
        box = self._boxes[letter.box]
        if not box.mail or not self._smtp.host:
            return
        message = mail.announce(letter, path, self._smtp.sender, box.mail, self._zone)
        try:
            await asyncio.to_thread(self._send, message)
        except (OSError, smtplib.SMTPException) as exc:
            raise OutsideError(f"e-mail by {self._smtp.host}:{self._smtp.port}: {type(exc).__name__}") from exc

    def _send(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self._smtp.host, self._smtp.port, timeout=self._smtp.timeout_s) as server:
            server.send_message(message)

    def _target(self, letter: Letter) -> Path:
        box = self._boxes.get(letter.box)
        if box is None:
            raise OutsideError(f"there is no mailbox {letter.box!r} any more")
        if not _NAME.fullmatch(letter.message):
            raise OutsideError(f"{letter.message!r} is not a name for a message")
        return self._place(box.directory) / f"{self._left(letter):%Y%m%d-%H%M%S}_{letter.message}.wav"

    def _left(self, letter: Letter) -> dt.datetime:
        return dt.datetime.fromtimestamp(letter.left_at, self._zone)

    def _found(self, letter: Letter) -> Path | None:
        """The file, sealed or not: the setting may have been changed since."""
        target = self._target(letter)
        names = [target, self._sealed(target, self._seal)] if self._seal else [target]
        with _looked_into(target.parent):
            return next((path for path in names if path.exists()), None)

    @staticmethod
    def _sealed(target: Path, seal: LetterSeal) -> Path:
        return target.with_name(target.name + seal.suffix)


@contextlib.contextmanager
def _looked_into(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:  # no right to, a disk that fails, a server that has gone
        raise OutsideError(f"cannot look into the mailbox {directory}: {exc.strerror}") from exc


def _write(target: Path, audio: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as out:
            out.write(audio)
            out.flush()
            os.fchmod(out.fileno(), 0o640)
            os.fsync(out.fileno())
        part.replace(target)
    except OSError:  # a full disk: half a message must not stay
        part.unlink(missing_ok=True)
        raise
    fd = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
