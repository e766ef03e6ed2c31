"""Reads planning/*.yaml. All faults at once, with their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TypeVar

from ivrd.errors import ConfigError, Fault
from ivrd.settings import yamltext
from ivrd.settings.load import check, suggest
from ivrd.settings.planning import Times, Traffic, Workload
from ivrd.settings.site import Loaded
from ivrd.settings.yamltext import Document, Key

T = TypeVar("T")
_START = re.compile(r"^([01]\d|2[0-3]):(00|30)$")
_BETWEEN = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = frozenset("0123456789*#")
Wrong = Iterator[tuple[tuple[Key, ...], str, str]]
"""Where, what, and what to do."""


def load_traffic(path: Path, loaded: Loaded) -> Traffic:
    """Checked against the site's queues, agents and languages. ConfigError carries every fault found."""
    return _load(path, Traffic, lambda traffic: _traffic(traffic, loaded))


def load_workload(path: Path) -> Workload:
    """ConfigError carries every fault found."""
    return _load(path, Workload, _workload)


def _load(path: Path, kind: type[T], wrong: Callable[[T], Wrong]) -> T:
    doc, faults = yamltext.load(path), list[Fault]()
    read = check(kind, doc, faults)
    if read is not None:
        faults += [_fault(doc, at, message, hint) for at, message, hint in wrong(read)]
    if faults or read is None:
        raise ConfigError(faults)
    return read


def _fault(doc: Document, at: tuple[Key, ...], message: str, hint: str) -> Fault:
    return doc.fault(at, message, hint)


def _traffic(traffic: Traffic, loaded: Loaded) -> Wrong:
    yield from _above(("calls_a_month",), traffic.calls_a_month)
    yield from _above(("days_a_month",), traffic.days_a_month)
    for start in traffic.profile:
        if not _START.match(start):
            yield ("profile", start), f"{start!r} is not the start of a half hour", 'write "08:00" or "08:30"'
    yield from _shares("profile", traffic.profile)
    for day in traffic.weekdays:
        if day not in _DAYS:
            yield ("weekdays", day), f"{day!r} is not a day", suggest(day, _DAYS) or f"days: {', '.join(_DAYS)}"
    yield from _shares("weekdays", traffic.weekdays)
    yield from _shares("kinds", {name: kind.share for name, kind in traffic.kinds.items()})
    yield from _shares("languages", {name: spoken.share for name, spoken in traffic.languages.items()})
    for name, kind in traffic.kinds.items():
        yield from _known(("kinds", name, "queue"), "queue", kind.queue, loaded.queues)
        yield from _pressed(("kinds", name, "keys"), kind.keys)
        if kind.mean_s is not None:
            yield from _above(("kinds", name, "mean_s"), kind.mean_s)
    for name, spoken in traffic.languages.items():
        yield from _known(("languages", name), "language", name, loaded.site.languages)
        yield from _pressed(("languages", name, "keys"), spoken.keys)
    yield from _times("handling", traffic.handling)
    yield from _times("patience", traffic.patience, endless=True)
    yield from _staff(traffic, loaded)


def _staff(traffic: Traffic, loaded: Loaded) -> Wrong:
    staff = traffic.staff
    for agent in staff.agents:
        yield from _known(("staff", "agents"), "agent", agent, loaded.agents)
    for name in ("missed", "shrinkage"):
        if not 0 <= (value := getattr(staff, name)) < 1:
            yield ("staff", name), f"staff.{name} must be 0 or more and below 1, not {value:g}", "0.1 is one in ten"
    for name in ("answer_s", "break_s"):
        if getattr(staff, name) < 0:
            yield ("staff", name), f"staff.{name} must be at least 0, not {getattr(staff, name):g}", ""
    yield from _above(("staff", "pause_s"), staff.pause_s)
    between = staff.breaks_between
    if between and (not _BETWEEN.match(between) or between[:5] >= between[6:]):
        yield ("staff", "breaks_between"), f"{between!r} is not a time of day", 'write "11:00-13:00"'
    elif bool(between) != (staff.break_s > 0):
        yield ("staff",), "staff.break_s and staff.breaks_between belong together", "give both, or none"
    if traffic.did and traffic.did not in loaded.site.dids:
        yield ("did",), f"no caller reaches us by {traffic.did!r}", suggest(traffic.did, loaded.site.dids)


def _workload(workload: Workload) -> Wrong:
    for key, position in workload.positions.items():
        for name in ("staff", "aht_s", "at_once"):
            yield from _above(("positions", key, name), getattr(position, name))
        if position.contacts < 0:
            yield ("positions", key, "contacts"), f"contacts must be at least 0, not {position.contacts}", ""
    for name in ("days", "hours"):
        yield from _above((name,), getattr(workload, name))


def _times(name: str, times: Times, endless: bool = False) -> Wrong:
    if not endless or times.mean_s < 0:
        yield from _above((name, "mean_s"), times.mean_s)
    yield from _above((name, "cv"), times.cv)


def _above(at: tuple[Key, ...], value: float) -> Wrong:
    if not value > 0:
        yield at, f"{'.'.join(map(str, at))} must be above 0, not {value:g}", ""


def _shares(name: str, shares: dict[str, float]) -> Wrong:
    for key, share in shares.items():
        if share < 0:
            yield (name, key), f"a share must be at least 0, not {share:g}", ""
    if name != "weekdays" and not sum(shares.values()) > 0:
        yield (name,), f"{name} must have a share above 0", ""


def _known(at: tuple[Key, ...], what: str, word: str, known: Collection[str]) -> Wrong:
    if word not in known:
        yield at, f"there is no {what} {word!r}", suggest(word, known) or f"known: {', '.join(known)}"


def _pressed(at: tuple[Key, ...], keys: str) -> Wrong:
    if set(keys) - _KEYS:
        yield at, f"{keys!r}: telephone keys are 0-9, * and #", ""
