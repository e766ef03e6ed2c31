"""``python -m bench``: ivrd beside app_queue, measured from outside. See docs/performance.md."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from bench import bare, cpu, overload, report, runs, site, stats
from bench.media import AGENT, CALLER, Media
from bench.report import Result
from bench.station import BenchError, Station
from bench.stats import Sample
from rig.process import Child
from rig.site import SitePaths, remove, scratch
from rig.stack import Stack
from rig.tools import REPOSITORY, RigError

_IDLE_S = 5.0
_READY_S = 30.0
_LOG_IN_TOGETHER = 6


class Pids:
    """Who serves whose calls."""

    def __init__(self, stack: Stack, bare: Child) -> None:
        self.asterisk = stack.asterisk.pid
        self._controllers = {site.IVRD: stack.ivrd.pid, site.BARE: bare.pid}

    def controller(self, target: site.Target) -> int:
        """0: Asterisk itself does."""
        return self._controllers.get(target, 0)


def main() -> int:
    """Measure (or show what was measured), print, keep. 0: nothing failed and every goal was kept."""
    options = _options()
    if options.show:
        print(report.tables(report.read(options.show)))
        return 0
    directory = scratch()
    try:
        result = asyncio.run(_measured(directory, options))
    except (RigError, BenchError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    finally:
        if options.keep:
            print(f"logs are kept in {directory}", file=sys.stderr)
        else:
            remove(directory)
    out = options.out or REPOSITORY / "bench" / "results" / time.strftime("%Y-%m-%d-%H%M%S.json")
    report.write(result, out)
    print("\n" + report.tables(result) + f"\n\nkept in {out}")
    for line in (*result.trouble, *result.missed):
        print(f"not as it should be: {line}")
    return 1 if result.trouble or result.missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="interleaved, order rotated (default: 5)")
    parser.add_argument("--calls", type=int, default=30, help="a routing run (half for bridging; default: 30)")
    parser.add_argument("--rate", type=float, default=5.0, help="calls a second, routing (default: 5)")
    parser.add_argument("--agents", type=int, default=24, help="a target (default: 24)")
    parser.add_argument("--channels", type=int, default=overload.CHANNELS, help=f"for callers, {overload.NAME} (default: %(default)s)")
    parser.add_argument("--handoff-s", type=float, default=10.0, help="seconds a hand-off run (default: 10)")
    parser.add_argument("--runs", default=",".join(runs.USUAL), help=f"which of {', '.join(runs.RUNS)} (default: %(default)s), or {overload.NAME} alone")
    parser.add_argument("--target", action="append", help="only this one, may be repeated (default: all)")
    parser.add_argument("--out", type=Path, help="default: bench/results/<now>.json")
    parser.add_argument("--show", type=Path, metavar="JSON", help="print the tables of an earlier run")
    parser.add_argument("--keep", action="store_true", help="keep the throw-away site, for its logs")
    options = parser.parse_args()
    if overload.NAME in options.runs and options.runs != overload.NAME:
        parser.error(f"{overload.NAME} needs a site with few channels: `--runs {overload.NAME}` alone")
    return options


async def _measured(directory: Path, options: argparse.Namespace) -> Result:
    crowded = options.runs == overload.NAME
    paths = site.make(directory, options.agents, overload.settings(options.channels) if crowded else None)
    print(f"starting broker, Asterisk and ivrd in {directory}", flush=True)
    with ExitStack() as own:
        media = own.enter_context(Media())
        async with Stack(paths) as stack:
            sip = paths.loaded.site.asterisk.sip
            callers = own.enter_context(Station((sip.host, sip.port), media, CALLER, AGENT))
            agents = own.enter_context(Station((sip.host, sip.port), media, AGENT, CALLER))
            await _to_work(paths, agents, options.agents)
            result = Result(await _about(stack, options))
            floor = runs.Floor(callers, agents)
            if crowded:
                await _crowded(result, paths, stack, floor, options)
            else:
                async with _bare(paths, options.agents) as bare:
                    await _repeats(result, paths, Pids(stack, bare), floor, options)
            leaks = await stack.leaks()
            if leaks:
                raise BenchError(f"left behind in Asterisk: {', '.join(leaks)}")
    return result


async def _to_work(paths: SitePaths, agents: Station, count: int) -> None:
    """All phones register; ivrd's agents log in, as people do: by dialling the feature code."""
    passwords = paths.secrets.phones
    await _register(paths, agents, count)
    code = paths.loaded.site.asterisk.feature_codes.log_in
    waiting = site.IVRD.extensions(count)
    while waiting:
        now, waiting = waiting[:_LOG_IN_TOGETHER], waiting[_LOG_IN_TOGETHER:]
        await asyncio.gather(*(agents.dial(e, passwords[e], code) for e in now))


async def _register(paths: SitePaths, agents: Station, count: int) -> None:
    """Before each run, as phones do in time: a phone whose registration has run out is rung by nobody."""
    for extension in (*site.PEERS[0].extensions(count), *site.BARE.extensions(count), *site.IVRD.extensions(count)):
        await agents.register(extension, paths.secrets.phones[extension])


async def _about(stack: Stack, options: argparse.Namespace) -> dict[str, object]:
    pids = (stack.ivrd.pid, stack.asterisk.pid)
    before = [cpu.used_s(pid) for pid in pids]
    await asyncio.sleep(_IDLE_S)
    idle_percents = [100 * (cpu.used_s(p) - b) / _IDLE_S for p, b in zip(pids, before, strict=True)]
    version = (await stack.asterisk.console("core show version")).split(" built")[0].strip()
    return {
        "when": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "asterisk": version,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cores": os.cpu_count(),
        "load before": os.getloadavg()[0],
        "ivrd CPU percent, logged in and idle": round(idle_percents[0], 2),
        "Asterisk CPU percent, the same": round(idle_percents[1], 2),
        "options": {k: v for k, v in vars(options).items() if k not in ("show", "out", "keep")},
    }


@asynccontextmanager
async def _bare(paths: SitePaths, agents: int) -> AsyncIterator[Child]:
    """The bare controller, ready."""
    argv = [sys.executable, "-m", "bench.bare", paths.config, site.BARE_APP, *site.BARE.extensions(agents)]
    child = Child("the bare controller", argv, paths.logs / "bare.log", cwd=REPOSITORY)
    await child.start()

    async def ready() -> bool:
        return bare.READY in child.log.read_text()

    try:
        await child.until(ready, _READY_S)
        yield child
    finally:
        await child.stop(signal.SIGINT)


async def _repeats(
    result: Result, paths: SitePaths, pids: Pids, floor: runs.Floor, options: argparse.Namespace
) -> None:
    load = runs.Load(options.calls, options.rate, options.agents, options.handoff_s)
    gc.collect()
    gc.disable()  # a collection here must not delay an agent's answer
    for repeat in range(options.repeats):
        targets = [t for t in site.TARGETS if not options.target or t.name in options.target]
        turn = repeat % max(1, len(targets))
        for name in options.runs.split(","):
            for target in (*targets[turn:], *targets[:turn]):
                await _register(paths, floor.agents, options.agents)
                sample = await _run(name, pids, floor, target, load)
                result.add(name, target.name, sample)
                print(f"[{repeat + 1}/{options.repeats}] {name:9} {target.name:22} {_brief(sample)}", flush=True)
        gc.collect()


async def _crowded(
    result: Result, paths: SitePaths, stack: Stack, floor: runs.Floor, options: argparse.Namespace
) -> None:
    load = runs.Load(options.calls, options.rate, options.agents, options.handoff_s)
    store = paths.loaded.path(paths.loaded.site.paths.state) / "cdr.db"
    for repeat in range(options.repeats):
        await _register(paths, floor.agents, options.agents)
        for phase, sample in (await overload.phases(floor, load, stack.ivrd, store, options.channels)).items():
            result.add(overload.NAME, phase, sample)
            print(f"[{repeat + 1}/{options.repeats}] {phase:6} {_brief(sample)}", flush=True)


async def _run(name: str, pids: Pids, floor: runs.Floor, target: site.Target, load: runs.Load) -> Sample:
    floor.forget()
    used = {"CPU of Asterisk, ms a call": pids.asterisk}
    if controller := pids.controller(target):
        used[stats.CPU] = controller
    before = {measure: cpu.used_s(pid) for measure, pid in used.items()}
    sample = await runs.RUNS[name](floor, target, load)
    if name == "routing":
        for measure, pid in used.items():
            sample.add(measure, 1000 * (cpu.used_s(pid) - before[measure]) / max(1, sample.counts["calls"]))
    return sample


def _brief(sample: Sample) -> str:
    medians = [f"{m}={sorted(v)[len(v) // 2]:.1f}" for m, v in sample.times_ms.items() if v]
    return "; ".join(medians) + "  " + " ".join(f"{k}={v}" for k, v in sample.counts.items())


if __name__ == "__main__":
    sys.exit(main())
