"""Expected wait: when will an agent be free for a caller, with those ahead served first.

Each agent who may take the call is counted as freed by ``t`` with probability F(t): certain at the end of a wrap-up, and for a
talk of age e by a lognormal handling time H that has today's mean and spread, P(H <= e + t | H > e). After that agents
are freed once a cycle (ringing and handling). N(t), the sum over agents, is what renewal theory expects of it:
N(t) = F(t) + (integral of F up to t) / cycle; for exponential times this is t / cycle exactly.

Callers ahead, of whatever queue, take of N(t) what their own agents can give: min(calls, N of those agents), in the share that
these are of all agents who may take them; those who give up on the way (exponential patience, today's rate) take nothing.
The caller's wait w is the t at which one is left; of k frees it varies like a gamma time of shape k, and who would wait
longest tends to have given up by then: those who are answered wait w / (1 + leaving rate * w / k) on average. Agents who would log in or out, and callers who come later with more
points, are not foreseen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

#: weight of the configured handling time, in calls: today's own average takes over after about so many
PRIOR_CALLS = 10
#: spread of handling times (standard deviation over mean) until today's own is known
PRIOR_CV = 0.8
#: patience of callers until today's own is known: as if so many had given up, after so long each
PRIOR_GIVEN_UP, PRIOR_PATIENCE_S = 2, 900.0
#: a phone is picked up after so long, until today's own average is known
PRIOR_RING_S = 4.0
#: nothing is estimated beyond; a longer wait is said to be this long
LONGEST_S = 4 * 3600.0
#: more agents than this are taken in samples: the outlook gets no better, only dearer
SAMPLE = 48


@dataclass(frozen=True, kw_only=True)
class Handling:
    """Talk and wrap-up of a queue's calls."""

    mean_s: float
    cv: float = PRIOR_CV
    wrap_up_s: float = 0.0  #: the end of each

    @cached_property
    def lognormal(self) -> tuple[float, float]:
        """mu and sigma of the talk."""
        talk_s = max(1.0, self.mean_s - self.wrap_up_s)
        variance = math.log1p((self.cv * self.mean_s / talk_s) ** 2)
        return math.log(talk_s) - variance / 2, math.sqrt(variance) or 1e-6


@dataclass(frozen=True, kw_only=True)
class Server:
    """An agent at work: talking for ``talked_s``, or free after ``free_in_s``."""

    kind: int
    handling: Handling
    talked_s: float | None = None
    free_in_s: float = 0.0

    def freed(self, within_s: float) -> float:
        """Probability to be free so soon."""
        if self.talked_s is None:
            return 1.0 if within_s >= self.free_in_s else 0.0
        talks_s = within_s - self.handling.wrap_up_s
        if talks_s <= 0:
            return 0.0
        still = _longer(self.handling, self.talked_s)
        return 1.0 if still <= 1e-12 else 1.0 - _longer(self.handling, self.talked_s + talks_s) / still


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """Callers who are served before, and the kinds of agents who may take them."""

    kinds: frozenset[int]
    calls: int


def wait_s(
    servers: Sequence[Server], kinds: frozenset[int], ahead: Sequence[Ahead], leaves_per_s: float, ring_s: float
) -> float | None:
    """Seconds until an agent of ``kinds`` is free for the caller; 0: one is. None: none of them is at work."""
    able = [server for server in servers if server.kind in kinds]
    if not able:
        return None
    all_of = [sum(server.kind in group.kinds for server in servers) for group in ahead]
    weight = 1.0
    if len(able) > SAMPLE:
        able, weight = able[:: len(able) // SAMPLE], len(able) / len(able[:: len(able) // SAMPLE])
    takes = [[i for i, server in enumerate(able) if server.kind in group.kinds] for group in ahead]
    shares = [weight * len(mine) / of if of else 0.0 for mine, of in zip(takes, all_of, strict=True)]
    cycles = [ring_s + server.handling.mean_s for server in able]
    needed = 1.0 + sum(share * group.calls for share, group in zip(shares, ahead, strict=True))
    step = max(0.5, needed * sum(cycles) / len(cycles) / (6 * weight * len(able)))
    area, before = [0.0] * len(able), [server.freed(0.0) for server in able]
    known = sorted({server.free_in_s for server in able if server.talked_s is None and server.free_in_s > 0})
    at = last = left = 0.0
    while True:
        freed = [server.freed(at) for server in able]
        if at > 0:
            area = [a + (was + now) / 2 * (at - last) for a, was, now in zip(area, before, freed, strict=True)]
        counts = [weight * (f + a / c) for f, a, c in zip(freed, area, cycles, strict=True)]
        was_left, left = left, sum(counts)
        stay = math.exp(-leaves_per_s * at / 2)  # of those ahead, half of the way through, on average
        for mine, share, group in zip(takes, shares, ahead, strict=True):
            left -= min(share * group.calls * stay, sum(counts[i] for i in mine))
        if left >= 1.0:
            if at == 0.0:
                return 0.0
            found = last + (at - last) * (1.0 - was_left) / (left - was_left)
            return found / (1.0 + leaves_per_s * found / needed)
        if at >= LONGEST_S:
            return LONGEST_S
        last, before = at, freed
        at, step = at + step, step * 1.15
        if known and last < known[0] < at:
            at = known.pop(0)  # a jump: the end of a wrap-up


def handling_time_s(configured_s: float, handled_s: float, handled_calls: int) -> float:
    """Average handling time (talk and wrap-up): the configured one, moved by today's own."""
    return (configured_s * PRIOR_CALLS + handled_s) / (PRIOR_CALLS + handled_calls)


def handling_cv(mean_s: float, handled_square_s: float, handled_calls: int) -> float:
    """Spread of handling times: today's own (``handled_square_s``: sum of squares), moved from the prior."""
    prior_s2 = PRIOR_CALLS * mean_s**2 * (1 + PRIOR_CV**2)
    variance = (prior_s2 + handled_square_s) / (PRIOR_CALLS + handled_calls) - mean_s**2
    return min(2.0, max(0.1, math.sqrt(max(0.0, variance)) / mean_s))


def leaves_per_s(given_up: int, waited_s: float) -> float:
    """Rate at which waiting callers give up: the maximum-likelihood one for exponential patience, moved from the prior."""
    return (PRIOR_GIVEN_UP + given_up) / (PRIOR_GIVEN_UP * PRIOR_PATIENCE_S + waited_s)


def ring_s(rung_s: float, rung: int) -> float:
    """How long a phone rings before it is picked up."""
    return (PRIOR_RING_S * PRIOR_CALLS + rung_s) / (PRIOR_CALLS + rung)


def spoken_minutes(wait_s: int, place: int) -> tuple[int, int]:
    """Least and most minutes to speak; (0, 1): less than one. The p-th of several is surer than the first: 1 / sqrt(p)."""
    spread = 0.4 / math.sqrt(max(1, place))
    if wait_s < 60:
        return 0, 1
    low, high = math.floor(wait_s * (1 - spread) / 60), math.ceil(wait_s * (1 + spread) / 60)
    return max(1, low), max(2, high)


def unsure(measured: int, error_s: float, waited_s: float) -> bool:
    """Today's expected waits were off by more than the waits themselves: better say nothing (sums over ``measured`` callers)."""
    return measured >= 20 and error_s > waited_s


def _longer(handling: Handling, talk_s: float) -> float:
    """P(talk > talk_s)."""
    if talk_s <= 0:
        return 1.0
    mu, sigma = handling.lognormal
    return 0.5 * math.erfc((math.log(talk_s) - mu) / (sigma * math.sqrt(2)))
