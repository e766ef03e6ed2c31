"""Mailboxes: where messages of callers go (ports.Mailboxes).

    boxes.py   Boxes: a file under its final name, whole or not at all, and e-mail when there is a server
    mail.py    PURE: what an e-mail says
"""

from ivrd.adapters.mailbox.boxes import Boxes

__all__ = ["Boxes"]
