"""Hundreds are refused: what do those notice who were let in?

Most of the few channels are in talks that last throughout. ``alone``: calls come at a moderate pace and always find a channel.
``crowd``: others dial 20 times a second as well, so that each channel is taken the moment it is free, and one caller dials 100
times. Who was let in is timed the same way in both, in one run; who was let in, told or refused, the rows say.
"""

from __future__ import annotations

import asyncio
import math
import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from bench import cpu
from bench.beside import ALONE, CROWD, NAME
from bench.media import FINE_S, FRAME_S
from bench.runs import SETTLE_S, Floor, Load
from bench.site import IVRD
from bench.station import BenchError, Leg
from bench.stats import Sample, ms_between
from rig.daemon import IvrdProcess

__all__ = ["CHANNELS", "NAME", "phases", "settings"]

CHANNELS = 10  #: for callers, unless said otherwise
_CROWD_RATE = 20.0  #: calls a second
_REDIALS = 100
_REDIAL_AFTER_S = 0.1
_LISTENS_S = 0.3  #: who redials and hears that there is no use
_RING_S = 0.12
_FINE_FROM_S = 0.02  #: before the answer
_FINE_FOR_S = 0.2
_TALK_S = (0.5, 0.6)
_LONGEST_S = 0.8  #: ring, talk, and until the channel is free
_LATEST_S = 20.0
_POLL_S = 0.2
_LOOKS_EVERY_S = 0.01
Rows = dict[str, list[tuple[str, str]]]  #: caller's number -> (disposition, guard) of each call


def settings(channels: int) -> dict[str, Any]:
    """So many for callers; one more tells who comes beyond, as long as it is free itself."""
    trunk = {"channels": channels + 1, "reserve": 1, "full_says": "trunk-full"}
    return {"asterisk": {"trunk": trunk}, "guards": {"calls": 5}}


async def phases(floor: Floor, load: Load, ivrd: IvrdProcess, store: Path, channels: int = CHANNELS) -> dict[str, Sample]:
    """Both phases, beginning with empty lines and ending with empty lines."""
    talks = await _talks(floor, channels - math.ceil(load.rate * _LONGEST_S))
    floor.agents.on_call = _answering(floor)
    found = {}
    for phase in (ALONE, CROWD):
        floor.forget()
        used_s, began = cpu.used_s(ivrd.pid), asyncio.get_running_loop().time()
        redialled = await _come(floor, load, crowd=phase == CROWD)
        await _all_over(floor.callers.legs)
        lasted_s = asyncio.get_running_loop().time() - began
        used_s = cpu.used_s(ivrd.pid) - used_s
        sample = _seen(floor, redialled, await _rows(store, floor.callers.legs))
        sample.add("CPU of ivrd, percent of a core", 100 * used_s / lasted_s)
        sample.add("memory of ivrd afterwards, MB", cpu.resident_mb(ivrd.pid))
        found[phase] = sample
    _end(floor, talks, found[CROWD])
    await asyncio.sleep(SETTLE_S)
    return found


async def _talks(floor: Floor, count: int) -> list[tuple[Leg, Leg]]:
    """Callers and agents who talk from now on."""
    floor.forget()
    floor.agents.on_call = floor.agents.accept
    for _ in range(count):
        floor.call(IVRD)
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)
    talks = [(caller, agent) for caller, agent in floor.pairs() if agent is not None and agent.ok_ns]
    if len(talks) != count:
        raise BenchError(f"{count} should talk before it begins, {len(talks)} do")
    return talks


def _answering(floor: Floor) -> Callable[[Leg], None]:
    """What agents do: ring for a moment, answer, talk for a moment; audio is fine-grained around the answer."""
    loop, media = asyncio.get_running_loop(), floor.agents.media

    def ring(leg: Leg) -> None:
        floor.agents.ring(leg)
        caller = next((c for c in floor.callers.busy if c.number == leg.number), leg)
        loop.call_later(_RING_S - _FINE_FROM_S, media.pace, caller.flow, FINE_S)
        loop.call_later(_RING_S, answer, leg, caller)

    def answer(leg: Leg, caller: Leg) -> None:
        floor.agents.accept(leg)
        media.pace(leg.flow, FINE_S)
        for flow in (leg.flow, caller.flow):
            loop.call_later(_FINE_FOR_S, media.pace, flow, FRAME_S)
        loop.call_later(random.uniform(*_TALK_S), floor.agents.hang_up, leg)

    return ring


async def _come(floor: Floor, load: Load, *, crowd: bool) -> set[Leg]:
    """Callers dial for ``calls / rate`` seconds; the calls of the one who redials."""
    lasts_s = load.calls / load.rate
    if not crowd:
        await _dial(floor, load.rate, lasts_s)
        return set()
    async with asyncio.TaskGroup() as group:
        redials = group.create_task(_redial(floor), name="redials")
        group.create_task(_dial(floor, load.rate, lasts_s), name="callers")
        group.create_task(_dial(floor, _CROWD_RATE, lasts_s), name="crowd")
    return redials.result()


async def _dial(floor: Floor, rate: float, lasts_s: float) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for _ in range(round(rate * lasts_s)):
        floor.call(IVRD)
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - loop.time()))


async def _redial(floor: Floor) -> set[Leg]:
    """One caller, again and again: gives up an answered call at once."""
    leg = floor.call(IVRD)
    dialled = {leg}
    while True:
        await _answered_or_over(leg)
        if leg.ok_ns:
            await asyncio.sleep(_LISTENS_S)
        floor.callers.hang_up(leg)
        await asyncio.sleep(_REDIAL_AFTER_S)
        if len(dialled) == _REDIALS:
            return dialled
        leg = floor.callers.call(leg.number, IVRD.number)
        dialled.add(leg)


async def _answered_or_over(leg: Leg) -> None:
    for _ in range(round(_LATEST_S / _LOOKS_EVERY_S)):
        if leg.ok_ns or leg.over.is_set():
            return
        await asyncio.sleep(_LOOKS_EVERY_S)


async def _all_over(legs: list[Leg]) -> None:
    try:
        async with asyncio.timeout(_LATEST_S):
            for leg in legs:
                await leg.over.wait()
    except TimeoutError:
        raise BenchError(f"calls do not end: {sum(not leg.over.is_set() for leg in legs)}") from None


async def _rows(store: Path, legs: list[Leg]) -> Rows:
    """The rows of these calls, once there is one for each, or it is too late."""
    numbers = {leg.number for leg in legs}
    loop = asyncio.get_running_loop()
    until = loop.time() + _LATEST_S
    while True:
        rows: Rows = defaultdict(list)
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            for number, *said in connection.execute("SELECT caller_number, disposition, guard FROM cdr"):
                if number in numbers:
                    rows[number].append((said[0], said[1] or ""))
        if sum(map(len, rows.values())) >= len(legs) or loop.time() > until:
            return rows
        await asyncio.sleep(_POLL_S)


def _seen(floor: Floor, redialled: set[Leg], rows: Rows) -> Sample:
    """Times of who was let in, and what became of each."""
    sample = Sample()
    for what in ("calls", "served", "failed"):
        sample.count(what, 0)
    for caller, agent in floor.pairs():
        if caller in redialled:
            continue
        sample.count("calls")
        guard = rows[caller.number][0][1] if rows[caller.number] else ""
        if guard:
            sample.count("told, then hung up" if caller.ok_ns else f"refused with {caller.status}")
        elif caller.ok_ns and agent is not None and agent.ok_ns:
            _served(sample, caller, agent)
        else:
            sample.count("failed")
    for caller in redialled:
        sample.count("redialled: answered" if caller.ok_ns else f"redialled: {caller.status}")
    dialled = Counter(caller.number for caller in floor.callers.legs)
    sample.count("rows not one a call", sum(abs(len(rows[n]) - count) for n, count in dialled.items()))
    for guards in ("trunk_full", "too_many_calls"):
        sample.count(f"rows: {guards}", sum(said == ("refused", guards) for found in rows.values() for said in found))
    return sample


def _served(sample: Sample, caller: Leg, agent: Leg) -> None:
    sample.count("served")
    sample.add("INVITE to 200 OK", ms_between(caller.invite_ns, caller.ok_ns))
    sample.add("INVITE to agent's INVITE", ms_between(caller.invite_ns, agent.invite_ns))
    if caller.audio.first_ns and agent.audio.first_ns:
        both_ns = max(caller.audio.first_ns, agent.audio.first_ns)
        sample.add("agent's 200 OK to audio both ways", ms_between(agent.ok_ns, both_ns))
    else:
        sample.count("one-way audio")


def _end(floor: Floor, talks: list[tuple[Leg, Leg]], sample: Sample) -> None:
    """Those who talked all the time hang up; what they lost is counted."""
    for caller, agent in talks:
        sample.count("failed", caller.over.is_set() or agent.over.is_set())
        floor.callers.hang_up(caller)
        floor.agents.hang_up(agent)
        for audio in (caller.audio, agent.audio):
            sample.count("frames of talks throughout", audio.frames)
            sample.count("of these lost", audio.lost)
