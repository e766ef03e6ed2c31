"""What changes for callers around a flow: its numbers, the hours, the queues it leads to, the first language."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from ivrd.core.acd.model import Queue
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import Names, expressions, named, says
from ivrd.graph.diff import Change
from ivrd.graph.ways import flows
from ivrd.settings.site import Loaded

_BY_CALENDAR = (":closed-reason", ":next-opening")
_UNHEARD = {"id", "title", "service_level_s", "wrap_up_s", "wrap_up_extend_s", "wrap_up_max_s", "max_paused"}  #: for walls, reports and agents


def surroundings(old: tuple[Flow, Loaded], new: tuple[Flow, Loaded]) -> list[Change]:
    """Of two sites; each flow with the settings that belong to it."""
    return [Change(kind="setting", name=name, before=before, after=after) for name, before, after in _pairs(old, new) if before != after]


def _pairs(old: tuple[Flow, Loaded], new: tuple[Flow, Loaded]) -> Iterator[tuple[str, Any, Any]]:
    (flow_then, then), (flow_now, now) = old, new
    yield "numbers that lead here", _numbers(*old), _numbers(*new)
    yield "the first language", then.site.languages[0], now.site.languages[0]
    if _looks_at_hours(flow_then) or _looks_at_hours(flow_now):
        yield from _fields("hours", then.hours, now.hours)
    for queue in sorted(_queues(flow_then) & _queues(flow_now)):
        yield from _fields(f"queue {queue}", then.queues[queue], now.queues[queue])


def _fields(of: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """A map (days, breaks) key by key, so that one day that changes is told alone."""
    for f in dataclasses.fields(before):
        if isinstance(before, Queue) and f.name in _UNHEARD:
            continue
        x, y = getattr(before, f.name), getattr(after, f.name)
        if not (isinstance(x, dict) and isinstance(y, dict)):
            yield f"{of}, {f.name}", _data(x), _data(y)
            continue
        for key in dict.fromkeys((*x, *y)):
            yield f"{of}, {f.name}.{key}", _data(x.get(key)), _data(y.get(key))


def _data(value: Any) -> Any:
    """As JSON may hold it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _data(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_data(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _numbers(flow: Flow, loaded: Loaded) -> list[str]:
    return sorted(did for did, name in loaded.site.dids.items() if name == flow.name)


def _queues(flow: Flow) -> set[str]:
    return {word for each in flows(flow).values() for verb in each.nodes.values() for _, role, word in named(verb) if isinstance(role, Names) and role.kind == "queue"}


def _looks_at_hours(flow: Flow) -> bool:
    verbs = [verb for each in flows(flow).values() for verb in each.nodes.values()]
    return any(
        verb.verb == "hours" or any(word in _BY_CALENDAR for _, word in says(verb)) or any("hours." in text for _, _, text in expressions(verb))
        for verb in verbs
    )
