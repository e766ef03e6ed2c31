"""The sd_notify protocol: one datagram a message, see sd_notify(3)."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """Speaks to the service manager of ``environ``; does nothing without NOTIFY_SOCKET.

    Never raises and never blocks: a service must not fail because its manager does not listen.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog_usec = environ.get("WATCHDOG_USEC", "")
        #: how often ``watchdog`` must be called at least; None when nobody watches
        self.watchdog_interval_s = _watchdog_interval_s(environ)

    def ready(self) -> None:
        """Started, or done reloading."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Draining or stopping."""
        self._send("STOPPING=1")

    def reloading(self) -> None:
        """Reading the configuration again; ``ready`` follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def watchdog(self) -> None:
        """The event loop turns."""
        self._send("WATCHDOG=1")

    def watchdog_waits(self, seconds: float | None = None) -> None:
        """From now on it bites after so long; None: as the unit says."""
        if self.watchdog_interval_s is not None:
            self._send(f"WATCHDOG_USEC={self._watchdog_usec if seconds is None else int(seconds * 1_000_000)}")

    def status(self, text: str) -> None:
        """What `systemctl status` shows; one line."""
        self._send(f"STATUS={' '.join(text.split())}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(message.encode(), self._address)


def _watchdog_interval_s(environ: Mapping[str, str]) -> float | None:
    """Half of what systemd allows, as sd_watchdog_enabled(3) advises."""
    microseconds, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (pid and pid != str(os.getpid())):
        return None
    return int(microseconds) / 2_000_000
