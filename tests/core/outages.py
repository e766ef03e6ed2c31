"""Outages for the tests: the connection to Asterisk is lost, and is back with what it holds."""

from __future__ import annotations

from typing import Any

from playbook import Playbook, plan

from ivrd.core.acd.model import Agent
from ivrd.core.commands import (
    Command,
)
from ivrd.core.events import (
    BridgeSeen,
    ChannelSeen,
    RecordingStarted,
    SwitchLost,
    SwitchSeen,
)

LEG = "c1.agent-101.1"
MENU = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: n}, otherwise: bye}}
  n: {menu: {say: [b], keys: {1: q}, otherwise: bye}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""
TWO = (Agent(id="101", name="Adi", extension="101"), Agent(id="102", name="Ayu", extension="102"))


def channel(name: str, state: str = "Up", role: str = "") -> ChannelSeen:
    return ChannelSeen(channel=name, state=state, role=role or ("agent" if ".agent-" in name else "call"), did="169", caller_number="0899")


def back(book: Playbook, *channels: ChannelSeen | str, bridges: dict[str, tuple[str, ...]] | None = None) -> list[Command]:
    """The connection was lost and is back; this is what Asterisk holds."""
    book.tell(SwitchLost)
    held = tuple(c if isinstance(c, ChannelSeen) else channel(c) for c in channels)
    seen = tuple(BridgeSeen(bridge=b, channels=c) for b, c in (bridges or {}).items())
    return book.tell(SwitchSeen, channels=held, bridges=seen, after_s=3.0)


def talking(**facts: Any) -> Playbook:
    book = Playbook(plan(**facts))
    book.log_in()
    book.arrive()
    book.agent_answers()
    book.tell(RecordingStarted, call="c1")
    return book
