"""Expected wait: a first, honest model. Silent when there is nothing to estimate from.

With ``n`` agents who serve the queue all busy, one becomes free every ``handling / n`` seconds on
average (departures of a saturated queue with n servers, M/M/n), so the caller at position ``p``
waits about ``p * handling / n``. Agents shared with other queues make this optimistic.
"""

from __future__ import annotations

import math

#: weight of the configured handling time, in calls: today's own average takes over after about so many
PRIOR_CALLS = 10


def handling_time_s(configured_s: float, handled_s: float, handled_calls: int) -> float:
    """Average handling time (talk and wrap-up): the configured one, moved by today's own."""
    return (configured_s * PRIOR_CALLS + handled_s) / (PRIOR_CALLS + handled_calls)


def expected_wait_s(position: int, agents: int, handling_s: float) -> int | None:
    """Seconds for the caller at ``position`` (1 = next); None when no agent is logged in."""
    if agents <= 0:
        return None
    return math.ceil(position * handling_s / agents)


def spoken_minutes(wait_s: int, before: int | None) -> int:
    """Whole minutes to speak (0 = less than one), rounded up and never more than was said ``before``."""
    minutes = 0 if wait_s < 60 else math.ceil(wait_s / 60)
    return minutes if before is None else min(minutes, before)
