"""Results of simulations, as data for programs and as tables for people."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from ivrd.simulation import plot
from ivrd.simulation.estimate import Estimate
from ivrd.simulation.result import Result, compared

#: measure -> its title, how it is shown, and its unit
_SHOWN = {
    "service_level": ("Answered in time", 100, "%"),
    "answer_s": ("Average speed of answer", 1, "s"),
    "abandoned": ("Hung up while waiting", 100, "%"),
    "diverted": ("Sent elsewhere", 100, "%"),
    "success": ("Answered (SCR)", 100, "%"),
    "blocked": ("No channel free", 100, "%"),
    "occupancy": ("Occupancy", 100, "%"),
    "handling_s": ("Handling time", 1, "s"),
}
_OF_QUEUES = ("service_level", "answer_s", "abandoned", "handling_s", "occupancy")
#: the goal: skills may cost so much of the service level
PRICE = 0.03


def told(results: list[Result]) -> tuple[dict[str, Any], str]:
    """One centre: the whole, queues, agents, and the day as a plot."""
    result = results[0]
    whole, queues, agents = result.whole(), result.queues(), result.agents()
    offered = result.offered(lambda day: day.queues)
    data = {
        **_about(result),
        "whole": _plain(whole),
        "queues": {q: {"offered_a_day": offered[q], **_plain(m)} for q, m in queues.items()},
        "agents": {a: {"occupancy": _pair(e)} for a, e in agents.items()},
        "half_hours": {h: _plain(m) for h, m in result.half_hours().items()},
    }
    words = [
        _table(("", "", "+/-"), ([_title(m), *_cells(m, whole[m])] for m in _SHOWN)),
        _table(
            ("Queue", "Calls a day", *(h for m in _OF_QUEUES for h in (_title(m), "+/-"))),
            ([q, f"{offered[q]:.1f}", *(c for m in _OF_QUEUES for c in _cells(m, e[m]))] for q, e in queues.items()),
        ),
        _table(("Agent", "Occupancy %", "+/-"), ([a, *_cells("occupancy", e)] for a, e in agents.items())),
        plot.text(result),
    ]
    return data, "\n\n".join(words)


def comparison(results: list[Result]) -> tuple[dict[str, Any], str]:
    """Two centres on the same callers: what the second makes of each measure, and whether that is more than chance."""
    one, other = results
    first, second, differ = one.whole(), other.whole(), compared(one, other)
    data = {
        "a": {**_about(one), "whole": _plain(first)},
        "b": {**_about(other), "whole": _plain(second)},
        "difference": _plain(differ),
    }
    rows = (
        [_title(m), *_cells(m, first[m]), *_cells(m, second[m]), *_cells(m, differ[m], "+"), "yes" if _sure(differ[m]) else ""]
        for m in _SHOWN
    )
    table = _table(("", f"A: {one.name}", "+/-", f"B: {other.name}", "+/-", "B - A", "+/-", "Sure"), rows)
    return data, table


def prices(results: list[Result]) -> tuple[dict[str, Any], str]:
    """Shipped, pooled, app_queue: service level, and how far below the pooled bound."""
    bound = results[1]
    below = {r.name: compared(bound, r)["service_level"] for r in results if r is not bound}
    ours = compared(bound, results[0])["service_level"].value
    data = {
        "results": [{**_about(r), "whole": _plain(r.whole())} for r in results],
        "below_pooled": {name: _pair(e) for name, e in below.items()},
        "goal": PRICE,
        "kept": ours is not None and -ours <= PRICE,
    }
    shown = ("service_level", "answer_s", "abandoned", "occupancy")
    rows = (
        [r.name, *(c for m in shown for c in _cells(m, r.whole()[m])), *(_cells("service_level", below[r.name], "+") if r.name in below else ("-", "-"))]
        for r in results
    )
    table = _table(("", *(h for m in shown for h in (_title(m), "+/-")), "To pooled", "+/-"), rows)
    verdict = "kept" if data["kept"] else "missed"
    return data, f"{table}\n\nprice of skills: {-(ours or 0) * 100:.1f} points of service level; goal: at most {PRICE * 100:g}: {verdict}"


def _about(result: Result) -> dict[str, Any]:
    return {"name": result.name, "days": len(result.days), "calls": result.calls, "took_s": round(result.took_s, 3), "times_faster": round(result.faster)}


def _plain(measures: Mapping[str, Estimate]) -> dict[str, Any]:
    return {m: _pair(e) for m, e in measures.items()}


def _pair(estimate: Estimate) -> dict[str, float | None]:
    return {"value": estimate.value, "half": estimate.half}


def _title(measure: str) -> str:
    title, _, unit = _SHOWN[measure]
    return f"{title} {unit}"


def _cells(measure: str, estimate: Estimate, sign: str = "") -> tuple[str, str]:
    factor = _SHOWN[measure][1]
    value = "-" if estimate.value is None else f"{estimate.value * factor:{sign}.1f}"
    return value, "-" if estimate.half is None or estimate.value is None else f"{estimate.half * factor:.1f}"


def _sure(estimate: Estimate) -> bool:
    return estimate.value is not None and estimate.half is not None and abs(estimate.value) > estimate.half > 0


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    table = Table(box=None, header_style="", pad_edge=False)
    for i, title in enumerate(titles):
        table.add_column(title, justify="left" if i == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    out = io.StringIO()
    Console(file=out, width=1000).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
