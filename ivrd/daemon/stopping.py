"""How the daemon was asked to stop.

    SIGTERM, SIGINT   drain; the second one: stop now
    SIGUSR1           drain; asked twice it is the same drain (`ivrd drain`)
    SIGUSR2           stop now and leave the calls to the process that waits (`ivrd drain --handover`)
"""

from __future__ import annotations

import asyncio
import signal

#: exit status of a daemon that handed over: its service manager starts it again, to wait in its turn
HANDED_OVER = 75
DRAIN, HAND_OVER = signal.SIGUSR1, signal.SIGUSR2


class Asked:
    """Set once and never taken back."""

    def __init__(self) -> None:
        self.to_stop = asyncio.Event()
        self.to_stop_now = asyncio.Event()
        self.to_hand_over = False

    def catch_signals(self) -> None:
        """From now on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(DRAIN, self.to_stop.set)
        loop.add_signal_handler(HAND_OVER, self._hand_over)

    def _stop(self) -> None:
        if self.to_stop.is_set():
            self.to_stop_now.set()
        self.to_stop.set()

    def _hand_over(self) -> None:
        self.to_hand_over = True
        self.to_stop_now.set()
        self.to_stop.set()
