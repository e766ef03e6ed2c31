"""The clock was set: every moment in the state moves with it, so that durations and deadlines stay what they were (ADR 70).

A moment is a float that is called ``at``, ``since``, ``until`` or ends like that; what holds moments under another
name is listed. Whatever belongs to the calendar (a shift's edge, closing time) stays where it is.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ivrd.core.state import State
from ivrd.core.timers import Timers

_NAMES = frozenset({"at", "since", "until"})
_ENDINGS = ("_at", "_since", "_until")
#: moments under another name, and containers of nothing but moments
LISTED = frozenset({"counted_from", "excluded", "declined", "alerts", "worked", "hang_ups", "silent"})
#: of the calendar
CALENDAR = frozenset({"closes_at", "day_ends"})
#: prefix of timers that wait for the calendar
_CALENDAR_TIMERS = ("shift:",)


def move(state: State, by_s: float) -> None:
    """Move all that is in ``state`` by ``by_s`` seconds, in place."""
    _move_fields(state, by_s)
    for seen in state.seen.values():
        seen.calls = [at + by_s for at in seen.calls]
    due = state.timers.due
    state.timers = Timers(due={n: at if n.startswith(_CALENDAR_TIMERS) else at + by_s for n, at in due.items()})


def is_moment(name: str) -> bool:
    """Whether a float field of this name is moved."""
    return name not in CALENDAR and (name in _NAMES or name in LISTED or name.endswith(_ENDINGS))


def _move_fields(thing: Any, by_s: float) -> Any:
    """``thing`` moved: itself, or in its place another when it is frozen."""
    changed = {}
    for field in dataclasses.fields(thing):
        before = getattr(thing, field.name)
        after = _shifted(before, by_s) if is_moment(field.name) else _inside(before, by_s)
        if after is not before:
            changed[field.name] = after
    if not changed:
        return thing
    if thing.__dataclass_params__.frozen:
        return dataclasses.replace(thing, **changed)
    for name, value in changed.items():
        setattr(thing, name, value)
    return thing


def _inside(value: Any, by_s: float) -> Any:
    """Dataclasses in ``value``, however deep, moved."""
    if dataclasses.is_dataclass(value):
        return _move_fields(value, by_s)
    if isinstance(value, dict) and any(map(dataclasses.is_dataclass, value.values())):
        return {key: _inside(item, by_s) for key, item in value.items()}
    if isinstance(value, list) and any(map(dataclasses.is_dataclass, value)):
        return [_inside(item, by_s) for item in value]
    return value


def _shifted(value: Any, by_s: float) -> Any:
    """A moment, or moments in a dict, list or tuple; 0 and None are "never"."""
    match value:
        case float() if value > 0:
            return value + by_s
        case dict():
            return {key: _shifted(item, by_s) for key, item in value.items()}
        case list() | tuple():
            return type(value)(_shifted(item, by_s) for item in value)
    return value
