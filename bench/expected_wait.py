"""How good expected waits are: ours and the published formulas, on the same callers at the moment of joining.

Days of seeded callers, or of those whom the store remembers, go through the real exchange (ivrd/simulation). Each caller who has to wait is
estimated by every formula when joining, and held against the wait that came. ``python -m bench.expected_wait [--days N] [--load X] [--seed N]``, or
``--recorded FROM TO [--seed N]`` (two dates, as in ``ivrd simulate``), with ``--config DIR`` for a site of one's own.

    app_queue     labs((holdtime + 30) - waited) / 60 minutes as its announcement has it; holdtime = 0.75 old + 0.25 new at each answer
    Genesys       AHT * calls in queue / (agents * EP); EP: share of agents' time that went to this queue today
    Google CCAI   AHT of the last hour / active * (queued - available), an agent of n queues counts 1 / n; + 10 s
    OpenSIPS      average handling time * calls in queue / agents logged in to it
    VICIdial      mean wait of the last five answered callers of this queue, 10 s at least
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivrd.adapters.prompts import catalogue
from ivrd.cli.simulate import recorded_shifts
from ivrd.core.acd.presence import Presence
from ivrd.core.commands import PublishEvent
from ivrd.core.exchange import Exchange
from ivrd.core.state import Call
from ivrd.daemon.plan import make_plan
from ivrd.errors import IvrdError
from ivrd.settings.load import load as load_site
from ivrd.settings.load_planning import load_traffic
from ivrd.simulation.callers import draw
from ivrd.simulation.centre import centre
from ivrd.simulation.day import Day

HOUR_S = 3600.0
APP_QUEUE_SLACK_S = 30.0
CCAI_EXTRA_S = 10.0


@dataclass
class Queue:
    """What the formulas remember of a queue."""

    holdtime_s: float = 0.0
    waits_s: deque[float] = field(default_factory=lambda: deque(maxlen=5))
    handled: deque[tuple[float, float]] = field(default_factory=deque)  #: (when, how long)
    busy_s: float = 0.0


class Watcher:
    """Looks on while the exchange works: estimates at each joining, and what came of it."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.queues: dict[str, Queue] = {}
        self.open: dict[str, dict[str, float]] = {}
        self.found: list[tuple[dict[str, float], float]] = []
        self.cost_s = 0.0

    def hear(self, told: PublishEvent) -> None:
        """An event as walls hear it."""
        call = self.exchange.state.calls.get(told.call)
        if call is None:
            return
        if told.kind == "call_queued":
            self._joined(call)
        elif told.kind == "call_answered":
            self._answered(call)
        elif told.kind == "call_ended" and call.talk is not None:
            self._handled(call)

    def _of(self, queue: str) -> Queue:
        return self.queues.setdefault(queue, Queue())

    def _joined(self, call: Call) -> None:
        if call.expected_wait_s:  # 0: an agent was free
            self.open[call.id] = {"ivrd": float(call.expected_wait_s), **{n: f(self, call) for n, f in FORMULAS.items()}}

    def _answered(self, call: Call) -> None:
        real_s = self.exchange.desk.at - (call.queued_at or self.exchange.desk.at)
        if (said := self.open.pop(call.id, None)) is not None:
            self.found.append((said, real_s))
        queue = self._of(call.queue)
        queue.holdtime_s = 0.75 * queue.holdtime_s + 0.25 * real_s
        queue.waits_s.append(real_s)

    def _handled(self, call: Call) -> None:
        definition = self.exchange.plan.floor.queues[call.queue]
        assert call.talk is not None
        took_s = self.exchange.desk.at - call.talk.since + definition.wrap_up_s
        queue = self._of(call.queue)
        queue.handled.append((self.exchange.desk.at, took_s))
        queue.busy_s += took_s

    def handling_s(self, queue: str, within_s: float = 24 * HOUR_S) -> float:
        """Average of today (or of the last while), else what is configured."""
        since = self.exchange.desk.at - within_s
        times = [s for at, s in self._of(queue).handled if at >= since]
        return sum(times) / len(times) if times else float(self.exchange.plan.floor.queues[queue].handling_time_s)

    def agents(self, queue: str) -> list[str]:
        """Who serves the queue and is at work."""
        desk = self.exchange.desk
        serving = (a.id for a in self.exchange.plan.floor.serving(queue))
        return [a for a in serving if desk.agent(a).presence not in (Presence.LOGGED_OUT, Presence.PAUSED)]


def _app_queue(w: Watcher, call: Call) -> float:
    return w._of(call.queue).holdtime_s + APP_QUEUE_SLACK_S


def _genesys(w: Watcher, call: Call) -> float:
    total_s = sum(q.busy_s for q in w.queues.values())
    share = w._of(call.queue).busy_s / total_s if total_s else 1.0
    everybody = {a for q in w.exchange.plan.floor.queues for a in w.agents(q)}
    return w.handling_s(call.queue) * w.exchange.desk.lines.waiting(call.queue) / max(1.0, len(everybody) * share)


def _ccai(w: Watcher, call: Call) -> float:
    desk = w.exchange.desk
    agents = w.agents(call.queue)
    active = sum(1 / max(1, len(desk.queues_of(a))) for a in agents)
    free = sum(desk.agent(a).available for a in agents)
    waiting = max(0, desk.lines.waiting(call.queue) - free)
    return w.handling_s(call.queue, HOUR_S) / max(active, 0.1) * waiting + CCAI_EXTRA_S


def _opensips(w: Watcher, call: Call) -> float:
    return w.handling_s(call.queue) * w.exchange.desk.lines.waiting(call.queue) / max(1, len(w.agents(call.queue)))


def _vicidial(w: Watcher, call: Call) -> float:
    waits = w._of(call.queue).waits_s
    return max(10.0, sum(waits) / len(waits)) if waits else 10.0


FORMULAS: dict[str, Callable[[Watcher, Call], float]] = {
    "app_queue": _app_queue,
    "Genesys": _genesys,
    "Google CCAI": _ccai,
    "OpenSIPS": _opensips,
    "VICIdial": _vicidial,
}


class WatchedDay(Day):
    """A day that somebody looks at."""

    watcher: Watcher

    def _hear(self, told: PublishEvent) -> None:
        if not hasattr(self, "watcher"):
            self.watcher = Watcher(self.exchange)
        self.watcher.hear(told)
        super()._hear(told)


def table(found: list[tuple[dict[str, float], float]]) -> list[str]:
    """Bias and mean absolute error of each formula, as lines of Markdown."""
    mean_s = sum(real for _, real in found) / len(found)
    lines = [
        f"{len(found)} callers who had to wait, {mean_s:.0f} s on average",
        "",
        "| formula | bias s | mean absolute error s | of the mean wait |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name in ("ivrd", *FORMULAS):
        errors = [said[name] - real for said, real in found]
        bias, mae = sum(errors) / len(errors), sum(map(abs, errors)) / len(errors)
        lines.append(f"| {name} | {bias:+.0f} | {mae:.0f} | {mae / mean_s:.0%} |")
    return lines


def watched(
    days: int, load: float, seed: int, config: Path = Path("config"), recorded: Sequence[str] = ()
) -> list[tuple[dict[str, float], float]]:
    """What each formula said to callers of the centre, and what came. ``recorded``: two dates, whose calls are told again in place of drawn ones."""
    site = load_site(config)
    traffic = load_traffic(site.root / "planning" / "169.yaml", site)
    plan = make_plan(site, catalogue.load(site.path(site.site.paths.prompts) / catalogue.FILE, site.site.languages))
    made = centre(str(config), plan, site.site.asterisk.trunk.channels, traffic.staff, traffic.handling.mean_s, "")
    shifts = recorded_shifts(recorded, site, made, seed) if recorded else draw(traffic, plan.calendar, days, seed, load)
    found: list[tuple[dict[str, float], float]] = []
    for shift in shifts:
        day = WatchedDay(made, shift, seed)
        day.run()
        found += day.watcher.found if hasattr(day, "watcher") else []
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table. Exits with words when days have nothing to tell."""
    parser = argparse.ArgumentParser(prog="python -m bench.expected_wait")
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--load", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", type=Path, default=Path("config"), metavar="DIR")
    parser.add_argument("--recorded", nargs=2, metavar=("FROM", "TO"), default=(), help="calls of the store in place of drawn ones: two dates, the last one included")
    args = parser.parse_args(argv)
    if args.recorded and args.load != 1:
        parser.error("--recorded takes the calls as they were: leave --load out")
    began = time.monotonic()
    try:
        found = watched(args.days, args.load, args.seed, args.config, args.recorded)
    except IvrdError as exc:
        parser.error(str(exc))
    if not found:
        parser.error("nobody had to wait: there is nothing to compare")
    what = f"calls of {' to '.join(args.recorded)}" if args.recorded else f"{args.days} days, load {args.load:g}"
    print("\n".join(table(found)))
    print(f"\n{what}, seed {args.seed}, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
