"""The second process: it waits beside the leader, ready, and takes over when the leader is gone (ADR 81)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from ivrd.adapters.journal import Beat, StateLock
from ivrd.adapters.systemd import Notifier

_log = structlog.get_logger(__name__)

FILE = "standby"  #: held shared by whoever waits
LOOK_EVERY_S = 0.05
#: as long as systemd's watchdog; the leader beats twice a second
FROZEN_AFTER_S = 5.0
#: the watchdog, which is on since we said that we wait, must let us replay the journal
START_S = 60.0


class Pulse:
    """How long a leader that did beat has not, in time in which we were awake ourselves.

    A machine that was paused, or so busy that we did not run either, says nothing about the leader. One that has never
    beaten is starting: how long that takes is not ours to judge.
    """

    def __init__(self) -> None:
        self._last: Beat | None = None
        self._has_beaten = False
        self._still_s = 0.0

    def look(self, beat: Beat | None, passed_s: float) -> float:
        """``beat``: the newest sign of life. ``passed_s``: since the last look."""
        if beat is None or beat != self._last:
            same = beat is not None and self._last is not None and beat.pid == self._last.pid
            self._has_beaten, self._last, self._still_s = same, beat, 0.0
        elif self._has_beaten:
            self._still_s += min(passed_s, 2 * LOOK_EVERY_S)
        return self._still_s


class Standby:
    """Waits for the lock. Blocks: there is nothing else to do meanwhile."""

    def __init__(self, lock: StateLock, notifier: Notifier, frozen_after_s: float = FROZEN_AFTER_S) -> None:
        self._lock, self._notifier, self._frozen_after_s = lock, notifier, frozen_after_s
        self._pulse = Pulse()
        self._leader = 0
        self._gave_up_on = 0

    def wait(self) -> bool:
        """Returns when the lock is ours; whether it had to be waited for. OSError: the state directory is of no use."""
        if self._lock.take():
            return False
        with _announced(self._lock.directory), _quiet():
            self._notifier.ready()
            looked = time.monotonic()
            while not self._lock.take():
                self._notifier.watchdog()
                now = time.monotonic()
                self._look(now - looked)
                looked = now
                time.sleep(LOOK_EVERY_S)
        self._notifier.watchdog_waits(START_S)
        _log.info("taking over", from_process=self._leader)
        return True

    def _look(self, passed_s: float) -> None:
        beat = self._lock.seen()
        if beat is not None and beat.pid != self._leader:
            self._leader = beat.pid
            self._notifier.status(f"standing by: process {beat.pid} leads")
            _log.info("standing by", leader=beat.pid)
        still_s = self._pulse.look(beat, passed_s)
        if not still_s:
            self._gave_up_on = 0
        if beat is not None and still_s >= self._frozen_after_s and beat.pid != self._gave_up_on:
            self._end(beat.pid, still_s)
            self._gave_up_on = beat.pid

    def _end(self, pid: int, still_s: float) -> None:
        """A frozen leader is killed: it can give no order afterwards, and the kernel has its lock back."""
        try:
            with _process(pid) as process:
                if self._lock.proven() != pid:
                    raise PermissionError("the process of that number here is another one (is it in a container?)")
                os.utime(self._lock.directory / FILE)  # when the disk takes nothing, not the leader is at fault
                signal.pidfd_send_signal(process, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has just ended
        except OSError as exc:
            _log.error("the leader does not move, and cannot be ended", leader=pid, for_s=round(still_s, 1), error=str(exc))
        else:
            _log.error("the leader was frozen: ended", leader=pid, for_s=round(still_s, 1))


def waits(state: Path) -> bool:
    """Whether a standby waits there."""
    try:
        file = os.open(state / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


@contextlib.contextmanager
def _announced(state: Path) -> Iterator[None]:
    """`ivrd drain --handover` sees that somebody waits."""
    file = os.open(state / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield
    finally:
        os.close(file)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Told to stop, end without ado; a reload is no matter: the configuration is read when we take over."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGHUP, before[1])


@contextlib.contextmanager
def _process(pid: int) -> Iterator[int]:
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
