"""Service level: which share of a queue's calls met an agent in time.

    answered_in_level / (answered + abandoned - short_abandoned + diverted)

Of the accepted treatments of abandoned calls ours is the strict one: who gave up, or was sent elsewhere, was not
served in time. Only short abandons (hung up within ``acd.short_abandon_s`` of joining) count neither for nor against
us: they left before anybody could have answered. A call counts on the day on which its wait ended; those still
waiting are not counted yet.
"""

from __future__ import annotations


def service_level(
    *, answered_in_level: int, answered: int, abandoned: int, short_abandoned: int, diverted: int
) -> float | None:
    """The share, 0 to 1; None when no call is there to judge by."""
    judged = answered + abandoned - short_abandoned + diverted
    return answered_in_level / judged if judged > 0 else None
