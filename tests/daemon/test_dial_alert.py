"""When the day's limit of calls outside is reached, walls and metrics say so until one goes out again."""

from __future__ import annotations

from typing import Any

import pytest

from ivrd.adapters.http import Metrics
from ivrd.core.commands import PublishEvent
from ivrd.daemon.walls import BrokerWalls


class Broker:
    def __init__(self) -> None:
        self.alerts: list[tuple[bool, str | None]] = []

    def state(self, topic: str, payload: dict[str, Any]) -> None:
        assert topic == "alert/dialling"
        self.alerts.append((payload["raised"], payload["since"]))

    def event(self, topic: str, payload: dict[str, Any]) -> None:
        pass


@pytest.mark.parametrize(
    ("goes_out", "facts"), [("dial_started", {"external": 1}), ("call_transferred", {"external": 1}), ("callback_dialled", {"agent": "101"})]
)
def test_raised_once_reached_and_cleared_by_the_next_call_outside(goes_out: str, facts: dict[str, Any]) -> None:
    broker, metrics = Broker(), Metrics()
    walls = BrokerWalls(broker, metrics)

    def happened(kind: str, at: float, **facts: Any) -> None:
        walls.publish(PublishEvent(call="1.1", kind=kind, at=at, facts=facts), at)

    happened("dial_started", 0.0, external=1)
    happened("dial_started", 1.0, external=1)
    assert broker.alerts == [(False, None)], "what the process before left at the broker is taken back, once"
    broker.alerts.clear()
    happened("dial_limit_reached", 10.0, per_day=100)
    happened("dial_limit_reached", 20.0, per_day=100)
    assert broker.alerts == [(True, "1970-01-01T00:00:10.000Z")] * 2
    assert metrics.registry.get_sample_value("ivrd_alarm", {"alarm": "dialling"}) == 1
    for kind in ("dial_started", "call_transferred"):
        happened(kind, 25.0, external=0)  # to a phone of our own
    assert len(broker.alerts) == 2
    happened(goes_out, 30.0, **facts)
    assert broker.alerts[2:] == [(False, None)]
    assert metrics.registry.get_sample_value("ivrd_alarm", {"alarm": "dialling"}) == 0
    assert metrics.registry.get_sample_value("ivrd_dial_limit_reached_total") == 2
