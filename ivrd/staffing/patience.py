"""M/M/n/K+M: n agents, K trunks, callers who hang up when their patience is over. Erlang A is K without end.

Source: C. Palm, "Research on telephone traffic carried by full availability groups" (1957); O. Garnett,
A. Mandelbaum, M. Reiman, "Designing a call center with impatient customers", M&SOM 4(3) (2002); the finite
number of trunks as in W. Whitt, "Engineering solution of a basic call-center model", Management Science 51(2) (2005).

A birth-death chain: with k callers in the system, arrivals at rate l while k < K, departures at rate
min(k, n)/h + max(k - n, 0)/p (h: mean handling, p: mean patience). A caller who finds j waiting ahead is served when
j + 1 departures have happened before the own patience is over; the time of the m-th is a sum of independent
exponentials whose rates go down by 1/p each, and has closed terms (``_Tail``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

#: states of less probability than this beside the likeliest one are left out of an endless queue
_NEGLIGIBLE = 1e-17
#: a queue without end and without impatience may need very many states
_MOST_STATES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Served:
    """What becomes of callers in the long run. Shares of those who got a trunk, ``blocked`` aside."""

    blocked: float  #: of all who dialled: met no free trunk
    waits: float  #: found all agents busy
    abandoned: float  #: hung up while waiting
    within: float  #: answered within the target
    answer_s: float  #: mean wait of those who were answered
    wait_s: float  #: mean wait of all, those who hung up included
    occupancy: float  #: of the agents


def served(
    agents: int, calls_per_s: float, handling_s: float, within_s: float, patience_s: float = math.inf, trunks: int | None = None
) -> Served:
    """The long run of M/M/n/K+M. ValueError when it has none (patience and trunks without end, load >= agents)."""
    leaving = 0.0 if math.isinf(patience_s) else 1 / patience_s
    if trunks is None and not leaving and calls_per_s * handling_s >= agents:
        raise ValueError(f"{calls_per_s * handling_s:g} erlangs are too much for {agents} agents, and nobody hangs up")
    share = _states(agents, calls_per_s, 1 / handling_s, leaving, trunks)
    blocked = share[trunks] if trunks is not None and trunks < len(share) else 0.0
    met = [s / (1 - blocked) for s in (share[:trunks] if trunks is not None else share)]  # by callers who got in
    waiting = list(enumerate(met[agents:]))
    queue = sum((k - agents) * s for k, s in enumerate(share) if k > agents)
    busy = sum(min(k, agents) * s for k, s in enumerate(share))
    entering = calls_per_s * (1 - blocked)
    at_once = sum(met[:agents])
    rate = agents / handling_s
    tail = _tail(rate + leaving, leaving, within_s)
    mean_s = 0.0
    within = answered = at_once
    waited = 0.0
    for j, found in waiting:
        late = next(tail)
        mean_s += 1 / (rate + (j + 1) * leaving)  # one stage more of the wait, given that it ends in an answer
        reached = rate / (rate + (j + 1) * leaving)
        within += found * reached * (1 - late)
        answered += found * reached
        waited += found * reached * mean_s
    return Served(
        blocked=blocked,
        waits=max(0.0, 1 - at_once),
        abandoned=leaving * queue / entering,
        within=within,
        answer_s=waited / answered if answered else 0.0,
        wait_s=queue / entering,
        occupancy=busy / agents,
    )


def _states(agents: int, arriving: float, ending: float, leaving: float, trunks: int | None) -> list[float]:
    """Long-run probability of 0, 1, 2, ... callers in the system; in logarithms until the end, so that nothing overflows."""
    logs, highest, k = [0.0], 0.0, 0
    while trunks is None or k < trunks:
        k += 1
        departing = min(k, agents) * ending + max(k - agents, 0) * leaving
        logs.append(logs[-1] + math.log(arriving / departing))
        highest = max(highest, logs[-1])
        falling = k > agents and arriving < departing
        if falling and logs[-1] - highest < math.log(_NEGLIGIBLE * (1 - arriving / departing)):
            break
        if k >= _MOST_STATES:
            raise ValueError("the queue has too many likely lengths to be worked out")
    weights = [math.exp(v - highest) for v in logs]
    total = math.fsum(weights)
    return [w / total for w in weights]


def _tail(rate: float, leaving: float, t: float) -> Iterator[float]:
    """P(the sum of m exponentials with rates ``rate``, ``rate + leaving``, ... is longer than ``t``), for m = 1, 2, ...

    exp(-leaving * sum) is a Beta(rate/leaving, m) variable, and its distribution grows with m by terms of one sign:
    T(0) = exp(-rate t), T(j+1) = T(j) (rate + j leaving) g / (j+1) with g = (1 - exp(-leaving t)) / leaving. For
    leaving = 0 they are Poisson's. Kept in logarithms, because T(0) is 0 for a floating-point number when n is large.
    """
    grown = -math.expm1(-leaving * t) / leaving if leaving else t
    log_term, total, j = -rate * t, 0.0, 0
    while True:
        total += math.exp(log_term) if log_term > -745 else 0.0
        yield min(1.0, total)
        log_term = log_term + math.log((rate + j * leaving) * grown / (j + 1)) if grown > 0 else -math.inf
        j += 1
