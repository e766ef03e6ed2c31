"""ivrd with three ways in for a test: ``python -m rig.meddled --config DIR run``. Never part of ivrd.

    HANG      the event loop hangs while the process lives on: its other threads run, its sockets take connections
    GO_ON     it hangs no more (also by itself, after LONGEST_S)
    SET_CLOCK the machine's clock, as ivrd reads it, is set an hour forward; the next time: back
"""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from ivrd.cli import main

HANG, GO_ON, SET_CLOCK = signal.SIGRTMIN, signal.SIGRTMIN + 1, signal.SIGRTMIN + 2
SET_BY_S = 3600.0
LONGEST_S = 60.0
_LOOK_S = 0.01

_machine = time.time  # noqa: TID251  # it is the machine's clock that is set
_ahead_s = 0.0
_goes_on = False


def _hang(_signal: int, _frame: FrameType | None) -> None:
    """A signal's handler runs in the main thread, between two steps of whatever the loop does there."""
    global _goes_on
    _goes_on, until = False, time.monotonic() + LONGEST_S
    while not _goes_on and time.monotonic() < until:
        time.sleep(_LOOK_S)


def _go_on(_signal: int, _frame: FrameType | None) -> None:
    global _goes_on
    _goes_on = True


def _set_clock(_signal: int, _frame: FrameType | None) -> None:
    global _ahead_s
    _ahead_s = 0.0 if _ahead_s else SET_BY_S


def _set_up() -> None:
    time.time = lambda: _machine() + _ahead_s  # noqa: TID251
    for number, handler in ((HANG, _hang), (GO_ON, _go_on), (SET_CLOCK, _set_clock)):
        signal.signal(number, handler)


if __name__ == "__main__":
    _set_up()
    sys.exit(main())
