"""What the outside may answer in a rehearsal: only what it could answer the daemon."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ivrd.core.ivr.orders import CheckSecret, FetchHttp, Order, RecordMessage
from ivrd.core.ivr.walk import TIMEOUT, Scalar
from ivrd.settings.load import suggest

#: outcome of calling somebody -> Q.850 cause of the leg that says so (0: it is picked up)
DIALLED = {"answered": 0, "busy": 17, "no_answer": 19, "failed": 38}
#: every outcome that there is
OUTCOMES = tuple(
    dict.fromkeys([*FetchHttp.outcomes, *CheckSecret.outcomes, *RecordMessage.outcomes, *DIALLED, TIMEOUT])
)


def wrong(order: Order, outcome: str, values: Mapping[str, Scalar]) -> str:
    """Why this cannot be the answer, in words; "" when it can."""
    if fault := not_one_of(outcome, (*order.outcomes, TIMEOUT), _asked(order)):
        return fault
    wanted = _wanted(order, outcome)
    if unknown := [name for name in values if name not in wanted]:
        hint = suggest(unknown[0], wanted) or (f"it gives: {', '.join(wanted)}" if wanted else "it gives no values")
        return f"{_asked(order)} with {outcome!r} gives no {unknown[0]!r}: {hint}"
    if missing := [name for name in wanted if name not in values]:
        return f"{_asked(order)} with {outcome!r} gives {', '.join(wanted)}; missing: {', '.join(missing)}"
    if isinstance(order, RecordMessage) and outcome == "recorded":
        seconds = values["duration_s"]
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= order.max_s:
            return f"a recording takes 0 to {order.max_s} seconds, not {seconds!r}"
    return ""


def not_one_of(outcome: str, outcomes: Collection[str], what: str) -> str:
    """Why ``outcome`` cannot be what came of it; "" when it can."""
    if outcome in outcomes:
        return ""
    return f"{what} never ends with {outcome!r}: {suggest(outcome, outcomes) or 'it ends with ' + ', '.join(outcomes)}"


def takes_s(order: Order, values: Mapping[str, Scalar]) -> float:
    """How long it takes: a recording as long as it is, all else no time."""
    return float(values.get("duration_s", 0)) if isinstance(order, RecordMessage) else 0.0


def _wanted(order: Order, outcome: str) -> tuple[str, ...]:
    if isinstance(order, FetchHttp) and outcome == "ok":
        return tuple(order.save)
    return ("duration_s",) if isinstance(order, RecordMessage) and outcome == "recorded" else ()


def _asked(order: Order) -> str:
    return f"the service {order.service!r}" if isinstance(order, FetchHttp) else "a recording"
