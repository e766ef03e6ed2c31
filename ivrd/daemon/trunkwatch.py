"""Asterisk is to be registered with the carrier (``trunk.kind: register``): while it is not, no call comes, and nothing else would say so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ivrd.daemon.alarms import Alarms
from ivrd.errors import SwitchError
from ivrd.settings.site import Trunk

LOOK_EVERY_S = 5.0
#: a registration that is being renewed, or made at Asterisk's start, is no trouble
LOOKS = 2
_REGISTERED = "Registered"
_HINT = "nobody can call until it is: `asterisk -rx 'pjsip show registrations'`; the user is asterisk.trunk.user, the password the secret `trunk`"


class TrunkWatch:
    """``run`` until cancelled. ``registration``: AmiClient's."""

    def __init__(self, trunk: Trunk, registration: Callable[[], Awaitable[str]], alarms: Alarms) -> None:
        self._trunk, self._registration, self._alarms = trunk, registration, alarms
        self._wrong = 0

    async def run(self) -> None:
        """Look every few seconds; a trunk that registers nowhere is not looked at."""
        while self._trunk.kind == "register":
            try:
                self.seen(await self._registration())
            except SwitchError:  # Asterisk is away: alert `asterisk` says so, and it registers anew when it is back
                self._wrong = 0
            await asyncio.sleep(LOOK_EVERY_S)

    def seen(self, status: str) -> None:
        """What Asterisk says now."""
        if status == _REGISTERED:
            self._wrong = 0
            self._alarms.clear("trunk")
            return
        self._wrong += 1
        if self._wrong >= LOOKS:
            said = status or "no registration is configured: run `ivrd asterisk-config`"
            self._alarms.raise_("trunk", f"Asterisk is not registered with the carrier at {self._trunk.server}: {said}", _HINT)
