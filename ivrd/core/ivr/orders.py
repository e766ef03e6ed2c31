"""What a verb can have done outside while its caller waits: one frozen dataclass an order.

The shell turns an order into I/O and answers with ``AskAnswered``: an outcome in one word, and values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Order:
    """Work for the shell. ``outcomes``: what may come of it; ``timeout`` may come of any."""

    outcomes: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, kw_only=True)
class FetchHttp(Order):
    """Ask a service (data dip). Outcomes: ok (``values`` has what ``save`` wants), unreachable, slow, broken
    (5xx), refused (3xx, 4xx), unusable (not the JSON that was expected), held_back (it failed too often
    just now), unknown (no such service here), lost (masked input that it was to send is gone)."""

    outcomes: ClassVar[tuple[str, ...]] = (
        "ok", "unreachable", "slow", "broken", "refused", "unusable", "held_back", "unknown", "lost",
    )  # fmt: skip

    service: str
    method: str  #: GET or POST
    path: str
    send: dict[str, bool | int | float | str]  #: GET: the query; POST: the JSON body
    save: dict[str, str]  #: variable -> JSON Pointer into the answer
    timeout_s: float  #: of one try
    tries: int
    spacing_s: float


@dataclass(frozen=True, kw_only=True)
class CheckSecret(Order):
    """Look at the last ``digits`` digits of masked input, which the core never sees, and keep them under
    ``variable`` when they are right. Outcomes: ok, wrong, lost (the process was started again meanwhile)."""

    outcomes: ClassVar[tuple[str, ...]] = ("ok", "wrong", "lost")

    variable: str
    digits: int
    check: str  #: ivr/checks.py


@dataclass(frozen=True, kw_only=True)
class RecordMessage(Order):
    """Record the caller, until #, silence or ``max_s``. Outcomes: recorded (``duration_s``, a whole
    number), failed."""

    outcomes: ClassVar[tuple[str, ...]] = ("recorded", "failed")

    box: str
    max_s: int
    silence_s: int  #: so long without a word ends it
    min_s: float  #: a shorter one is none
