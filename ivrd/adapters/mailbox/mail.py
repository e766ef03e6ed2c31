"""PURE: the e-mail that announces a message. The audio stays in the mailbox's directory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from email.message import EmailMessage

from ivrd.ports import Letter


def announce(letter: Letter, path: str, sender: str, to: Iterable[str], zone: dt.tzinfo) -> EmailMessage:
    """``path``: of the message below its mailbox's directory."""
    left = dt.datetime.fromtimestamp(letter.left_at, zone)
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Subject"] = f"Pesan suara / voice message: {letter.box}, {left:%Y-%m-%d %H:%M}"
    number = "".join(c for c in letter.number if c.isprintable()) or "-"
    mail.set_content(
        f"{letter.box}\n{left:%Y-%m-%d %H:%M:%S %Z}\n{number} ({letter.language})\n"
        f"{letter.duration_ms / 1000:.0f} s\n{path}\n"
    )
    return mail
