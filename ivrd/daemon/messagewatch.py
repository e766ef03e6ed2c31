"""Messages that callers left and that their mailbox does not take: they are tried again and again, and somebody should know (core/voicemails.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ivrd.core import voicemails
from ivrd.core.state import State
from ivrd.daemon.alarms import Alarms
from ivrd.ports import Clock

_HINT = (
    "see that Asterisk answers, and that ivrd may write into the mailbox's directory and has room there; each is tried again every five "
    "minutes for a day (at once after a restart of ivrd), and follows by itself"
)


class MessageWatch:
    """``look`` twice a second."""

    def __init__(self, state: Callable[[], State], alarms: Alarms, clock: Clock) -> None:
        self._state, self._alarms, self._clock = state, alarms, clock

    def look(self) -> None:
        """Raise or clear the alarm."""
        late = voicemails.late(self._state(), self._clock.now())
        if not late:
            self._alarms.clear("messages")
            return
        boxes = ", ".join(f"{box} {count}" for box, count in sorted(Counter(message.box for message in late).items()))
        self._alarms.raise_("messages", f"messages of callers are not in their mailbox ({boxes}): {late[0].problem}", _HINT)
