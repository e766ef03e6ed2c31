"""The wall in the terminal: what the broker says of calls, queues and agents, as it changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from rich.console import Group
from rich.table import Table

from rig.wall import Heard, Wall

#: presence -> colour
_COLOURS = {
    "ready": "green", "offered": "yellow", "talking": "cyan", "wrap_up": "magenta",
    "paused": "red", "logged_out": "bright_black",
}  # fmt: skip


def draw(wall: Wall, queues: list[str], agents: list[str], now: Callable[[], float]) -> Group:
    """Queues with something in them, agents, and the last things that happened."""
    return Group(_queues(wall, queues, now()), _agents(wall, agents, now()), _events(wall))


def line(heard: Heard) -> str:
    """An event as one line, for a terminal that cannot redraw."""
    facts = heard.facts
    details = " ".join(f"{k}={v}" for k, v in facts["facts"].items())
    return f"{facts['at'][11:19]}  {facts['kind']:<16} {facts['call']:<16} {details}"


def queue_table(wall: Wall, queues: list[str], now: float, title: str = "Queues") -> Table:
    """Queues by their retained state."""
    table = Table(title=title, title_justify="left")
    for column in ("queue", "waiting", "longest wait", "talking", "agents ready", "answered", "abandoned", "expected wait"):
        table.add_column(column)
    for queue in queues:
        state = wall.queue(queue)
        if state:
            table.add_row(
                state["title"],
                str(state["waiting"]),
                _since(state["longest_wait_since"], now),
                str(state["talking"]),
                str(state["agents"]["ready"]),
                str(state["answered_today"]),
                str(state["abandoned_today"]),
                "" if state["expected_wait_s"] is None else f"{state['expected_wait_s']} s",
            )
    return table


def _queues(wall: Wall, queues: list[str], now: float) -> Table:
    return queue_table(wall, queues, now)


def _agents(wall: Wall, agents: list[str], now: float) -> Table:
    table = Table(title="Agents", title_justify="left")
    for column in ("agent", "name", "presence", "for", "call"):
        table.add_column(column)
    for agent in agents:
        state = wall.agent(agent)
        if state:
            presence = state["presence"]
            if state["on_hold_since"]:
                presence += " (hold)"
            colour = _COLOURS[state["presence"]]
            table.add_row(agent, state["name"], f"[{colour}]{presence}[/]", _since(state["since"], now), state["call"])
    return table


def _events(wall: Wall) -> Table:
    table = Table(title="What happens", title_justify="left", show_header=False, box=None)
    for heard in [h for h in wall.heard if h.topic.startswith("event/")][-8:]:
        table.add_row(line(heard))
    return table


def _since(moment: Any, now: float) -> str:
    if not moment:
        return ""
    return f"{max(0, round(now - dt.datetime.fromisoformat(moment).timestamp()))} s"
