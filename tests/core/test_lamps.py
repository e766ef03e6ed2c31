"""What a key of a desk phone shows."""

from __future__ import annotations

from typing import Any

import pytest

from ivrd.core.acd.presence import Presence
from ivrd.core.lamps import of_agent, of_queue
from ivrd.core.views import AgentView, QueueView


@pytest.mark.parametrize(
    ("presence", "shown"),
    [
        ("logged_out", "UNAVAILABLE"), ("ready", "NOT_INUSE"), ("offered", "RINGING"),
        ("talking", "INUSE"), ("wrap_up", "ONHOLD"), ("paused", "BUSY"),
    ],
)  # fmt: skip
def test_every_presence_has_a_lamp(presence: str, shown: str) -> None:
    assert of_agent(AgentView(agent="1", name="", extension="1", presence=presence, since=0)) == shown


def test_no_presence_is_left_out() -> None:
    for presence in Presence:
        assert of_agent(AgentView(agent="1", name="", extension="1", presence=presence, since=0))


@pytest.mark.parametrize(
    ("facts", "shown"),
    [({"reachable": False}, "UNAVAILABLE"), ({"private_call": True}, "INUSE"), ({"resting_until": 60.0}, "ONHOLD")],
)
def test_ready_is_not_all(facts: dict[str, Any], shown: str) -> None:
    assert of_agent(AgentView(agent="1", name="", extension="1", presence="ready", since=0, **facts)) == shown


@pytest.mark.parametrize(
    ("waiting", "ready", "shown"), [(0, 1, "NOT_INUSE"), (0, 0, "INUSE"), (2, 0, "RINGING"), (2, 1, "RINGING")]
)
def test_a_queue(waiting: int, ready: int, shown: str) -> None:
    assert of_queue(QueueView(queue="q", title="", waiting=waiting, agents={"ready": ready})) == shown
