"""Erlang B and C, the M/M/n/n and M/M/n queues.

Source: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
telephone exchanges" (1917); in today's words R. B. Cooper, "Introduction to Queueing Theory" (2nd ed. 1981),
3.3 and 3.4. ``load``: erlangs, arrivals a second times seconds of handling.
"""

from __future__ import annotations

import math


def erlang_b(servers: int, load: float) -> float:
    """Share of calls that find all ``servers`` busy and are lost.

    By the recurrence B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1: every step adds and divides positive numbers,
    so nothing overflows or cancels, however many servers there are.
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Share of calls that must wait, when all do: C = n B / (n - a (1 - B)). 1 when the load is too much."""
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def answered_within(servers: int, load: float, handling_s: float, within_s: float) -> float:
    """Share of calls answered within ``within_s``: 1 - C exp(-(n - a) t / handling). 0 when the load is too much."""
    if load >= servers:
        return 0.0
    return 1 - erlang_c(servers, load) * math.exp(-(servers - load) * within_s / handling_s)


def mean_wait_s(servers: int, load: float, handling_s: float) -> float:
    """Average speed of answer, those included who do not wait: C handling / (n - a). Infinite under too much load."""
    if load >= servers:
        return math.inf
    return erlang_c(servers, load) * handling_s / (servers - load)
